package intake

import (
	"cmp"

	"kith.internal/events"
)

// nobody stands where a fact that is refused anyway would name somebody.
const nobody = events.PersonID("paaaaaaaaaaaaaaaa")

const noAct = "is no act that Kith knows"

// followUp looks at the act that a fact is about. What is said of an act stands in the act's own
// context, so that nobody learns of a sealed act by what is said of it; what belongs to the
// recipient cannot be about an act they do not know.
func (a *admission) followUp(it *item) error {
	switch f := it.fact.(type) {
	case *events.StakeResolved:
		return a.ofAct(it, f.Act, &f.Supporter, true)
	case *events.ActConfirmed:
		return a.ofAct(it, f.Act, &f.Supporter, true)
	case *events.ActDisputed:
		return a.ofAct(it, f.Act, &f.Supporter, true)
	case *events.ActCorrected:
		return a.ofAct(it, f.Act, &f.Supporter, true)
	case *events.ActRetracted:
		return a.ofAct(it, f.Act, &f.Supporter, true)
	case *events.FeedbackRatedHelpful:
		return a.ofAct(it, f.Act, &f.Supporter, false)
	case *events.SessionRated:
		return a.ofAct(it, f.Act, &f.Supporter, false)
	case *events.TrustConfirmed:
		return a.ofAct(it, f.Act, &f.Supporter, false)
	case *events.ThanksGiven:
		return a.ofAct(it, f.For, &f.Supporter, false)
	case *events.SponsorshipDisclosed:
		return a.disclose(it, f)
	}
	return nil
}

func (a *admission) ofAct(it *item, id events.FactID, supporter *events.PersonID, there bool) error {
	if id == "" {
		return nil // where it is required, Validate says so
	}
	e, err := a.act(id)
	if err != nil {
		return err
	}
	if e == nil || events.ActOf(e.Fact) == nil || !there && e.Context == events.Sealed || a.hides(e) {
		it.say("act", noAct)
		it.subject, *supporter = string(nobody), cmp.Or(*supporter, nobody) // nothing more can be said of them
		return nil
	}
	act := events.ActOf(e.Fact)
	if *supporter == "" {
		*supporter = act.Supporter
	}
	if *supporter != act.Supporter {
		it.say("supporter", "is not the supporter of this act")
	}
	if mine := events.ActOf(it.fact); mine != nil && mine.Recipient != act.Recipient {
		it.say("recipient", "is not the recipient of this act")
	}
	if there {
		it.context = e.Context
	}
	it.subject, it.of = string(act.Recipient), e.Fact
	return nil
}

// hides reports whether a sealed act must not be there for the viewer: of all people only its
// supporter knows of it. Whoever else guesses what it is called is told the same as of no act.
func (a *admission) hides(e *events.Event) bool {
	viewer := a.viewer.Person()
	return e.Context == events.Sealed && viewer != "" && viewer != events.ActOf(e.Fact).Supporter
}

// disclose appends each disclosed act where the recipient may read it, as a new fact with the old
// time. They come before the SponsorshipDisclosed: if only some are stored, sending it again
// completes them.
func (a *admission) disclose(it *item, f *events.SponsorshipDisclosed) error {
	for _, id := range f.Acts {
		e, err := a.act(id)
		if err != nil {
			return err
		}
		if e == nil || e.Context != events.Sealed || events.ActOf(e.Fact) == nil || !disclosable(e.Fact) || a.hides(e) {
			it.say("acts", "holds what is no sealed act of sponsorship")
			return nil
		}
		if it.subject != "" && it.subject != e.Subject {
			it.say("acts", "holds acts for several people")
			return nil
		}
		it.subject = e.Subject
		open := a.disclosed(e)
		if known, err := a.act(open.ID); err != nil || known != nil {
			if err != nil {
				return err
			}
			continue
		}
		it.before = append(it.before, pending{event: open})
	}
	return nil
}

func disclosable(f events.Fact) bool {
	_, feedback := f.(*events.FeedbackGiven)
	return !feedback
}

// disclosed is the open form of a sealed act. Its id follows from the act: it is disclosed once.
func (a *admission) disclosed(e *events.Event) *events.Event {
	fact := openForm(e.Fact)
	events.ActOf(fact).Discloses = e.ID
	c := contextOf(fact, e.Person())
	if c == "" {
		c = events.Support
	}
	return &events.Event{
		ID: events.IncomingID(a.s.tenantKey, ownSource, "disclosed/"+string(e.ID)), Source: ownSource,
		Context: c, Subject: e.Subject, Time: e.Time, Actor: e.Actor, Fact: fact,
	}
}

// openForm copies an act, as one that the recipient is aware of.
func openForm(f events.Fact) events.Fact {
	switch f := f.(type) {
	case *events.SponsorEndorsed:
		c := *f
		c.Awareness = "aware"
		return &c
	case *events.PromotionAdvocated:
		c := *f
		c.Awareness = "aware"
		return &c
	case *events.AirCoverProvided:
		c := *f
		c.Awareness = "aware"
		return &c
	}
	return f
}
