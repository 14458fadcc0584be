package gaps_test

import (
	"fmt"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/derive"
	gaps "kith.internal/services/gap-projection"
)

// somebodyElse is one of very many people.
func somebodyElse(i int) events.PersonID {
	return events.PersonID("p" + string(events.DerivedID("test", "", events.People, i))[:16])
}

// BenchmarkAct is one more act in a network of so many supporters, and of somebody who supports as many: it costs
// the same whatever their number.
func BenchmarkAct(b *testing.B) {
	for _, ties := range []int{5, 20, 100, 1200} {
		b.Run(fmt.Sprint("ties=", ties), func(b *testing.B) {
			h := newHistory(b)
			h.on(0, events.People, ego, joined(3, -400))
			for i := range ties {
				other := somebodyElse(i)
				h.take(h.input(day(0), events.Role, ego, recognized(events.Advocate, other, -10)))
				h.take(h.input(day(0), events.Role, other, recognized(events.Mentor, ego, -10)))
			}
			docs, rules := h.docs, h.rules
			b.ReportAllocs()
			for b.Loop() {
				in := h.input(day(1), events.Support, ego, advice(ben))
				if _, err := derive.Replay(docs, rules, gaps.Name, []events.Event{in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRole is one more turn of a role in a network of so many supporters.
func BenchmarkRole(b *testing.B) {
	for _, ties := range []int{5, 20, 100, 1200} {
		b.Run(fmt.Sprint("ties=", ties), func(b *testing.B) {
			h := newHistory(b)
			h.on(0, events.People, ego, joined(3, -400))
			for i := range ties {
				h.take(h.input(day(0), events.Role, ego, recognized(events.Advocate, somebodyElse(i), -10)))
			}
			docs, rules := h.docs, h.rules
			b.ReportAllocs()
			for b.Loop() {
				in := h.input(day(1), events.Role, ego, recognized(events.Advocate, ben, -10))
				if _, err := derive.Replay(docs, rules, gaps.Name, []events.Event{in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
