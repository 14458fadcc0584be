package demo

import "kith.internal/events"

var projects = []events.Code{"atlas", "beacon", "cedar", "delta", "ember", "fjord", "grove", "harbor"}

// colleague is somebody who is there today, mostly of the same department.
func (s *story) colleague(p *person) *person {
	for range 60 {
		c := one(s.dice, s.people...)
		if c != p && c.left == 0 && c.start > 60 && s.near(p, c, 97) {
			return c
		}
	}
	return nil
}

// everyday is what happens anyway: shared work, a word of thanks, some advice. It makes no role
// by itself, and shows whom one could ask.
func (s *story) everyday(p *person) {
	s.appraisals(p)
	for range s.between(1, 2) {
		s.work(p)
	}
	for range s.between(1, 4) {
		if c := s.colleague(p); c != nil {
			s.act(s.between(2, 700), p, c, &events.KudosGiven{Audience: "small-group", Skills: []events.Code{one(s.dice, skills...)}})
		}
	}
	for range s.n(3) {
		if c := s.colleague(p); c != nil {
			s.act(s.between(2, 600), p, c, &events.AdviceGiven{}, one[events.Topic](s.dice, "skills", "wellbeing", "industry-insight"))
		}
	}
	if s.in100(12) {
		s.unnamed(p)
	}
}

func (s *story) work(p *person) {
	c, latest := s.colleague(p), s.between(5, 120)
	project := one(s.dice, projects...)
	for i := range s.between(1, 3) {
		if c != nil {
			s.act(latest+i*45, p, c, &events.CollaborationShared{Project: project, Weeks: s.between(2, 12)}, "skills")
		}
	}
}

// allies use their position for p; what they claim themselves makes no role.
func (s *story) allies(p *person) {
	for _, st := range p.portrait.allies {
		over := map[state]span{active: {150, s.between(4, 50)}, atRisk: {330, s.between(195, 235)}, lapsed: {620, s.between(430, 480)}}[st]
		over = p.since(over)
		a := s.choose(p, events.Ally, over, func(c *person) bool { return s.near(p, c, 80) })
		if a == nil {
			continue
		}
		for _, ago := range s.days(over, 22, 36) {
			kind := one[events.AllyKind](s.dice, "amplify", "credit", "intervene", "include")
			s.act(ago, p, a, &events.AllyActionTaken{Kind: kind, ConfirmedBy: one[events.ConfirmedBy](s.dice, "recipient", "witness")})
		}
	}
}
