package demo

import "kith.internal/events"

// tellers tell p the truth, and p says that it helps.
func (s *story) tellers(p *person) {
	for _, st := range p.portrait.tellers {
		over, low, high := s.honesty(st)
		over = p.since(over)
		if t := s.choose(p, events.TruthTeller, over, func(c *person) bool { return c != p.manager && s.near(p, c, 92) }); t != nil {
			s.truths(p, t, s.days(over, low, high))
		}
	}
}

func (s *story) honesty(st state) (over span, low, high int) {
	switch st {
	case atRisk:
		return span{s.between(300, 500), s.between(125, 160)}, 18, 28
	case lapsed:
		return span{s.between(450, 650), s.between(300, 420)}, 20, 32
	}
	return span{s.between(130, 400), s.between(3, 33)}, 26, 44
}

func (s *story) truths(p, t *person, days []int) {
	for i, ago := range days {
		g, ok := s.feedback(p, t, ago, s.in100(30))
		if ok && (i == 0 || s.in100(30)) {
			s.followUp(events.Personal, g, ago-1, &events.FeedbackRatedHelpful{Act: g.ref(), Supporter: g.supporter()})
		}
		if ok && i == 1 && s.in100(60) {
			s.followUp(events.Personal, g, ago-2, &events.TrustConfirmed{Supporter: g.supporter()})
		}
	}
}

// feedback is honest feedback, asked for or not; of the words nothing is recorded.
func (s *story) feedback(p, t *person, ago int, solicited bool) (given, bool) {
	valence := one[events.Valence](s.dice, "constructive", "constructive", "constructive", "mixed")
	if solicited && !t.outsider() && p.here(ago+3) && ago > p.portrait.quiet {
		s.fact(events.Personal, p, s.at(p, ago+3), &events.FeedbackRequested{Supporter: events.PersonID(t.id), Topics: []events.Topic{"daily-feedback"}})
	}
	f := &events.FeedbackGiven{Valence: valence, Solicited: solicited, Voluntary: true, Sharing: "named"}
	return s.act(ago, p, t, f, "daily-feedback")
}

// unnamed is feedback passed on without a name: it is sealed and makes no role.
func (s *story) unnamed(p *person) {
	if by := s.colleague(p); by != nil {
		f := &events.FeedbackGiven{Valence: "mixed", Solicited: true, Voluntary: true, Sharing: one[events.Sharing](s.dice, "unnamed", "summary")}
		s.act(s.between(5, 400), p, by, f, "daily-feedback")
	}
}

// appraisals are the manager's, twice a year: an ordinary duty, and hardly evidence.
func (s *story) appraisals(p *person) {
	if p.manager == nil {
		return
	}
	for _, round := range []int{95, 277, 460, 642} {
		f := &events.FeedbackGiven{Valence: one[events.Valence](s.dice, "mixed", "appreciative", "constructive"), Sharing: "named"}
		s.act(round+s.between(-6, 6), p, p.manager, f, "daily-feedback")
	}
}
