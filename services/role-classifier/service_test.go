package classifier

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/services/internal/ruleset"
)

// live is the service over a real log.
type live struct {
	t       *testing.T
	log     *eventlog.Log
	service *Service
	n       int
}

func serve(t *testing.T) *live {
	t.Helper()
	nc := natstest.Fast(t)
	log, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	s, err := New(t.Context(), &app.Env{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), NATS: nc, EventLog: log, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &live{t: t, log: log, service: s}
}

func (l *live) append(at time.Time, e events.Event) events.FactID {
	l.t.Helper()
	l.n++
	e.ID, e.Source, e.Time = events.DerivedID("live", events.FactID(letters(l.n)), e.Context, 0), "/tests", at
	acks, err := l.log.Append(l.t.Context(), e)
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	if _, err := l.service.ties.Wait(ctx, acks[0].Seq); err != nil {
		l.t.Fatal(err)
	}
	return e.ID
}

func (l *live) read(c events.Context) []events.Event {
	l.t.Helper()
	var all []events.Event
	err := l.log.Read(l.t.Context(), 1, []string{events.FilterContext(c)}, func(e events.Event, err error) error {
		all = append(all, e)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

func TestActsBecomeRoles(t *testing.T) {
	l := serve(t)
	now := time.Now().UTC()
	l.append(now, people(ada, &events.PersonJoined{Level: 3, EffectiveAt: now.AddDate(-3, 0, 0)}))
	l.append(now, people(boss, &events.PersonJoined{Level: 5, EffectiveAt: now.AddDate(-9, 0, 0)}))
	l.append(now, act(boss, endorsed()))
	cause := l.append(now, act(boss, introduced(6)))
	var sponsor *events.Event
	for _, e := range l.read(events.Role) {
		if f, ok := e.Fact.(*events.RoleRecognized); ok && f.Role == "sponsor" {
			sponsor = &e
		}
	}
	if sponsor == nil || sponsor.CausationID != cause || sponsor.Subject != string(ada) {
		t.Fatalf("%+v, want a sponsor caused by the introduction", sponsor)
	}
}

// TestSilenceBecomesATurn waits for a real timer: the last session was so long ago that the role
// is at risk in a moment. Where the machine is so slow that the moment has passed before both acts
// are folded, another tie gets a later one.
func TestSilenceBecomesATurn(t *testing.T) {
	l := serve(t)
	for i, soon := range []time.Duration{3 * time.Second, 15 * time.Second, time.Minute} {
		supporter := who("slow" + letters(i))
		at := time.Now().UTC().Truncate(time.Second).Add(soon).Add(-silentFor(t))
		l.append(at, act(supporter, session()))
		l.append(at, act(supporter, session()))
		first := l.about(supporter)
		if _, ok := first[0].Fact.(*events.RoleRecognized); !ok {
			continue
		}
		f, ok := l.next(supporter).Fact.(*events.RoleAtRisk)
		if turn := at.Add(silentFor(t)); !ok || !l.about(supporter)[1].Time.Equal(turn) || f.Score >= 1_700_000 {
			t.Errorf("%+v, want at risk at the turn", l.about(supporter)[1])
		}
		return
	}
	t.Fatal("two acts are not folded in a minute")
}

// silentFor is how long a mentor of two sessions is not at risk.
func silentFor(t *testing.T) time.Duration {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.give(days(0), act(boss, session()))
	return w.role(boss, "mentor").AtRiskAt.Time().Sub(days(0))
}

// about is the role facts about a supporter.
func (l *live) about(supporter events.PersonID) (all []events.Event) {
	for _, e := range l.read(events.Role) {
		if of, _, _ := saidBy(e.Fact); of == supporter {
			all = append(all, e)
		}
	}
	return all
}

// next waits for the second role fact about a supporter.
func (l *live) next(supporter events.PersonID) events.Event {
	l.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if facts := l.about(supporter); len(facts) > 1 {
			return facts[1]
		}
	}
	l.t.Fatal("the role is not at risk after its time")
	return events.Event{}
}

func TestTheRulesetInForceIsServed(t *testing.T) {
	l := serve(t)
	server := httptest.NewServer(l.service.Handler())
	defer server.Close()
	get := func() InForce {
		resp, err := http.Get(server.URL + "/role-classifier/v1/ruleset")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var doc InForce
		if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", resp.StatusCode, err)
		}
		return doc
	}
	if doc := get(); doc.Text != ruleset.DefaultText() || doc.Version == "" {
		t.Errorf("%+v, want the default", doc)
	}
	text := replaceOnce(t, ruleset.DefaultText(), "enter: 1.7", "enter: 1.8")
	rs, err := ruleset.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	l.append(time.Now().UTC(), events.Event{Context: events.Policy, Subject: events.Nobody,
		Fact: &events.RulesetActivated{Version: "next", Hash: rs.Hash, Text: text}})
	if doc := get(); doc.Text != text || doc.Version != "next" {
		t.Errorf("version %s, want the activated one", doc.Version)
	}
}
