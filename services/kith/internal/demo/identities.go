package demo

import "kith.internal/events"

// identify lets three of four say which group they identify with, which follows from nothing else of them but their
// level; a few take it back.
func (s *story) identify() {
	groups := []events.Code{"women", "men", "nonbinary"}
	for _, p := range s.people {
		shares := []int{49, 46, 5}
		if p.level >= 5 {
			shares = []int{27, 70, 3}
		}
		ago := min(s.between(20, 300), p.start-2)
		group := groups[s.weighted(shares...)]
		if !s.in100(75) || !p.here(ago) {
			continue
		}
		f := &events.GroupSelfIdentified{How: "self"}
		said := s.tell(event{ID: s.id(p.n, f.FactName()), Type: events.TypeOf(events.Personal, f), Subject: p.id, Time: s.at(p, ago),
			Data: f, Sealed: events.GroupDetails{Group: group}})
		if s.in100(3) {
			s.fact(events.Personal, p, s.soon(said, p, ago-10), &events.GroupSelfIdentificationWithdrawn{How: "self"})
		}
	}
}
