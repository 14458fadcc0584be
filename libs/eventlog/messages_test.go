package eventlog_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// withClaim appends ten facts, of which a fence is claimed before the sixth.
func withClaim(t *testing.T, l *eventlog.Log) {
	t.Helper()
	for i := range 10 {
		natstest.Again(t, func() error {
			_, err := l.Append(t.Context(), advice(fmt.Sprint(i)))
			if err == nil && i == 4 {
				_, err = l.Claim(t.Context(), "test", "1")
			}
			return err
		})
	}
}

func sequences(t *testing.T, l *eventlog.Log, from, to uint64) (seqs []uint64, claims int) {
	t.Helper()
	natstest.Again(t, func() error {
		seqs, claims = nil, 0
		return l.Messages(t.Context(), from, to, func(s eventlog.Stored) error {
			seqs = append(seqs, s.Seq)
			if _, err := s.Event(); err != nil {
				claims++
			}
			return nil
		})
	})
	return seqs, claims
}

func upTo(from, to uint64) (seqs []uint64) {
	for ; from <= to; from++ {
		seqs = append(seqs, from)
	}
	return seqs
}

func readsEveryMessage(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	if got, _ := sequences(t, l, 1, 0); len(got) > 0 {
		t.Errorf("an empty log has %v", got)
	}
	withClaim(t, l)
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, claims := sequences(t, l, 1, 0); !slices.Equal(got, upTo(1, last)) || claims != int(last)-10 {
		t.Errorf("read %v with %d claims, want all up to %d", got, claims, last)
	}
	if got, _ := sequences(t, l, 3, 5); !slices.Equal(got, upTo(3, 5)) {
		t.Errorf("read %v, want 3 to 5", got)
	}
	enough := errors.New("enough")
	if err := l.Messages(t.Context(), 1, 0, func(eventlog.Stored) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error of the caller's ends as %v", err)
	}
	err = l.Messages(t.Context(), last, last+3, func(eventlog.Stored) error { return nil })
	if h := (*eventlog.Hole)(nil); !errors.As(err, &h) || *h != (eventlog.Hole{From: last + 1, To: last + 3}) {
		t.Errorf("what is behind the end is no hole: %v", err)
	}
}

func readsContexts(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	var want []uint64
	for i := range 60 {
		e := advice(fmt.Sprint(i))
		switch i % 5 {
		case 0:
			e.Context, e.Fact = events.People, &events.PersonReturned{EffectiveAt: e.Time}
		case 1:
			e.Context, e.Fact = events.Personal, &events.GoalReached{Goal: "one", Kind: "advance"}
		}
		natstest.Again(t, func() error {
			_, err := l.Append(t.Context(), e)
			return err
		})
		if i%5 != 1 {
			want = append(want, uint64(i+1))
		}
	}
	for _, to := range []uint64{60, 43, 42, 1} {
		want = slices.DeleteFunc(want, func(seq uint64) bool { return seq > to })
		var got []uint64
		natstest.Again(t, func() error {
			got = nil
			return l.Contexts(t.Context(), to, []events.Context{events.Support, events.People, events.Policy}, func(s eventlog.Stored) error {
				got = append(got, s.Seq)
				return nil
			})
		})
		if !slices.Equal(got, want) {
			t.Errorf("up to %d read %v, want %v", to, got, want)
		}
	}
	enough := errors.New("enough")
	if err := l.Contexts(t.Context(), 60, []events.Context{events.Support}, func(eventlog.Stored) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("an error of the caller's ends as %v", err)
	}
}

func readsAtSequences(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	var evs []events.Event
	for i := range 700 {
		evs = append(evs, advice(fmt.Sprint(i)))
	}
	if _, err := l.Append(t.Context(), evs...); err != nil {
		t.Fatal(err)
	}
	asked := append(upTo(90, 690), 5, 3, 3, 40)
	var got []uint64
	natstest.Again(t, func() error {
		found, err := l.At(t.Context(), asked)
		got = got[:0]
		for _, s := range found {
			e, err := s.Event()
			if err != nil || e.ID != evs[s.Seq-1].ID || e.Seq != s.Seq || e.Recorded.IsZero() {
				t.Errorf("at %d is %+v: %v", s.Seq, e, err)
			}
			got = append(got, s.Seq)
		}
		return err
	})
	if !slices.Equal(got, append([]uint64{3, 5, 40}, upTo(90, 690)...)) {
		t.Errorf("asked for some, got %v", got)
	}
	_, err := l.At(t.Context(), []uint64{700, 701})
	if h := (*eventlog.Hole)(nil); !errors.As(err, &h) || h.From != 701 {
		t.Errorf("at a sequence that is not there: %v", err)
	}
}

