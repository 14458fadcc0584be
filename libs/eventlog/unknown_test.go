package eventlog_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
)

// What the first try of an append stored is no duplicate when the answer comes late and the append
// is made again: nobody stored it before. What was there before still is one.
func TestALateAnswerMakesNoDuplicates(t *testing.T) {
	for _, c := range []struct{ n, known int }{{1, 0}, {3, 1}, {20, 0}, {20, 1}} {
		t.Run(fmt.Sprintf("%d facts and %d known", c.n, c.known), func(t *testing.T) {
			t.Parallel()
			nc, muffle := natstest.Muffled(t)
			l := open(t, nc, 1)
			if _, err := l.Append(t.Context(), advice("known")); err != nil {
				t.Fatal(err)
			}
			var evs []events.Event
			for i := range c.n {
				evs = append(evs, advice(fmt.Sprint(i)))
			}
			evs = append(evs, slices.Repeat([]events.Event{advice("known")}, c.known)...)
			muffle.On()
			time.AfterFunc(5500*time.Millisecond, muffle.Off)
			acks, err := l.Append(t.Context(), evs...)
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range acks[:c.n] {
				if a.Duplicate || a.Seq != uint64(i+2) {
					t.Errorf("fact %d: %+v", i, a)
				}
			}
			for _, a := range acks[c.n:] {
				if !a.Duplicate || a.Seq != 1 {
					t.Errorf("the one known before: %+v", a)
				}
			}
			if found := all(t, l); len(found) != c.n+1 {
				t.Errorf("%d facts in the log", len(found))
			}
		})
	}
}

// The same fact twice in one commit is stored once, and the second is the duplicate.
func storesTwinsOnce(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	for _, n := range []int{2, 30} {
		var evs []events.Event
		for i := range n {
			evs = append(evs, advice(fmt.Sprint(n, "-", i/2)))
		}
		acks, err := l.Append(t.Context(), evs...)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range acks {
			if a.Duplicate != (i%2 == 1) {
				t.Errorf("of %d, fact %d: %+v", n, i, a)
			}
		}
	}
	for id, n := range all(t, l) {
		if n != 1 {
			t.Errorf("%s is stored %d times", id, n)
		}
	}
}
