package intake

import (
	"slices"

	"kith.internal/events"
)

// place decides the context: it follows from the act, because it is the act's audience
// (events.md). A sender who names a more closed one than that has something in mind that the fact
// does not say, and is refused rather than read by more people than they expect.
func (a *admission) place(it *item, claimed events.Context, entry events.Entry) {
	c := it.context
	if c == "" {
		c = contextOf(it.fact, events.PersonID(it.subject))
	}
	if c == "" {
		c = entry.Contexts[0]
	}
	if !entry.In(c) {
		it.say("type", "cannot be about this act")
		return
	}
	if closed(claimed) > closed(c) {
		it.say("type", "claims the context "+string(claimed)+", and what it says belongs to "+string(c))
	}
	it.event = &events.Event{Context: c}
}

func closed(c events.Context) int {
	return slices.Index([]events.Context{events.Support, events.Personal, events.Sealed}, c)
}

// contextOf is where an act belongs, or "" where the fact has only one place.
func contextOf(f events.Fact, subject events.PersonID) events.Context {
	if _, ok := f.(*events.PersonMerged); ok && subject.External() {
		return events.Personal
	}
	act := events.ActOf(f)
	switch {
	case act == nil:
		return ""
	case hidden(f):
		return events.Sealed
	case act.Supporter.External() || act.Relation == "external" || act.Relation == "friend" || act.Relation == "family":
		return events.Personal
	}
	return ""
}

// hidden reports whether the recipient must not see the act, or not who it was.
func hidden(f events.Fact) bool {
	switch f := f.(type) {
	case *events.SponsorEndorsed:
		return f.Awareness == "unaware"
	case *events.PromotionAdvocated:
		return f.Awareness == "unaware"
	case *events.AirCoverProvided:
		return f.Awareness == "unaware"
	case *events.FeedbackGiven:
		return f.Sharing == "unnamed" || f.Sharing == "summary"
	}
	return false
}
