package postings

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

var (
	someone = []events.PersonID{"paaaaaaaaaaaaaaaa", "pbbbbbbbbbbbbbbbb", "pcccccccccccccccc", "pdddddddddddddddd"}
	cyd     = someone[2]
	day     = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// said is a fact with an id of its own.
func said(i int, who events.PersonID, c events.Context, f events.Fact) events.Event {
	return events.Event{ID: events.DerivedID("test", events.FactID(fmt.Sprint(i)), c, 0), Source: "/test", Context: c, Subject: string(who),
		Time: time.Unix(int64(i), 0).UTC(), Fact: f}
}

// joins is that so many join, one after the other, beginning anew with the first.
func joins(n int) (all []events.Event) {
	for i := range n {
		all = append(all, said(i, someone[i%len(someone)], events.People, &events.PersonJoined{Level: 3, Department: "sales", EffectiveAt: day}))
	}
	return all
}

// warnings counts what an index warns of.
type warnings struct {
	slog.Handler
	n atomic.Int64
}

func (w *warnings) Enabled(context.Context, slog.Level) bool { return true }

func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "not saved") {
		w.n.Add(1)
	}
	return nil
}

// opened is an index that does not run.
func opened(t *testing.T, nc *nats.Conn) (*Index, *warnings) {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	w := &warnings{Handler: slog.DiscardHandler}
	x, err := Open(t.Context(), l, 1, slog.New(w))
	if err != nil {
		t.Fatal(err)
	}
	return x, w
}

// run runs an index until it is stopped.
func run(t *testing.T, x *Index) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- x.Run(ctx) }()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

func appended(t *testing.T, x *Index, facts ...events.Event) {
	t.Helper()
	for _, e := range facts {
		if _, err := x.log.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// await waits until the postings have come to a sequence, as whoever is told to try again does.
func await(t *testing.T, x *Index, seq uint64) {
	t.Helper()
	for range 6 {
		if x.To(t.Context(), seq) == nil {
			return
		}
	}
	t.Fatalf("up to %d, not %d", x.End(), seq)
}

// An index that starts again reads only what is not saved; of a log that is made anew it reads all.
func TestPostingsAreSaved(t *testing.T) {
	nc := natstest.Fast(t)
	x, _ := opened(t, nc)
	stop := run(t, x)
	appended(t, x, joins(3)...)
	await(t, x, 3)
	stop()
	next, _ := opened(t, nc)
	if err := next.load(t.Context(), next.log.Identity()); err != nil || next.End() != 3 || !slices.Equal(next.Named(cyd, 9), []uint64{3}) {
		t.Fatalf("loaded up to %d, %v", next.End(), err)
	}
	other, _ := opened(t, nc)
	if err := other.load(t.Context(), "another log"); err != nil || other.End() != 0 {
		t.Errorf("of another log, up to %d, %v", other.End(), err)
	}
}

// Where nothing can be saved, the log is read all the same, and it is tried again only after as much as before.
func TestPostingsThatCannotBeSaved(t *testing.T) {
	x, w := opened(t, natstest.Fast(t))
	x.saveEvery = 10
	if err := x.log.JetStream().DeleteObjectStore(t.Context(), snapshots); err != nil {
		t.Fatal(err)
	}
	stop := run(t, x)
	appended(t, x, joins(31)...)
	await(t, x, 31)
	stop()
	if n := w.n.Load(); n != 4 { // three times, and at the end
		t.Errorf("it is tried %d times", n)
	}
}

func TestALogThatIsMadeAnew(t *testing.T) {
	nc := natstest.Fast(t)
	x, _ := opened(t, nc)
	run(t, x)
	appended(t, x, joins(3)...)
	await(t, x, 3)
	if err := x.log.JetStream().DeleteStream(t.Context(), eventlog.StreamName); err != nil {
		t.Fatal(err)
	}
	next, _ := opened(t, nc)
	appended(t, next, joins(1)...)
	for deadline := time.Now().Add(30 * time.Second); x.Ready() != nil || x.End() != 1 || x.Named(cyd, 9) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("up to %d, cyd at %v", x.End(), x.Named(cyd, 9))
		}
	}
}

// Whoever is named in a fact is found by it, whatever came before.
func TestPostings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom(someone)
		var facts []events.Event
		for range rapid.IntRange(0, 40).Draw(t, "facts") {
			c := rapid.SampledFrom([]events.Context{events.Support, events.Personal, events.Sealed}).Draw(t, "context")
			act := events.Act{Recipient: who.Draw(t, "recipient"), Supporter: who.Draw(t, "supporter"), RecordedBy: "system"}
			facts = append(facts, said(len(facts), act.Recipient, c, &events.AdviceGiven{Act: act}))
		}
		p := New()
		want := map[events.PersonID][]uint64{}
		for i, e := range facts {
			e.Seq = uint64(i + 1)
			p.Fold(e)
			p.Fold(e)
			act := events.ActOf(e.Fact)
			for _, one := range someone {
				if e.Context != events.Sealed && (act.Recipient == one || act.Supporter == one) {
					want[one] = append(want[one], e.Seq)
				}
			}
		}
		for _, one := range someone {
			if got := p.Named(one, p.End()); !slices.Equal(got, want[one]) {
				t.Fatalf("%s is named at %v, want %v", one, got, want[one])
			}
		}
	})
}
