package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
)

func open(t testing.TB, nc *nats.Conn, replicas int) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: "test", Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func advice(id string) events.Event {
	r, s := events.PersonID("paaaaaaaaaaaaaaaa"), events.PersonID("pbbbbbbbbbbbbbbbb")
	return events.Event{
		ID: events.IncomingID([]byte("key"), "test", id), Source: "/test", Context: events.Support, Subject: string(r),
		Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		Fact: &events.AdviceGiven{Act: events.Act{Recipient: r, Supporter: s, RecordedBy: "system"}},
	}
}

func all(t testing.TB, l *eventlog.Log) map[events.FactID]int {
	t.Helper()
	found := map[events.FactID]int{}
	natstest.Again(t, func() error {
		clear(found)
		return l.Read(t.Context(), 1, []string{"kith.support.>", "kith.role.>"}, func(e events.Event, err error) error {
			found[e.ID]++
			return err
		})
	})
	return found
}

func appends(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	var evs []events.Event
	for i := range 2500 {
		evs = append(evs, advice(fmt.Sprint(i)))
	}
	acks, err := l.Append(t.Context(), evs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range acks {
		if a.Seq != uint64(i+1) || a.Duplicate {
			t.Fatalf("fact %d: %+v", i, a)
		}
	}
	e, err := l.Get(t.Context(), 1234)
	if err != nil || e.ID != evs[1233].ID || e.Seq != 1234 || e.Recorded.IsZero() {
		t.Fatalf("got %+v, %v", e, err)
	}
	if _, err := l.Get(t.Context(), 9999); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("beyond the end: %v", err)
	}
	n := 0
	for e, err := range l.Person(t.Context(), "paaaaaaaaaaaaaaaa", events.Support) {
		if n++; err != nil || e.Seq != uint64(n) {
			t.Fatalf("person's fact %d: %+v, %v", n, e, err)
		}
	}
	if n != 2500 {
		t.Fatalf("one person's facts: %d", n)
	}
}

// One duplicate makes the server refuse a whole batch: its other facts must be stored all the same.
func splitsDuplicatesOut(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	if _, err := l.Append(t.Context(), advice("3"), advice("17")); err != nil {
		t.Fatal(err)
	}
	var evs []events.Event
	for i := range 40 {
		evs = append(evs, advice(fmt.Sprint(i)))
	}
	acks, err := l.Append(t.Context(), evs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range acks {
		if a.Duplicate != (i == 3 || i == 17) {
			t.Errorf("fact %d: %+v", i, a)
		}
	}
	if found := all(t, l); len(found) != 40 {
		t.Errorf("%d facts in the log", len(found))
	}
}

func refusesFaultyFacts(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	bad := advice("bad")
	bad.Fact = &events.AdviceGiven{Act: events.Act{Recipient: "paaaaaaaaaaaaaaaa", Supporter: "paaaaaaaaaaaaaaaa", RecordedBy: "system"}}
	_, err := l.Append(t.Context(), advice("good"), bad)
	var problems *events.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error: %v", err)
	}
	if len(all(t, l)) != 0 {
		t.Error("something was stored")
	}
}

func refusesADriftedStream(t *testing.T, c *natstest.Nodes) {
	nc := c.ConnectAny()
	l := open(t, nc, c.Size())
	cfg := jetstream.StreamConfig{Name: eventlog.StreamName}
	s, err := l.JetStream().Stream(t.Context(), cfg.Name)
	if err != nil {
		t.Fatal(err)
	}
	cfg = s.CachedInfo().Config
	cfg.MaxMsgs = 10
	if _, err := l.JetStream().UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := eventlog.Open(t.Context(), nc, eventlog.Config{Replicas: c.Size()}); fault.KindOf(err) != fault.Conflict {
		t.Fatalf("opened a drifted stream: %v", err)
	}
}

func republishes(t *testing.T, c *natstest.Nodes) {
	nc := c.ConnectAny()
	l := open(t, nc, c.Size())
	sub, err := nc.SubscribeSync("live.kith.>")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), advice("1")); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(30 * time.Second)
	if err != nil || m.Subject != "live.kith.support.paaaaaaaaaaaaaaaa.AdviceGiven" || m.Header.Get("Nats-Sequence") != "1" {
		t.Fatalf("%+v, %v", m, err)
	}
}

