package access

import (
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// Write allows a viewer to say a fact. It fails with fault.Forbidden. It reads nothing, so it
// may be asked for every line of an import.
func (p *Policy) Write(_ context.Context, v Viewer, e events.Event) error {
	if err := known(v); err != nil {
		return err
	}
	if !mayWrite(v, e) {
		return fault.New(fault.Forbidden, "not-yours-to-say", v.String()+" may not say "+e.Type()+" about this person")
	}
	if v.Kind == Person && confirmsForOthers(e.Fact) {
		return fault.New(fault.Forbidden, "not-yours-to-confirm", "whoever records an act confirms it for nobody else: they say so themselves, with ActConfirmed")
	}
	return nil
}

// said lists the contexts in which a fact comes from outside; all others are derived.
var said = []events.Context{events.People, events.Support, events.Personal, events.Sealed, events.Reply, events.Policy}

func mayWrite(v Viewer, e events.Event) bool {
	switch {
	case !slices.Contains(said, e.Context):
		return false
	case v.Kind == Service:
		return true
	case v.Kind == Integration:
		return e.Context != events.Policy
	case v.Kind == Auditor:
		return false
	}
	return personMayWrite(v.Person(), e)
}

func personMayWrite(viewer events.PersonID, e events.Event) bool {
	if a := events.ActOf(e.Fact); a != nil {
		_, thanks := e.Fact.(*events.ThanksGiven) // a confirmation, so the recipient's alone to give
		return mayRecord(viewer, a) && (!thanks || a.RecordedBy == "recipient")
	}
	switch e.Context {
	case events.Support, events.Sealed, events.Personal:
		return maySay(viewer, e.Person(), e.Fact)
	case events.Reply:
		return viewer == e.Person()
	case events.People:
		f, ok := e.Fact.(*events.ErasureRequested)
		return ok && f.RequestedBy == "person" && viewer == e.Person()
	}
	return false
}

// mayRecord: an act is recorded by who it says recorded it; only a system says so of itself.
func mayRecord(viewer events.PersonID, a *events.Act) bool {
	switch a.RecordedBy {
	case "recipient":
		return viewer == a.Recipient
	case "supporter":
		return viewer == a.Supporter
	case "third-party":
		return viewer != a.Recipient && viewer != a.Supporter
	}
	return false
}

// confirmsForOthers reports whether an act claims the word of somebody who did not record it. One
// side's claim would then weigh as much as the word of both.
func confirmsForOthers(f events.Fact) bool {
	a := events.ActOf(f)
	if a == nil {
		return false
	}
	if ally, ok := f.(*events.AllyActionTaken); ok && ally.ConfirmedBy != "" {
		witness := map[events.RecordedBy]events.ConfirmedBy{"recipient": "recipient", "third-party": "witness"}
		if witness[a.RecordedBy] != ally.ConfirmedBy {
			return true
		}
	}
	return a.Confirmation != "" && a.Confirmation != "none" && string(a.Confirmation) != string(a.RecordedBy)
}

// maySay: of a tie, each side says what is theirs to say; all else belongs to the person.
func maySay(viewer, person events.PersonID, f events.Fact) bool {
	switch f := f.(type) {
	case *events.SponsorshipAccepted:
		return viewer == f.Supporter
	case *events.SponsorshipDeclined:
		return viewer == f.Supporter
	case *events.MentorPromotedToSponsor:
		return viewer == f.AcceptedBy && viewer == f.Supporter
	case *events.StakeResolved:
		return viewer == f.Supporter
	case *events.ActConfirmed:
		return viewer == side(f.By, person, f.Supporter)
	case *events.SessionRated:
		return viewer == side(f.By, person, f.Supporter)
	case *events.RoleContested:
		return viewer == side(f.By, person, f.Supporter)
	case *events.RoleOverridden:
		return f.By == "" && viewer == person || viewer == side(f.By, person, f.Supporter)
	case *events.RoleDeclared:
		return viewer == side(declarer(f.DeclaredBy), person, f.Supporter)
	case *events.RoleDeclarationWithdrawn:
		return viewer == side(declarer(f.DeclaredBy), person, f.Supporter)
	case *events.ActDisputed:
		return viewer == person || viewer == f.Supporter
	case *events.ActCorrected:
		return viewer == person || viewer == f.Supporter
	case *events.ActRetracted:
		return viewer == person || viewer == f.Supporter
	case *events.PairMatched, *events.PairEnded, *events.SponsorshipDisclosed:
		return false // a program's and an integration's to say
	}
	return viewer == person
}

func side(by events.ConfirmingSide, recipient, supporter events.PersonID) events.PersonID {
	switch by {
	case "recipient":
		return recipient
	case "supporter":
		return supporter
	}
	return ""
}

// declarer: nobody declares for both sides.
func declarer(by events.DeclaredBy) events.ConfirmingSide {
	if by == "both" {
		return ""
	}
	return events.ConfirmingSide(by)
}
