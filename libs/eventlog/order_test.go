package eventlog_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
)

// overloaded is a log whose server refuses single messages now and then: it takes only a few at once.
func overloaded(t *testing.T) *eventlog.Log {
	t.Helper()
	opts, err := natsembed.Options(natsembed.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	opts.StreamMaxBufferedMsgs = 4
	ns, err := natsembed.Run(opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(ns))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return open(t, nc, 1)
}

// What one caller hands in together keeps its order, and is stored once, also where the server refuses
// some of it for a moment.
func TestOrderUnderOverload(t *testing.T) {
	l := overloaded(t)
	const callers, rounds, each = 8, 30, 5
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range rounds {
				var evs []events.Event
				for k := range each {
					evs = append(evs, advice(fmt.Sprintf("%d-%d-%d", i, j, k)))
				}
				acks, err := l.Append(t.Context(), evs...)
				if err != nil {
					t.Error(err)
					return
				}
				if !slices.IsSortedFunc(acks, func(a, b eventlog.Ack) int { return int(a.Seq) - int(b.Seq) }) {
					t.Errorf("stored at %v", acks)
				}
				if slices.ContainsFunc(acks, func(a eventlog.Ack) bool { return a.Duplicate }) {
					t.Errorf("duplicates of itself: %v", acks)
				}
			}
		})
	}
	wg.Wait()
	found := all(t, l)
	if len(found) != callers*rounds*each {
		t.Errorf("%d facts in the log", len(found))
	}
}
