package classifier

import (
	"fmt"
	"testing"

	"kith.internal/events"
)

// BenchmarkStep folds acts in the order in which they happen, documents in memory: over many ties,
// over one with very many acts, and backwards over one.
func BenchmarkStep(b *testing.B) {
	for _, bc := range []struct {
		name      string
		ties      int
		backwards bool
	}{{"ManyTies", 2000, false}, {"OneTie", 1, false}, {"OneTieBackwards", 1, true}} {
		b.Run(bc.name, func(b *testing.B) {
			w := newWorld(b).people()
			supporters := make([]events.PersonID, bc.ties)
			for i := range supporters {
				supporters[i] = who(letters(i))
				w.give(w.now, people(supporters[i], &events.PersonJoined{Level: 1 + i%8, EffectiveAt: days(-900)}))
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				w.one(n, supporters[n%bc.ties], bc.backwards)
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "acts/s")
		})
	}
}

// one folds the n-th act of a mixed lot, and commits after every 500.
func (w *world) one(n int, supporter events.PersonID, backwards bool) {
	f := [...]func() events.Fact{session, endorsed, func() events.Fact { return introduced(6) },
		func() events.Fact { return feedback("constructive") }, func() events.Fact { return &events.KudosGiven{Audience: "public"} }}[n%5]()
	e := act(supporter, f)
	w.seq++
	e.Seq, e.ID = w.seq, events.DerivedID("bench", events.FactID(fmt.Sprint(n)), events.Support, 0)
	e.Time, e.Recorded = days(float64(n)/50), days(float64(n)/50)
	if backwards {
		e.Time = days(-float64(n%1000) / 3)
	}
	if _, err := w.rules.Step(w.docs, begin(w, e)); err != nil {
		w.t.Fatal(err)
	}
	if n%500 == 499 {
		w.commit()
	}
}

func begin(w *world, e events.Event) events.Event {
	w.docs.Begin(e.Seq)
	return e
}

// letters spells n, so that it can stand in a pseudonym.
func letters(n int) string {
	text := ""
	for range 6 {
		text += string(rune('a' + n%26))
		n /= 26
	}
	return text
}
