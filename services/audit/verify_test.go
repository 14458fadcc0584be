package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	"kith.internal/services/internal/access"
)

const (
	person = events.PersonID("paaaaaaaaaaaaaaaa")
	helper = events.PersonID("pbbbbbbbbbbbbbbbb")
)

// derived runs what the other services derive from a log of people and acts, until they have caught up.
func derived(t *testing.T, l *eventlog.Log, acts int) {
	t.Helper()
	at := time.Now().UTC().AddDate(0, -2, 0)
	facts := []events.Event{fact(0, at, events.People, person, &events.PersonJoined{EffectiveAt: at, Department: "a", Level: 3}),
		fact(1, at, events.People, helper, &events.PersonJoined{EffectiveAt: at, Department: "a", Level: 5})}
	for i := range acts {
		when := at.AddDate(0, 0, i%50)
		facts = append(facts, fact(2+i, when, events.Support, person, &events.AdviceGiven{Act: events.Act{Recipient: person, Supporter: helper, RecordedBy: "system"}}))
	}
	if _, err := l.Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	all, err := audited.Derivations(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- derive.New(l, d.Rules(), d.Config()).Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
	}
	natstest.Again(t, func() error {
		for _, d := range all {
			if n, _, err := l.Waiting(t.Context(), d.Service); err != nil || n > 0 {
				return unavailable(fmt.Sprintf("%s has %d facts before it: %v", d.Service, n, err))
			}
		}
		return nil
	})
}

func fact(id int, at time.Time, c events.Context, p events.PersonID, f events.Fact) events.Event {
	return events.Event{ID: events.IncomingID([]byte("k"), "test", fmt.Sprint(id)), Source: "/test", Context: c, Subject: string(p), Time: at, Fact: f}
}

// call orders, asks or cancels.
func (p *place) call(method, viewer, body string) (code int, v audit.Verification) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+"verifications", bytes.NewReader([]byte(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set(access.Header, viewer)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = json.Unmarshal(text, &v)
	return resp.StatusCode, v
}

// verify orders a verification and waits for its end.
func (p *place) verify(body string) audit.Verification {
	p.t.Helper()
	var v audit.Verification
	natstest.Again(p.t, func() error {
		code := 0
		if code, v = p.call("POST", operator, body); code != 200 {
			return unavailable(fmt.Sprint("ordering: ", code))
		}
		return nil
	})
	natstest.Again(p.t, func() error {
		if _, answer := p.get("verifications", operator, "Verification"); json.Unmarshal([]byte(answer), &v) != nil || v.Ended.IsZero() {
			return unavailable(answer)
		}
		return nil
	})
	return v
}

func TestVerification(t *testing.T) {
	p := start(t)
	p.run()
	derived(t, p.log, 60)
	v := p.verify("{}")
	if v.State != audit.Clean || len(v.Services) != 3 || v.Services[0].Facts == 0 || v.Services[1].Documents == 0 || v.LastOK.IsZero() {
		t.Fatalf("verified: %+v", v)
	}
	if code, _ := p.call("POST", ann, "{}"); code != 403 {
		t.Errorf("a person orders: %d", code)
	}
	if code, _ := p.call("GET", "auditor:council", ""); code != 200 {
		t.Errorf("an auditor asks: %d", code)
	}
	if code, _ := p.call("DELETE", operator, ""); code != 409 {
		t.Errorf("what is over is cancelled: %d", code)
	}
	last, err := p.log.LastOf(t.Context(), events.Role)
	if err != nil || last == nil {
		t.Fatal(last, err)
	}
	forged := *last
	forged.ID = events.DerivedID("role-classifier", forged.CausationID, events.Role, 7)
	forged.CausationIndex = 7
	acks, err := p.log.Append(t.Context(), forged)
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"{}", "{}", `{"all":true}`} { // what was found once is not forgotten
		v = p.verify(body)
		f := v.Services[0]
		if v.State != audit.Divergent || f.Divergences == 0 || f.First[0].What != derive.Unexpected || f.First[0].Seq != acks[0].Seq || v.Services[1].Divergences+v.Services[2].Divergences > 0 {
			t.Errorf("%s: %+v", body, v)
		}
	}
	if n, err := p.log.LastOf(t.Context(), events.Audit); err != nil || n == nil || n.Fact.(*events.ReplayPerformed).To == 0 {
		t.Errorf("the last replay is %+v, %v", n, err)
	}
}

// run runs the service.
func (p *place) run() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.s.Run(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Error(err)
		}
	})
}

func unavailable(why string) error { return fault.New(fault.Unavailable, "not-yet", why) }

// A verification whose replica has gone is gone on with by another one; one that nobody works on can be
// cancelled, and ordered again.
func TestAVerificationIsTakenOver(t *testing.T) {
	p := start(t)
	if _, err := projection.OpenKV(t.Context(), p.log.Conn(), "kith_audit", 1); err != nil {
		t.Fatal(err)
	}
	kv, err := p.log.JetStream().KeyValue(t.Context(), "kith_audit")
	if err != nil {
		t.Fatal(err)
	}
	left := audit.Verification{ID: "left", State: audit.Verifying, Started: time.Now().UTC(), Beat: time.Now().UTC(), Worker: "gone", Services: []derive.Findings{}}
	put := func() {
		t.Helper()
		body, err := json.Marshal(left)
		if err == nil {
			_, err = kv.Put(t.Context(), "verification", body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put()
	if code, _ := p.call("POST", operator, "{}"); code != 409 {
		t.Errorf("ordered while one goes on: %d", code)
	}
	if code, v := p.call("DELETE", operator, ""); code != 200 || v.State != audit.Cancelled {
		t.Errorf("cancelled: %d %+v", code, v)
	}
	left.Beat = left.Beat.Add(-time.Hour)
	put()
	p.run()
	natstest.Again(t, func() error {
		if _, v := p.call("GET", operator, ""); v.ID != "left" || v.Worker == "gone" || v.State != audit.Clean {
			return unavailable(fmt.Sprintf("it stands as %+v", v))
		}
		return nil
	})
}
