package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// fold enters what one fact says into a network; false where it says nothing there.
func fold(n *readmodel.Network, in events.Event) bool {
	if n.Erased {
		return false
	}
	if act := events.ActOf(in.Fact); act != nil {
		return foldAct(n, in, act)
	}
	switch in.Context {
	case events.People:
		return foldPeople(n, in)
	case events.Role:
		return foldRole(n, in)
	case events.Personal, events.Support:
		return foldPersonal(n, in) || foldPair(n, in) || foldWord(n, in)
	}
	return false
}

// foldPeople enters where a person stands.
func foldPeople(n *readmodel.Network, in events.Event) bool {
	switch f := in.Fact.(type) {
	case *events.PersonJoined:
		n.Add(readmodel.Change{At: f.EffectiveAt, Kind: readmodel.Joined, Level: f.Level, Department: f.Department, Manager: f.Manager})
	case *events.PersonChanged:
		return foldMove(n, f)
	case *events.PromotionOccurred:
		n.Add(readmodel.Change{At: f.EffectiveAt, Kind: readmodel.Moved, Level: f.ToLevel})
	case *events.PersonWentOnLeave:
		n.Add(readmodel.Change{At: f.EffectiveAt, Kind: readmodel.OnLeave})
	case *events.PersonReturned:
		n.Add(readmodel.Change{At: f.EffectiveAt, Kind: readmodel.Returned})
	case *events.PersonLeft:
		n.Add(readmodel.Change{At: f.EffectiveAt, Kind: readmodel.Left, Said: in.Time})
	case *events.AssignmentStarted:
		n.Lately.Stretch = later(n.Lately.Stretch, f.EffectiveAt)
	case *events.PersonMerged:
		n.Merged = f.Into
	case *events.PersonErased:
		gone := readmodel.Place{Leaves: in.Time, Said: in.Time}
		*n = readmodel.Network{Person: n.Person, Erased: true, Place: gone, Given: n.Given, Gaps: n.Gaps}
	default:
		return false
	}
	return true
}

// foldMove leaves out a change of what only the sealed part holds.
func foldMove(n *readmodel.Network, f *events.PersonChanged) bool {
	c := readmodel.Change{At: f.EffectiveAt, Kind: readmodel.Moved, Department: f.Department, Manager: f.Manager}
	if f.Level != nil {
		c.Level = *f.Level
	}
	if c.Level == 0 && c.Department == "" && c.Manager == "" {
		return false
	}
	n.Add(c)
	return true
}

// foldPersonal enters what the person decided and declared.
func foldPersonal(n *readmodel.Network, in events.Event) bool {
	switch f := in.Fact.(type) {
	case *events.ParticipationChanged:
		n.Out = slices.DeleteFunc(n.Out, func(p events.Purpose) bool { return p == f.Purpose })
		if f.Participation == "out" {
			n.Out = append(n.Out, f.Purpose)
		}
	case *events.GoalSet:
		if n.Goals == nil {
			n.Goals = map[events.Code]readmodel.Goal{}
		}
		n.Goals[f.Goal] = readmodel.Goal{Kind: f.Kind, Set: in.Time}
	case *events.GoalReached:
		delete(n.Goals, f.Goal)
	case *events.RoleDeclared:
		declare(n.Tie(f.Supporter), f.Role, f.DeclaredBy, in.Time)
	case *events.RoleDeclarationWithdrawn:
		undeclare(n.Tie(f.Supporter), f.Role, f.DeclaredBy)
	case *events.SponsorshipAccepted:
		declare(n.Tie(f.Supporter), events.Sponsor, "supporter", in.Time)
	case *events.MentorPromotedToSponsor:
		declare(n.Tie(f.Supporter), events.Sponsor, "both", in.Time)
	case *events.CapacitySet:
		if n.Capacity == nil {
			n.Capacity = map[events.RoleName]int{}
		}
		n.Capacity[f.Role] = f.People
	case *events.ExternalContactAdded:
		n.Tie(f.Contact).Relation = f.Relation
	case *events.ExternalContactRemoved:
		delete(n.Ties, f.Contact)
	default:
		return false
	}
	return true
}

// declare keeps the first time of a declaration, and both sides where both have declared.
func declare(tie *readmodel.NetworkTie, role events.RoleName, by events.DeclaredBy, at time.Time) {
	if tie.Declared == nil {
		tie.Declared = map[events.RoleName]readmodel.Declaration{}
	}
	known, again := tie.Declared[role]
	switch {
	case !again:
		known = readmodel.Declaration{By: by, At: at}
	case known.By == "supporter" && by != "supporter":
		known = readmodel.Declaration{By: "both", At: at}
	case known.By != by:
		known.By = "both"
	}
	tie.Declared[role] = known
}

// undeclare takes back what one side said, or both did.
func undeclare(tie *readmodel.NetworkTie, role events.RoleName, by events.DeclaredBy) {
	known := tie.Declared[role]
	switch {
	case by == "both" || known.By == by:
		delete(tie.Declared, role)
	case known.By == "both" && by == "recipient":
		known.By = "supporter"
		tie.Declared[role] = known
	case known.By == "both":
		known.By = "recipient"
		tie.Declared[role] = known
	}
}

// foldWord enters what one side said about a supporter or an act.
func foldWord(n *readmodel.Network, in events.Event) bool {
	switch f := in.Fact.(type) {
	case *events.TrustConfirmed:
		confirm(n.Tie(f.Supporter), in.Time)
	case *events.ActConfirmed:
		if f.By != "recipient" {
			return false
		}
		confirm(n.Tie(f.Supporter), in.Time)
	case *events.SponsorshipDeclined:
		decline(n.Tie(f.Supporter), events.Sponsor, in.Time)
		undeclare(n.Tie(f.Supporter), events.Sponsor, "supporter")
	case *events.ActDisputed:
		withdraw(n, f.Supporter, f.Act)
	case *events.ActCorrected:
		withdraw(n, f.Supporter, f.Act)
	case *events.ActRetracted:
		withdraw(n, f.Supporter, f.Act)
	default:
		return false
	}
	return true
}

// decline keeps when a supporter last declined to take on a role.
func decline(tie *readmodel.NetworkTie, role events.RoleName, at time.Time) {
	if tie.Declined == nil {
		tie.Declined = map[events.RoleName]time.Time{}
	}
	tie.Declined[role] = later(tie.Declined[role], at)
}
