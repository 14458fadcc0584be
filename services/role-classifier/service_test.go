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
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
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
// is at risk in a moment.
func TestSilenceBecomesATurn(t *testing.T) {
	l := serve(t)
	lasts := time.Duration(fallsBelow(2_000_000, 1_700_000, int64(60*24*60*60))) * time.Second
	at := time.Now().UTC().Truncate(time.Second).Add(3 * time.Second).Add(-lasts)
	l.append(at, act(boss, session()))
	l.append(at, act(boss, session()))
	if got := l.read(events.Role); len(got) != 1 || line(got[0])[len(line(got[0]))-len("active standard"):] != "active standard" {
		t.Fatalf("%v, want one recognition", got)
	}
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if facts := l.read(events.Role); len(facts) == 2 {
			f, ok := facts[1].Fact.(*events.RoleAtRisk)
			if !ok || !facts[1].Time.Equal(at.Add(lasts)) || f.Score >= 1_700_000 {
				t.Errorf("%+v, want at risk at the turn", facts[1])
			}
			return
		}
	}
	t.Fatal("the role is not at risk after its time")
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
