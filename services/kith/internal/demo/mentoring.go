package demo

import "kith.internal/events"

// mentoring is how a mentorship of a state runs: over which span, and how often they meet.
func (s *story) mentoring(st state) (over span, low, high int) {
	switch st {
	case atRisk:
		return span{s.between(220, 600), s.between(64, 84)}, 24, 31
	case lapsed:
		return span{s.between(330, 700), s.between(150, 280)}, 22, 33
	case unproven:
		to := s.between(15, 20)
		return span{to, to}, 30, 30
	}
	return span{s.between(110, 480), s.between(2, 17)}, 21, 33
}

// mentor tells the mentorship of p with somebody who fits.
func (s *story) mentor(p *person, st state, kind events.MentorshipKind, fits func(c *person) bool) {
	over, low, high := s.mentoring(st)
	over = p.since(over)
	m := s.choose(p, events.Mentor, over, fits)
	if m == nil {
		return
	}
	if st == declared || s.in100(35) {
		s.declare(p, m, events.Mentor, s.between(110, 300))
	}
	if st != declared {
		s.mentorship(p, m, st, kind, s.days(over, low, high))
	}
}

func (s *story) mentorship(p, m *person, st state, kind events.MentorshipKind, days []int) {
	cadence := one[events.Cadence](s.dice, "biweekly", "monthly", "monthly")
	if s.in100(50) {
		s.act(days[0]+s.between(2, 9), p, m, &events.MentorshipRequested{Kind: kind, Cadence: cadence})
	}
	program := s.enroll(p, m, kind, days[0])
	start := &events.MentorshipStarted{Kind: kind, Cadence: cadence}
	start.Formality = program
	s.act(days[0]+1, p, m, start)
	if st == unproven {
		return
	}
	for _, ago := range days {
		s.session(p, m, ago, kind, program)
	}
	if st == lapsed && s.in100(60) {
		f := &events.MentorshipEnded{Kind: kind, Reason: one[events.EndReason](s.dice, "completed", "completed", "no-capacity", "unresponsive")}
		s.act(days[len(days)-1], p, m, f)
		s.unpair(p, m, program, days[len(days)-1])
	}
}

// session is a meeting, now and then insider advice or a word in passing instead.
func (s *story) session(p, m *person, ago int, kind events.MentorshipKind, program string) {
	topic := one[events.Topic](s.dice, "career-path", "politics", "skills", "visibility", "soft-skills")
	switch lot := s.n(100); {
	case lot < 12 && kind == "standard":
		s.act(ago, p, m, &events.StrategyShared{}, "politics")
	case lot < 22:
		s.act(ago, p, m, &events.AdviceGiven{}, topic)
	default:
		held := &events.MentoringSessionHeld{Minutes: 15 * s.between(2, 5), Format: one[events.Format](s.dice, "video", "video", "in-person", "phone")}
		held.Formality = program
		if g, ok := s.act(ago, p, m, held, topic); ok && s.in100(15) {
			s.rate(g, ago)
		}
	}
}

// rate says what a session was worth: to the recipient, and for most mentors to them as well.
func (s *story) rate(g given, ago int) {
	rated := s.followUp(events.Personal, g, ago-1, &events.SessionRated{Act: g.ref(), Supporter: g.supporter(), By: "recipient", Rating: s.between(3, 5)})
	if g.by.n%5 > 0 {
		s.fact(events.Personal, g.to, rated.Time, &events.SessionRated{Act: g.ref(), Supporter: g.supporter(), By: "supporter", Rating: 4})
	}
}

// declare says that p names c for a role; it is no evidence.
func (s *story) declare(p, c *person, role events.RoleName, ago int) {
	if p.here(ago) && c.here(ago) {
		s.fact(events.Personal, p, s.at(p, ago), &events.RoleDeclared{Supporter: events.PersonID(c.id), Role: role, DeclaredBy: "recipient"})
	}
}

// mentors tells all mentorships of p: with somebody more senior, and as peers, and reversed.
func (s *story) mentors(p *person) {
	for _, st := range p.portrait.mentors {
		low := 1
		if p.portrait.goal == "advance" {
			low = 2
		}
		s.mentor(p, st, "standard", func(c *person) bool { return higher(p, c, low, 3) && s.near(p, c, 88) })
	}
	for _, st := range p.portrait.reverse {
		s.mentor(p, st, "reverse", func(c *person) bool { return c.level <= 3 })
	}
	for _, st := range p.portrait.peers {
		s.mentor(p, st, "peer", func(c *person) bool { return c.level == p.level && s.near(p, c, 80) })
	}
}
