package demo

import "kith.internal/events"

// corner is something rare that chance would hardly bring about: a persona shows it.
type corner int

const (
	nothingRare  corner = iota
	goingToLeave        // the only mentor is known to leave
	onlyManager         // nobody but the line manager speaks well of them
	muchAdvised         // two mentors for more than a year, and no sponsor
	fromOutside         // a sponsor outside, and nobody inside
	allInOne            // three roles that one person alone plays
	oneLine             // two sponsors, one of whom manages the other
)

func (s *story) corner(p *person) {
	switch p.portrait.corner {
	case goingToLeave:
		s.leaver(p)
	case onlyManager:
		for _, ago := range []int{70, 45, 20} {
			s.act(ago, p, p.manager, &events.EndorsementGiven{Skills: []events.Code{"planning"}, Audience: "public"}, "visibility")
		}
	case muchAdvised:
		for range 2 {
			s.adviser(p, span{500, 6})
		}
	case fromOutside:
		s.formerBoss(p)
	case allInOne:
		if m := s.adviser(p, span{200, 9}); m != nil {
			s.praise(p, m, 60)
			s.praise(p, m, 35)
			s.praise(p, m, 12)
			s.truths(p, m, []int{75, 40, 10})
		}
	case oneLine:
		s.line(p)
	}
}

// line is a sponsor, and the manager of the sponsor who is one as well.
func (s *story) line(p *person) {
	sp := s.choose(p, events.Sponsor, span{300, 12}, func(c *person) bool {
		return higher(p, c, 2, 5) && c != p.manager && c.manager != nil && c.manager.here(300) && c.manager.here(1) && !s.tied[tie{p, c.manager}]
	})
	if sp == nil {
		return
	}
	s.tied[tie{p, sp.manager}] = true
	for _, one := range []*person{sp, sp.manager} {
		s.backing(p, one, "aware", s.between(200, 240), s.between(100, 140), s.between(15, 60))
	}
}

// adviser is a mentor of p over a span.
func (s *story) adviser(p *person, over span) *person {
	m := s.choose(p, events.Mentor, over, func(c *person) bool { return higher(p, c, 1, 3) && c != p.manager })
	if m != nil {
		s.mentorship(p, m, active, "standard", s.days(over, 21, 30))
	}
	return m
}

// leaver is a mentor who has said that they leave.
func (s *story) leaver(p *person) {
	if m := s.adviser(p, span{200, 9}); m != nil {
		m.leaving = true
		s.fact(events.People, m, s.at(m, 4), &events.PersonLeft{EffectiveAt: s.morning(-20), ReasonClass: "resignation"})
	}
}

// formerBoss is a sponsor outside: named as such, and shown by what they do.
func (s *story) formerBoss(p *person) {
	boss := s.contact(p, "external", "Former boss", 88)
	s.declare(p, boss, events.Sponsor, 86)
	for i, ago := range []int{80, 62, 44, 26, 8} {
		f := []events.Fact{
			&events.OpportunityGiven{Kind: "presentation", Visibility: "public"},
			&events.ReferralMade{Kind: "client", Visibility: "public"},
		}[i%2]
		s.act(ago, p, boss, f, "opportunity")
	}
}
