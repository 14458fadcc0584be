package derive

import (
	"context"
	"testing"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

func TestTurn(t *testing.T) {
	here, away, plain := eventlog.Delivery{Fresh: true}, eventlog.Delivery{Lost: true}, eventlog.Delivery{}
	for name, c := range map[string]struct {
		batch       []eventlog.Delivery
		fresh, lost bool
	}{
		"nothing happened": {[]eventlog.Delivery{plain, plain}, false, false},
		"it came":          {[]eventlog.Delivery{plain, here, plain}, true, false},
		"it went":          {[]eventlog.Delivery{plain, away}, false, true},
		"it came and went": {[]eventlog.Delivery{here, plain, away}, false, true},
		"it went and came": {[]eventlog.Delivery{plain, away, here, plain}, true, false},
		"again and again":  {[]eventlog.Delivery{here, away, here, away}, false, true},
	} {
		if fresh, lost := turn(c.batch); fresh != c.fresh || lost != c.lost {
			t.Errorf("%s: fresh %v, lost %v", name, fresh, lost)
		}
	}
}

// A replica that had the work for a moment only does not claim the fence from the one that has it now.
func TestWhoHasLostTheWorkDoesNotClaim(t *testing.T) {
	l, err := eventlog.Open(t.Context(), natstest.Connect(t), eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	e := New(l, nil, Config{Service: "role-classifier", Bucket: "kith_ties"})
	c := make(chan eventlog.Delivery, 2)
	c <- eventlog.Delivery{Fresh: true}
	c <- eventlog.Delivery{Lost: true}
	close(c)
	if err := e.serve(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if last, err := l.Last(t.Context()); err != nil || last != 0 {
		t.Errorf("the log has %d facts, %v", last, err)
	}
}

// A session ends with its connection: what it has read may be of a server that was behind, and what it
// has set may be lost.
func TestAReplicaEndsWithItsConnection(t *testing.T) {
	nc := natstest.Connect(t)
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	e := New(l, nil, Config{Service: "role-classifier", Bucket: "kith_ties", Inputs: []string{"kith.support.>"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for ctx.Err() == nil { // the first time it may not have begun
			time.Sleep(200 * time.Millisecond)
			_ = nc.ForceReconnect()
		}
	}()
	if err := e.replica(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("it went on: %v", err)
	}
}
