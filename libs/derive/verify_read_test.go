package derive

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

func logOn(t *testing.T, nc *nats.Conn) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// Where the log cannot be read to its end, nobody hears that this is its end: what was expected behind it
// would be missing.
func TestWhatCannotBeReadIsNotTheEnd(t *testing.T) {
	nc := natstest.Connect(t)
	r := &reading{log: logOn(t, nc), to: 10, at: func(uint64) {}, vs: []*Verification{{}}, lots: []chan []entry{make(chan []entry)}}
	nc.Close()
	if err := r.read(t.Context()); err == nil {
		t.Fatal("a log is read without a connection")
	}
	select {
	case <-r.lots[0]:
		t.Error("this passes for the end of the log")
	default:
	}
}

// Where one of several verifications cannot begin, none is left behind.
func TestAVerificationThatCannotBeginLeavesNothing(t *testing.T) {
	c := natstest.Cluster(t, 1)
	gone := c.Connect(0)
	var vs []*Verification
	for _, nc := range []*nats.Conn{c.Connect(0), gone} {
		d := Derivation{Service: "role-classifier", Inputs: []string{"kith.support.>"}, Owns: []events.Context{events.Role}, Rules: func() Rules { return nil }}
		v, err := NewVerification(t.Context(), logOn(t, nc), d, projection.NewMemory(), nil)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, v)
	}
	gone.Close()
	if err := Fold(t.Context(), vs[0].log, 0, func(uint64) {}, vs...); err == nil {
		t.Fatal("what is parked is known without a connection")
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !strings.Contains(string(stacks), "takeAll") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("one waits for ever")
		}
	}
}
