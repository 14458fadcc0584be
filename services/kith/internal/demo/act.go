package demo

import (
	"kith.internal/events"
)

// given is an act between two people of the demo.
type given struct {
	event
	to, by *person
	ago    int
}

// act adds an act of by for to. Where the recipient is quiet on that day, or one of the two is
// not there, nothing happened: it returns false, and the chance is spent all the same.
func (s *story) act(ago int, to, by *person, f events.Fact, topics ...events.Topic) (given, bool) {
	a := events.ActOf(f)
	a.Recipient, a.Supporter, a.Topics = events.PersonID(to.id), events.PersonID(by.id), topics
	a.Relation = relation(to, by, ago)
	s.record(a, by, ago)
	if unaware(f) {
		withoutRecipient(a)
	}
	at := s.at(to, ago)
	if ago < to.portrait.quiet || !to.here(ago) || !by.here(ago) {
		return given{}, false
	}
	e := s.tell(event{ID: s.id(to.n, by.key(), f.FactName()), Type: events.TypeOf(contextOf(f, by), f), Subject: to.id, Time: at, Data: f})
	return given{e, to, by, ago}, true
}

// recent is how many days back people record what happened themselves. What is older was kept by
// a system: the word of a person that comes so late counts half.
const recent = 80

// record says who recorded the act and who confirmed it: most acts are recorded by a system or
// by the supporter; what an outsider did can only be told by the recipient.
func (s *story) record(a *events.Act, by *person, ago int) {
	lot, confirmed := s.n(100), s.in100(60)
	switch {
	case by.outsider():
		a.RecordedBy, a.Channel = "recipient", "portal"
		a.Confirmation = confirmedBy(confirmed, "supporter")
	case lot < 55 || ago > recent:
		a.RecordedBy, a.Channel = "system", one[events.Code](s.dice, "calendar", "slack", "talent-review")
	case lot < 85:
		a.RecordedBy, a.Channel = "supporter", "portal"
		a.Confirmation = confirmedBy(confirmed, "recipient")
	default:
		a.RecordedBy, a.Channel = "recipient", one[events.Code](s.dice, "portal", "slack")
		a.Confirmation = confirmedBy(confirmed, "supporter")
	}
}

// withoutRecipient: nobody records or confirms what they do not know of.
func withoutRecipient(a *events.Act) {
	if a.RecordedBy == "recipient" {
		a.RecordedBy, a.Channel, a.Confirmation = "supporter", "portal", "none"
	}
	if a.Confirmation == "recipient" {
		a.Confirmation = "none"
	}
}

func confirmedBy(confirmed bool, side events.Confirmation) events.Confirmation {
	if confirmed {
		return side
	}
	return "none"
}

// contextOf is where an act belongs: the context is its audience (events.md).
func contextOf(f events.Fact, by *person) events.Context {
	switch f := f.(type) {
	case *events.AllyActionTaken, *events.MentorshipRequested, *events.MentorshipDeclined:
		return events.Personal
	case *events.FeedbackGiven:
		if f.Sharing != "named" {
			return events.Sealed
		}
	}
	switch {
	case unaware(f):
		return events.Sealed
	case by.outsider():
		return events.Personal
	}
	return events.Support
}

// unaware reports whether the recipient does not know of an act.
func unaware(f events.Fact) bool {
	switch f := f.(type) {
	case *events.SponsorEndorsed:
		return f.Awareness == "unaware"
	case *events.PromotionAdvocated:
		return f.Awareness == "unaware"
	case *events.AirCoverProvided:
		return f.Awareness == "unaware"
	}
	return false
}

func relation(to, by *person, ago int) events.Relation {
	switch up := by.levelAt(ago) - to.levelAt(ago); {
	case by.outsider():
		return by.relation
	case to.manager == by:
		return "manager"
	case by.manager == to:
		return "report"
	case to.manager != nil && to.manager.manager == by:
		return "skip"
	case up >= 2:
		return "senior"
	}
	return "peer"
}

// followUp is a fact that names an act, in the act's own context or as the recipient's own.
func (s *story) followUp(c events.Context, g given, ago int, f events.Fact) event {
	return s.fact(c, g.to, s.soon(g.event, g.to, ago), f)
}

// ref names an act by the id its sender gave it.
func (g given) ref() events.FactID { return events.FactID(g.ID) }

func (g given) supporter() events.PersonID { return events.PersonID(g.by.id) }
