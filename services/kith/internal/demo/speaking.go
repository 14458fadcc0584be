package demo

import "kith.internal/events"

var skills = []events.Code{"architecture", "negotiation", "facilitation", "analysis", "writing", "incident-response", "research", "planning", "teaching"}

// advocates are people of any level who speak well of p to others.
func (s *story) advocates(p *person) {
	for _, st := range p.portrait.advocates {
		over, low, high := s.advocacy(st)
		over = p.since(over)
		a := s.choose(p, events.Advocate, over, func(c *person) bool { return s.near(p, c, 86) })
		if a == nil {
			continue
		}
		for _, ago := range s.days(over, low, high) {
			s.praise(p, a, ago)
		}
		if s.in100(20) {
			s.declare(p, a, events.Advocate, s.between(30, 200))
		}
	}
}

func (s *story) advocacy(st state) (over span, low, high int) {
	switch st {
	case atRisk:
		return span{s.between(330, 600), s.between(125, 160)}, 18, 28
	case lapsed:
		return span{s.between(450, 700), s.between(270, 400)}, 20, 32
	}
	return span{s.between(130, 380), s.between(3, 45)}, 28, 50
}

func (s *story) praise(p, a *person, ago int) {
	audience := one[events.Audience](s.dice, "small-group", "public")
	skill := []events.Code{one(s.dice, skills...)}
	switch s.weighted(40, 25, 35) {
	case 0:
		if g, ok := s.act(ago, p, a, &events.KudosGiven{Audience: audience, Skills: skill}, "visibility"); ok && s.in100(8) {
			s.thank(g)
		}
	case 1:
		s.act(ago, p, a, &events.CreditGiven{Audience: audience, Skills: skill}, "visibility")
	default:
		s.act(ago, p, a, &events.EndorsementGiven{Skills: skill, Audience: audience}, "visibility")
	}
}

func (s *story) thank(g given) {
	f := &events.ThanksGiven{For: g.ref(), Visibility: one[events.Visibility](s.dice, "private", "team")}
	if ago := g.ago - 4; ago > 0 { // never before the act, whatever weekend or time zone lies between
		s.act(ago, g.to, g.by, f)
	}
}

// sponsors are people with power who put something at stake where decisions are made.
func (s *story) sponsors(p *person) {
	for _, st := range p.portrait.sponsors {
		over := p.since(span{s.between(300, 360), 12})
		if st == atRisk || st == lapsed {
			over = span{690, 400}
		}
		sp := s.choose(p, events.Sponsor, over, func(c *person) bool { return c != p.manager && c.away == 0 && higher(p, c, 2, 5) && s.near(p, c, 70) })
		if sp != nil {
			s.sponsorship(p, sp, st)
		}
	}
}

func (s *story) sponsorship(p, sp *person, st state) {
	switch st {
	case active:
		s.askSponsor(p, sp, 345)
		s.promoteMentor(p, sp, 335)
		s.backing(p, sp, "aware", s.between(250, 330), s.between(140, 220), s.between(15, 100))
		s.act(s.between(20, 200), p, sp, &events.ReverseLearningGained{}, "skills")
	case atRisk:
		s.backing(p, sp, "aware", s.between(500, 530), s.between(460, 490), s.between(405, 440))
	case lapsed:
		first := s.between(650, 690)
		s.act(first, p, sp, &events.PromotionAdvocated{Round: "spring", Stake: "reputation", Awareness: "aware"}, "opportunity")
		s.act(first-s.between(5, 20), p, sp, &events.StrategyShared{}, "politics")
	case sealed:
		s.backing(p, sp, "unaware", s.between(200, 260), s.between(90, 150), s.between(12, 60))
	default:
		s.declare(p, sp, events.Sponsor, s.between(120, 250))
		s.act(s.between(60, 110), p, sp, &events.IntroductionMade{TheirLevel: 7}, "opportunity")
	}
}

// askSponsor is how most sponsorships that both know of began.
func (s *story) askSponsor(p, sp *person, ago int) {
	if !p.here(ago) || !sp.here(ago) || !s.in100(60) {
		return
	}
	asked := s.fact(events.Personal, p, s.at(p, ago), &events.SponsorshipAsked{Supporter: events.PersonID(sp.id)})
	s.fact(events.Personal, p, s.soon(asked, p, ago-3), &events.SponsorshipAccepted{Supporter: events.PersonID(sp.id)})
}

// promoteMentor says of some sponsors that they were a mentor who agreed to be more.
func (s *story) promoteMentor(p, sp *person, ago int) {
	if s.in100(20) && p.here(ago) && sp.here(ago) {
		id := events.PersonID(sp.id)
		s.fact(events.Personal, p, s.at(p, ago), &events.MentorPromotedToSponsor{Supporter: id, AcceptedBy: id})
	}
}

// backing is what a sponsor does, each act on one of the days.
func (s *story) backing(p, sp *person, aware events.Awareness, days ...int) {
	stake := one[events.Stake](s.dice, "reputation", "political-capital", "headcount", "budget")
	forum := one[events.Forum](s.dice, "calibration", "succession", "staffing", "executive")
	var sealed []events.FactID
	for i, ago := range days {
		f := []events.Fact{
			&events.SponsorEndorsed{Forum: forum, Stake: stake, Awareness: aware},
			&events.AirCoverProvided{Kind: "criticism", Stake: stake, Awareness: aware},
			&events.PromotionAdvocated{Round: "autumn", Stake: stake, Awareness: aware},
		}[i%3]
		if g, ok := s.act(ago, p, sp, f, "opportunity"); ok && aware == "unaware" {
			sealed = append(sealed, g.ref())
		} else if ok {
			s.consequence(g)
		}
	}
	if len(sealed) > 0 && s.in100(50) {
		s.fact(events.Sealed, p, s.at(p, 3), &events.SponsorshipDisclosed{Acts: sealed[:1]})
	}
}

// consequence is what sometimes follows an act of sponsorship.
func (s *story) consequence(g given) {
	switch lot := s.n(100); {
	case lot < 25:
		s.act(max(g.ago-s.between(3, 20), 1), g.to, g.by, &events.IntroductionMade{TheirLevel: 7}, "opportunity")
	case lot < 50:
		kind := one[events.OpportunityKind](s.dice, "stretch", "presentation", "committee", "client")
		s.act(max(g.ago-s.between(3, 20), 1), g.to, g.by, &events.OpportunityGiven{Kind: kind, Visibility: "organization"}, "opportunity")
	case lot < 62 && g.ago > 40:
		f := &events.StakeResolved{Act: g.ref(), Supporter: g.supporter(), Outcome: one[events.StakeOutcome](s.dice, "paid-off", "paid-off", "neutral", "cost")}
		s.followUp(events.Support, g, g.ago-30, f)
	case lot < 70:
		s.thank(g)
	}
}
