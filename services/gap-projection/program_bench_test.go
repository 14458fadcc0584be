package gaps_test

import (
	"testing"

	"kith.internal/events"
	"kith.internal/libs/derive"
	gaps "kith.internal/services/gap-projection"
)

// BenchmarkMeasure is one week of ten thousand people, each with ten supporters.
func BenchmarkMeasure(b *testing.B) {
	const people = 10_000
	h := newHistory(b)
	for n := range people {
		h.take(h.input(day(0), events.People, member(n), &events.PersonJoined{Level: 1 + n%3*3, Department: "ops", EffectiveAt: day(-400)}))
		for k := range 10 {
			h.take(h.input(day(0), events.Role, member(n), recognized(events.Roles()[k%5], member((n+k+1)%people), 1)))
		}
	}
	b.ResetTimer()
	at := day(4) // a Monday
	for b.Loop() {
		in := h.input(at, events.Clock, "", &events.Due{For: gaps.Name, About: "coverage", At: at})
		if _, err := derive.Replay(h.docs, h.rules, gaps.Name, []events.Event{in}); err != nil {
			b.Fatal(err)
		}
		at = at.AddDate(0, 0, 7)
	}
	b.ReportMetric(float64(b.N)*people/b.Elapsed().Seconds(), "people/s")
}
