package evaluation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	"kith.internal/services/internal/ruleset"
)

// whatIf asks what would follow if two advocates were enough, activates that, and holds what followed against it: the gaps
// that it names close, at one time, and nothing else. What somebody was shown of another ruleset, or before that,
// activates nothing.
func (u *running) whatIf(t *testing.T) {
	was, next := ruleset.DefaultText(), strings.Replace(ruleset.DefaultText(), "advocate: {minimum: 1, target: 3", "advocate: {minimum: 1, target: 2", 1)
	before := u.diffOf(t, was)
	for try := range 3 {
		hash := u.diffOf(t, next)
		if code, said := u.activate(t, was, hash); code != http.StatusUnprocessableEntity {
			t.Errorf("with what was shown of another ruleset: %d %s", code, said)
		}
		foretold, end := u.foretold(t, next)
		code, said := u.activate(t, next, hash)
		if code != http.StatusCreated {
			t.Fatalf("%d %s", code, said)
		}
		followed, others := u.followed(t, end)
		if others == 0 {
			if len(foretold) < 5 || !maps.Equal(foretold, followed) {
				t.Errorf("foretold are %d\n%v\nand %d followed\n%v", len(foretold), foretold, len(followed), followed)
			}
			break
		}
		t.Logf("try %d: time alone has changed %d more", try, others)
		u.activate(t, was, u.diffOf(t, was))
	}
	if code, said := u.activate(t, was, before); code != http.StatusConflict {
		t.Errorf("with what was shown before: %d %s", code, said)
	}
}

// diffOf asks the product what would follow from a ruleset, for the hash of it.
func (u *running) diffOf(t *testing.T, text string) (hash string) {
	t.Helper()
	code, said := u.post(t, "/audit/v1/what-if", map[string]string{"text": text})
	var last struct{ Done audit.WhatIfAnswer }
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || code != http.StatusOK || last.Done.Hash == "" {
		t.Fatalf("%d %s, %v", code, said, err)
	}
	return last.Done.Hash
}

func (u *running) activate(t *testing.T, text, hash string) (code int, said string) {
	t.Helper()
	return u.post(t, "/intake/v1/rulesets", map[string]string{"text": text, "diff": hash})
}

func (u *running) post(t *testing.T, path string, body any) (code int, said string) {
	t.Helper()
	text, err := json.Marshal(body)
	mustDo(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.HTTP+path, bytes.NewReader(text))
	mustDo(t, err)
	req.Header.Set("Kith-Viewer", "service:test")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	mustDo(t, err)
	defer resp.Body.Close()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(resp.Body)
	mustDo(t, err)
	return resp.StatusCode, answer.String()
}

// foretold is what would follow now, person by person, which the product tells nobody, and where the log ends.
func (u *running) foretold(t *testing.T, text string) (all map[string]string, end uint64) {
	t.Helper()
	nc, err := nats.Connect(u.NATS)
	mustDo(t, err)
	t.Cleanup(nc.Close)
	s, err := audited.New(t.Context(), &app.Env{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), NATS: nc, EventLog: u.log, Replicas: 1})
	mustDo(t, err)
	end, err = u.log.Last(t.Context())
	mustDo(t, err)
	d, err := s.WhatIf(t.Context(), text, audit.Base{End: end, At: time.Now()}, func(uint64, uint64) error { return nil })
	mustDo(t, err)
	all = map[string]string{}
	for _, g := range d.Gaps {
		if !slices.Equal(g.Rules, []string{"gaps.roles.advocate.target"}) || g.Opens {
			t.Errorf("%+v", g)
		}
		all[fmt.Sprint(g.Person, g.Gap, g.Role)] = "closes"
	}
	for _, r := range d.Roles {
		t.Errorf("a role would change: %+v", r)
	}
	return all, end
}

// followed is what has followed behind a sequence from the activation there, and how much from other things.
func (u *running) followed(t *testing.T, end uint64) (all map[string]string, others int) {
	t.Helper()
	activated := u.settled(t)
	all = map[string]string{}
	var at time.Time
	err := u.log.Read(t.Context(), end+1, []string{events.FilterContext(events.Policy), events.FilterContext(events.Role), events.FilterContext(events.Gap)}, func(e events.Event, err error) error {
		f, closes := e.Fact.(*events.GapClosed)
		switch {
		case err != nil || e.Context == events.Policy:
		case e.CausationSeq != activated:
			others++
		case !closes:
			t.Errorf("%d: %s follows", e.Seq, e.Fact.FactName())
		default:
			if at = maxTime(at, e.Time); !at.Equal(e.Time) {
				t.Errorf("%d: closes at %v, and others at %v", e.Seq, e.Time, at)
			}
			all[fmt.Sprint(e.Person(), f.Gap, f.Role)] = "closes"
		}
		return err
	})
	mustDo(t, err)
	return all, others
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settled waits until all has followed from the last activation, and returns where it stands.
func (u *running) settled(t *testing.T) (seq uint64) {
	t.Helper()
	last, err := u.log.LastOf(t.Context(), events.Policy)
	mustDo(t, err)
	u.progress(t, last.Seq)
	return last.Seq
}
