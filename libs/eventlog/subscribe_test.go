package eventlog_test

import (
	"context"
	"testing"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// work subscribes and delivers until the test ends, or stop is called.
func work(t *testing.T, l *eventlog.Log, handled uint64) (s *eventlog.Subscription, stop func()) {
	t.Helper()
	s, err := l.Subscribe(t.Context(), "test", []string{"kith.support.>"}, true, func() (uint64, error) { return handled, nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = func() {
		cancel()
		for range s.C { //nolint:revive // what is left does not matter
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	return s, stop
}

func next(t *testing.T, s *eventlog.Subscription) eventlog.Delivery {
	t.Helper()
	select {
	case d := <-s.C:
		return d
	case <-time.After(30 * time.Second):
		t.Fatal("nothing is delivered")
		return eventlog.Delivery{}
	}
}

// acknowledged waits until the server knows of every acknowledgement, which it does not answer.
func acknowledged(t *testing.T, l *eventlog.Log) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		n, _, err := l.Waiting(t.Context(), "test")
		if err == nil && n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d are not acknowledged, %v", n, err)
		}
	}
}

// A replica that comes to stand by leaves the one that works alone, also where the checkpoint is behind
// what was acknowledged: what is no input is in no checkpoint.
func standsBy(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	if _, err := l.Append(t.Context(), advice("1"), advice("2"), advice("3")); err != nil {
		t.Fatal(err)
	}
	working, _ := work(t, l, 1)
	for i := range 3 {
		d := next(t, working)
		if d.Fresh != (i == 0) {
			t.Errorf("delivery %d: %+v", i, d)
		}
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
	}
	acknowledged(t, l)
	work(t, l, 1)
	time.Sleep(200 * time.Millisecond)
	if _, err := l.Append(t.Context(), advice("4")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, working); d.Fresh || d.Event.Seq != 4 {
		t.Errorf("delivered %+v", d)
	}
}

// Whoever comes when nobody works is delivered what was handled last, and begins: it may have timers
// to set, or documents to make anew, though nothing new comes in for days.
func somebodyWorks(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	if _, err := l.Append(t.Context(), advice("1"), advice("2"), advice("3")); err != nil {
		t.Fatal(err)
	}
	first, stop := work(t, l, 0)
	for range 3 {
		if err := next(t, first).Ack(); err != nil {
			t.Fatal(err)
		}
	}
	acknowledged(t, l)
	second, _ := work(t, l, 3)
	stop()
	if d := next(t, second); !d.Fresh || d.Event.Seq != 3 {
		t.Errorf("the next one: %+v", d)
	}
}

// A consumer that was deleted begins anew at the checkpoint, not with the whole log.
func beginsAtTheCheckpoint(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	if _, err := l.Append(t.Context(), advice("1"), advice("2"), advice("3"), advice("4")); err != nil {
		t.Fatal(err)
	}
	s, _ := work(t, l, 3)
	if d := next(t, s); !d.Fresh || d.Event.Seq != 3 {
		t.Errorf("%+v", d)
	}
	if d := next(t, s); d.Fresh || d.Event.Seq != 4 {
		t.Errorf("%+v", d)
	}
}
