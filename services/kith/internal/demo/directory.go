package demo

import (
	"kith.internal/events"
)

// directory makes up what the directory knows of these two years: who left, who was away, who
// was promoted. It says so after who joined.
func (s *story) directory() {
	for _, p := range s.people {
		if !p.portrait.fixed && p.level < 7 {
			s.career(p)
		}
	}
	for _, p := range s.people {
		s.join(p)
	}
	for _, p := range s.people {
		s.tellCareer(p)
	}
	s.inherit()
}

// career decides: nine in a hundred leave, seven are away for a while, a fifth is promoted.
func (s *story) career(p *person) {
	switch lot := s.n(100); {
	case p.start < 200:
	case lot < 9:
		p.left = s.between(6, 500)
	case lot < 12:
		p.away = s.between(10, 80)
	case lot < 16:
		p.away = s.between(200, 400)
		p.back = p.away - s.between(60, 180)
	case lot < 36 && p.start > 430 && p.level > 1:
		p.promoted, p.was = s.between(20, 400), p.level-1
	}
}

func (s *story) tellCareer(p *person) {
	if p.promoted > 0 {
		level := p.level
		f := &events.PromotionOccurred{Kind: "promotion", FromLevel: p.was, ToLevel: p.level, EffectiveAt: s.morning(p.promoted)}
		e := s.fact(events.People, p, s.at(p, p.promoted), f)
		s.fact(events.People, p, s.soon(e, p, p.promoted), &events.PersonChanged{Level: &level, EffectiveAt: f.EffectiveAt})
	}
	if p.away > 0 {
		s.fact(events.People, p, s.at(p, p.away+1), &events.PersonWentOnLeave{EffectiveAt: s.morning(p.away)})
	}
	if p.back > 0 {
		s.fact(events.People, p, s.at(p, p.back+1), &events.PersonReturned{EffectiveAt: s.morning(p.back)})
	}
	if p.left > 0 {
		s.fact(events.People, p, s.at(p, p.left), &events.PersonLeft{EffectiveAt: s.morning(p.left - 1), ReasonClass: one[events.ReasonClass](s.dice, "resignation", "resignation", "end-of-contract", "retirement")})
	}
}

// inherit gives the reports of a manager who left to the manager's manager.
func (s *story) inherit() {
	for _, p := range s.people {
		m := p.manager
		if m == nil || m.left == 0 || m.manager == nil || (p.left > 0 && p.left >= m.left) || p.start < m.left {
			continue
		}
		p.manager = m.manager
		f := &events.PersonChanged{Manager: events.PersonID(p.manager.id), EffectiveAt: s.morning(m.left - 1)}
		s.fact(events.People, p, s.at(p, m.left), f)
	}
}