func knowsTheEndAtATime(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	withClaim(t, l)
	first, err := l.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for want, at := range map[uint64]time.Time{0: first.Recorded.Add(-1), 1: first.Recorded} {
		if got, err := l.Before(t.Context(), at); got != want || err != nil {
			t.Errorf("at %v the end is %d, want %d: %v", at, got, want, err)
		}
	}
	last, err := l.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := l.Before(t.Context(), time.Now().Add(time.Hour)); got != last || err != nil {
		t.Errorf("in an hour the end is %d, want %d: %v", got, last, err)
	}
}

// holed reads ten messages from one on, up to a hole.
func holed(t *testing.T, l *eventlog.Log, from uint64) (seqs []uint64, hole *eventlog.Hole) {
	t.Helper()
	natstest.Again(t, func() error {
		seqs = nil
		err := l.Messages(t.Context(), from, 10, func(s eventlog.Stored) error {
			seqs = append(seqs, s.Seq)
			return nil
		})
		if errors.As(err, &hole) {
			return nil
		}
		return err
	})
	return seqs, hole
}

// The server skips a message that is damaged on its disk, and says nothing.
func TestHoles(t *testing.T) {
	for _, damaged := range []uint64{1, 4, 10} { // of the last one a reader that waits hears nothing at all
		t.Run(fmt.Sprint("at ", damaged), func(t *testing.T) {
			c := natstest.Cluster(t, 1)
			nc := c.Connect(0)
			l := open(t, nc, 1)
			for i := range 10 {
				if _, err := l.Append(t.Context(), advice(fmt.Sprint(i))); err != nil {
					t.Fatal(err)
				}
			}
			c.Stop(0)
			natstest.Flip(t, c.Dir(0), eventlog.StreamName, damaged, "recipient", "recipienT")
			c.Restart(0)
			natstest.Again(t, func() error {
				err := l.Contexts(t.Context(), 10, []events.Context{events.Support, events.People}, func(eventlog.Stored) error { return nil })
				if h := (*eventlog.Hole)(nil); !errors.As(err, &h) || *h != (eventlog.Hole{From: damaged, To: damaged}) {
					return fmt.Errorf("of its context: %w", err)
				}
				return nil
			})
			seqs, hole := holed(t, l, 1)
			if hole == nil || *hole != (eventlog.Hole{From: damaged, To: damaged}) {
				t.Fatalf("found %v, want a hole at %d", hole, damaged)
			}
			rest, hole := holed(t, l, hole.To+1)
			if hole != nil {
				t.Errorf("found another hole: %v", hole)
			}
			seqs = append(seqs, rest...)
			want := slices.Concat(upTo(1, damaged-1), upTo(damaged+1, 10))
			if !slices.Equal(seqs, want) {
				t.Errorf("read %v, want %v", seqs, want)
			}
		})
	}
}

// A forged message has a checksum that the server finds right: only what it says tells.
func TestForged(t *testing.T) {
	c := natstest.Cluster(t, 1)
	l := open(t, c.Connect(0), 1)
	if _, err := l.Append(t.Context(), advice("1"), advice("2")); err != nil {
		t.Fatal(err)
	}
	c.Stop(0)
	natstest.Forge(t, c.Dir(0), eventlog.StreamName, 1, "pbbbbbbbbbbbbbbbb", "pcccccccccccccccc")
	c.Restart(0)
	natstest.Again(t, func() error {
		e, err := l.Get(t.Context(), 1)
		if f, ok := e.Fact.(*events.AdviceGiven); err == nil && (!ok || f.Supporter != "pcccccccccccccccc") {
			t.Errorf("the forged fact is %+v", e)
		}
		return err
	})
}
