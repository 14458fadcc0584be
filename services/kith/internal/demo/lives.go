package demo

import "kith.internal/events"

// live tells everybody's two years. Who answered the survey has nothing else to show: their
// network rests on it.
func (s *story) live() {
	s.programs()
	for _, p := range s.people {
		s.personal(p)
		if p.portrait.surveyed {
			s.survey(p)
			continue
		}
		s.mentors(p)
		s.advocates(p)
		s.sponsors(p)
		s.tellers(p)
		s.allies(p)
		s.outsiders(p)
		s.corner(p)
		s.everyday(p)
		if p.portrait.dispute {
			s.quarrels(p)
		}
	}
	s.identify()
}

// personal is what p says of themselves.
func (s *story) personal(p *person) {
	ago := min(s.between(30, 200), p.start-2)
	tell := func(f events.Fact) { s.fact(events.Personal, p, s.at(p, ago), f) }
	if g := p.portrait.goal; g != "" {
		tell(&events.GoalSet{Goal: "goal-" + events.Code(g), Kind: g})
		if s.in100(15) && !p.portrait.fixed {
			s.fact(events.Personal, p, s.at(p, max(ago-25, 1)), &events.GoalReached{Goal: "goal-" + events.Code(g), Kind: g})
		}
	}
	if p.portrait.optedOut {
		tell(&events.ParticipationChanged{Purpose: "own-network", Participation: "out"})
	}
	if s.in100(10) {
		tell(&events.ParticipationChanged{Purpose: "integration", Participation: "in"})
	}
	if p.level >= 5 && s.in100(60) {
		tell(&events.CapacitySet{Role: events.Mentor, People: s.between(2, 5)})
		tell(&events.CapacitySet{Role: events.Sponsor, People: s.between(1, 3)})
	}
}

// survey is one answer sheet of a department that has nothing else yet.
func (s *story) survey(p *person) {
	ago := s.between(18, 22)
	for range s.between(2, 4) {
		c := s.choose(p, events.Mentor, span{ago, 1}, func(c *person) bool { return c.department == p.department })
		if c == nil {
			continue
		}
		kind := events.SupportKind("trust")
		if c.level > p.level {
			kind = "advice"
		}
		f := &events.SupportReported{Kind: kind, Cadence: "unknown", ReportedBy: "recipient", AsOf: s.morning(ago)}
		s.act(ago, p, c, f)
	}
}

// quarrels are what goes wrong with records: one act disputed, one corrected, one taken back,
// and a role contested.
func (s *story) quarrels(p *person) {
	c := s.colleague(p)
	if c == nil {
		return
	}
	ago := s.between(40, 300)
	if g, ok := s.act(ago, p, c, &events.AdviceGiven{}, "skills"); ok {
		s.followUp(events.Support, g, ago-2, &events.ActDisputed{Act: g.ref(), Supporter: g.supporter(), ReasonClass: "wrong-person"})
	}
	if g, ok := s.act(ago-4, p, c, &events.KudosGiven{Audience: "public"}); ok {
		s.followUp(events.Support, g, ago-5, &events.ActRetracted{Act: g.ref(), Supporter: g.supporter(), ReasonClass: "mistake"})
	}
	wrong, ok1 := s.act(ago-6, p, c, &events.KudosGiven{Audience: "public"})
	right, ok2 := s.act(ago-6, p, c, &events.CreditGiven{Audience: "public"})
	if ok1 && ok2 {
		last := right
		if wrong.Time.After(right.Time) {
			last = wrong
		}
		s.followUp(events.Support, last, ago-8, &events.ActCorrected{Act: wrong.ref(), Supporter: wrong.supporter(), By: right.ref(), ReasonClass: "mistake"})
		s.followUp(events.Personal, right, ago-9, &events.RoleContested{Supporter: wrong.supporter(), Role: events.Advocate, By: "recipient", ReasonClass: "not-helpful"})
	}
	if g, ok := s.act(ago-12, p, c, &events.AdviceGiven{}, "wellbeing"); ok {
		s.followUp(events.Support, g, ago-13, &events.ActConfirmed{Act: g.ref(), Supporter: g.supporter(), By: "supporter"})
		s.refusals(g, ago-15)
	}
}

// refusals are what did not work out: a sponsorship and a mentorship declined, a declaration taken
// back, a role set aside for a while.
func (s *story) refusals(g given, ago int) {
	who := g.supporter()
	asked := s.followUp(events.Personal, g, ago, &events.SponsorshipAsked{Supporter: who})
	s.fact(events.Personal, g.to, s.soon(asked, g.to, ago-2), &events.SponsorshipDeclined{Supporter: who})
	named := s.followUp(events.Personal, g, ago, &events.RoleDeclared{Supporter: who, Role: events.Ally, DeclaredBy: "recipient"})
	s.fact(events.Personal, g.to, s.soon(named, g.to, ago-5), &events.RoleDeclarationWithdrawn{Supporter: who, Role: events.Ally, DeclaredBy: "recipient"})
	s.followUp(events.Personal, g, ago-6, &events.RoleOverridden{Supporter: who, Role: events.Advocate, ReasonClass: "other", Until: s.morning(-30)})
	s.act(max(ago-8, 1), g.to, g.by, &events.MentorshipDeclined{Kind: "standard", Reason: "no-capacity"})
}