func fences(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	first, err := l.Claim(t.Context(), "role-classifier", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Append(t.Context(), advice("1"), advice("2")); err != nil {
		t.Fatal(err)
	}
	second, err := l.Claim(t.Context(), "role-classifier", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, evs := range [][]events.Event{{advice("3")}, {advice("3"), advice("4")}} {
		if _, err := first.Append(t.Context(), evs...); !errors.Is(err, eventlog.ErrFenced) {
			t.Errorf("%d facts by the writer before: %v", len(evs), err)
		}
	}
	acks, err := second.Append(t.Context(), advice("2"), advice("5"))
	if err != nil || !acks[0].Duplicate || acks[1].Duplicate {
		t.Fatalf("%+v, %v", acks, err)
	}
	if found := all(t, l); len(found) != 3 {
		t.Errorf("%d facts in the log", len(found))
	}
}

// On a replicated stream two expectations on one subject refuse each other while in flight: no
// caller may see that, and each fact is stored once.
func manyCallers(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	fence, err := l.Claim(t.Context(), "role-classifier", "1")
	if err != nil {
		t.Fatal(err)
	}
	const callers, each = 256, 4
	var wg sync.WaitGroup
	errs := make(chan error, callers*(each+1))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				errs <- stored(ctx, func() error { _, err := l.Append(ctx, advice(fmt.Sprintf("open-%d-%d", i, j))); return err })
			}
		})
		wg.Go(func() {
			errs <- stored(ctx, func() error {
				_, err := fence.Append(ctx, advice(fmt.Sprintf("fenced-%d", i)), advice(fmt.Sprintf("also-fenced-%d", i)))
				return err
			})
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	found := all(t, l)
	if want := callers*each + 2*callers; len(found) != want {
		t.Errorf("%d facts in the log, want %d", len(found), want)
	}
	for id, n := range found {
		if n != 1 {
			t.Errorf("%s is stored %d times", id, n)
		}
	}
}

// stored stores again until it is known how that ended, as every caller does.
func stored(ctx context.Context, store func() error) error {
	for {
		if err := store(); err == nil || errors.Is(err, eventlog.ErrFenced) || ctx.Err() != nil {
			return err
		}
	}
}

func timersBecomeDue(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	watch(t, l)
	soon := time.Now().Add(time.Second).UTC().Truncate(time.Second)
	timer := eventlog.Timer{Service: "role-classifier", About: "open.a.b", Person: "paaaaaaaaaaaaaaaa", At: soon.Add(time.Hour)}
	if err := l.SetTimers(t.Context(), []eventlog.Timer{timer}); err != nil {
		t.Fatal(err)
	}
	timer.At = soon // replaces the one before
	if err := l.SetTimers(t.Context(), []eventlog.Timer{timer}); err != nil {
		t.Fatal(err)
	}
	e := due(t, l)
	if f := e.Fact.(*events.Due); f.About != "open.a.b" || !f.At.Equal(soon) || e.Subject != "paaaaaaaaaaaaaaaa" {
		t.Errorf("%+v", e)
	}
}

// What waits is known also while nobody works on it, and is not only what was never delivered.
func waits(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	filters := []string{"kith.role.>", "kith.support.>"}
	sub, err := l.Subscribe(t.Context(), "test", filters, false, func() (uint64, error) { return 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), advice("1"), advice("2"), advice("3")); err != nil {
		t.Fatal(err)
	}
	waiting := func(want, handled uint64) { // in the end: a replica may be behind, and no acknowledgement is answered
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			n, at, err := l.Waiting(t.Context(), "test")
			if err == nil && n == want && (n == 0 || sameTime(t, l, handled, at)) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d wait, want %d: %v; handled is one of %v", n, want, err, at)
			}
		}
	}
	waiting(3, 0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sub.Run(ctx) }()
	first, second, third := <-sub.C, <-sub.C, <-sub.C
	waiting(3, 0)
	for i, d := range []eventlog.Delivery{first, second, third} {
		if err := d.Ack(); err != nil {
			t.Fatal(err)
		}
		waiting(uint64(2-i), uint64(i+1))
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// sameTime reports whether at is when the fact that was handled last was recorded; 0 is none.
func sameTime(t *testing.T, l *eventlog.Log, handled uint64, at time.Time) bool {
	t.Helper()
	if handled == 0 {
		return at.IsZero()
	}
	e, err := l.Get(t.Context(), handled)
	return err == nil && at.Equal(e.Recorded)
}
