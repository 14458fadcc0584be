package demo

import (
	"fmt"

	"kith.internal/events"
)

// outsider reports whether p is an external contact, somebody without a place in the directory.
func (p *person) outsider() bool { return p.relation != "" }

// key names p within ids of events.
func (p *person) key() string {
	if p.outsider() {
		return p.id
	}
	return fmt.Sprint(p.n)
}

// contact adds somebody outside to p's network. Their name stays sealed, a nickname.
func (s *story) contact(p *person, relation events.Relation, nickname string, ago int) *person {
	c := &person{id: fmt.Sprintf("contact:%d-%s", p.n, relation), relation: relation, start: 100 * 365, level: 6, site: p.site}
	f := &events.ExternalContactAdded{Contact: events.PersonID(c.id), Relation: relation, SameIndustry: relation == "external"}
	e := event{ID: s.id(p.n, f.FactName()), Type: events.TypeOf(events.Personal, f), Subject: p.id, Time: s.at(p, ago), Data: f, Sealed: events.ContactDetails{Nickname: nickname}}
	s.tell(e)
	return c
}

// outsiders are a friend or somebody of the family who tells p the truth, and somebody of the
// industry who opens a door.
func (s *story) outsiders(p *person) {
	if ago := min(s.between(250, 500), p.start-5); p.portrait.friend && ago > 120 {
		c := s.contact(p, one[events.Relation](s.dice, "friend", "family"), one(s.dice, "Kaz", "Uncle Ben", "Lulu", "Big sister", "Theo", "Old roommate"), ago)
		s.truths(p, c, s.days(span{ago - 2, s.between(4, 40)}, 30, 50))
	}
	if ago := min(s.between(200, 320), p.start-5); p.portrait.outside && ago > 160 {
		c := s.contact(p, "external", one(s.dice, "Ex-boss", "Conference friend", "Former client"), ago)
		s.act(ago-10, p, c, &events.ReferralMade{Kind: one[events.OpportunityKind](s.dice, "job", "client"), Visibility: "private"}, "opportunity")
		s.act(ago-60, p, c, &events.AdviceGiven{}, "industry-insight")
		s.act(ago-130, p, c, &events.ReferralMade{Kind: "presentation", Visibility: "public"}, "visibility")
	}
}
