package gaps

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// foldAct enters an act into the tie that it belongs to.
func foldAct(n *readmodel.Network, in events.Event, act *events.Act) bool {
	if act.Recipient != n.Person || act.Confirmation == "disputed" {
		return false
	}
	switch f := in.Fact.(type) {
	case *events.MentorshipRequested, *events.ThanksGiven:
		return false // no support received
	case *events.ReverseLearningGained:
		ratedOf(n.Tie(act.Supporter)).Learned = true
		return true
	case *events.MentorshipEnded:
		end(n.Tie(act.Supporter), in.Time)
		return true
	case *events.MentorshipDeclined:
		decline(n.Tie(act.Supporter), events.Mentor, in.Time)
		return true
	case *events.MentorshipStarted:
		begin(n.Tie(act.Supporter), in)
	case *events.CollaborationShared:
		together(n.Tie(act.Supporter), in.Time, f.Weeks)
		return true
	case *events.SupportReported:
		if f.Kind == "shared-work" {
			together(n.Tie(act.Supporter), in.Time, 0)
			return true
		}
		answered(n, f.AsOf)
		receive(n, in, act, f.ReportedBy == "recipient" || f.ReportedBy == "both")
		return true
	}
	receive(n, in, act, false)
	return true
}

// changesNothing reports whether an act opens and closes no gap: all that most acts do is to put the
// next silence off. When that was to begin, a Due comes, and finds that it has not. said is the word of
// the person for the supporter, as it was before the act.
func (s *step) changesNothing(n *readmodel.Network, said bool) bool {
	switch s.in.Fact.(type) {
	case *events.MentorshipStarted, *events.MentorshipEnded, *events.ReverseLearningGained:
		return false
	}
	act := events.ActOf(s.in.Fact)
	return act != nil && said == s.ownWord(n) && n.Open(events.StalledPair, "") == nil &&
		(n.Open(events.Isolation, "") == nil || s.staysSilent(n, act.Supporter))
}

// staysSilent reports whether an act of long ago does not end somebody's isolation, as most of an old file do
// not, and time has brought nothing about that would be decided with it.
func (s *step) staysSilent(n *readmodel.Network, supporter events.PersonID) bool {
	rules, err := s.ruleset()
	tie := n.Ties[supporter]
	if err != nil || tie == nil || tie.Pair.Runs() {
		return false
	}
	wakes := s.d.Wakes(readmodel.NetworkKey(n.Person))
	v := view{n: n, rules: rules, now: s.now, standing: n.At(s.now)}
	return v.isolation().holds(s.now) && (wakes.IsZero() || wakes.After(s.now))
}

// ownWord reports whether the person has said themselves that the supporter of an act helps them, of one who
// plays a role for them: of others it decides nothing.
func (s *step) ownWord(n *readmodel.Network) bool {
	act := events.ActOf(s.in.Fact)
	if act == nil {
		return false
	}
	tie := n.Ties[act.Supporter]
	return tie != nil && len(tie.Roles) > 0 && !tie.Confirmed.IsZero()
}

func together(tie *readmodel.NetworkTie, at time.Time, weeks int) {
	if tie.Together == nil {
		tie.Together = &readmodel.Together{}
	}
	tie.Together.Times++
	tie.Together.Weeks += weeks
	tie.Together.Last = later(tie.Together.Last, at)
}

// receive counts an act of support once, whether it was sealed before or not.
func receive(n *readmodel.Network, in events.Event, act *events.Act, ownWord bool) {
	id := in.ID
	if act.Discloses != "" {
		id = act.Discloses
	}
	if slices.ContainsFunc(n.Recent, func(r readmodel.RecentAct) bool { return r.ID == id }) {
		return
	}
	tie := n.Tie(act.Supporter)
	if _, answer := in.Fact.(*events.SupportReported); answer {
		tie.Answers++
	} else {
		tie.Acts++
	}
	tie.LastAct, n.LastAct = later(tie.LastAct, in.Time), later(n.LastAct, in.Time)
	lately(n, in, act)
	remember(n, readmodel.RecentAct{ID: id, Supporter: act.Supporter, At: in.Time})
	if ownWord || act.RecordedBy == "recipient" || act.Confirmation == "recipient" || act.Confirmation == "both" {
		confirm(tie, in.Time)
	}
}

// confirm keeps when the person first said themselves that a supporter helps them.
func confirm(tie *readmodel.NetworkTie, at time.Time) {
	if tie.Confirmed.IsZero() || at.Before(tie.Confirmed) {
		tie.Confirmed = at
	}
}

// answered keeps the first two dates of surveys: two are enough to know that it was not one.
func answered(n *readmodel.Network, asOf time.Time) {
	if len(n.Surveys) < 2 && !slices.ContainsFunc(n.Surveys, asOf.Equal) {
		n.Surveys = append(n.Surveys, asOf)
	}
}

// remembered is how many acts a network can take back exactly.
const remembered = 32

func remember(n *readmodel.Network, act readmodel.RecentAct) {
	i, _ := slices.BinarySearchFunc(n.Recent, act, func(a, b readmodel.RecentAct) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	if i == remembered {
		return
	}
	n.Recent = slices.Insert(n.Recent, i, act)
	n.Recent = n.Recent[:min(len(n.Recent), remembered)]
}

// withdraw takes back an act that is disputed, corrected or retracted: once, however often it is.
func withdraw(n *readmodel.Network, supporter events.PersonID, act events.FactID) {
	tie := n.Tie(supporter)
	if slices.Contains(tie.Withdrawn, act) {
		return
	}
	tie.Withdrawn = append(tie.Withdrawn, act)
	if tie.Acts > 0 {
		tie.Acts--
	} else {
		tie.Answers = max(0, tie.Answers-1)
	}
	n.Recent = slices.DeleteFunc(n.Recent, func(r readmodel.RecentAct) bool { return r.ID == act })
	tie.LastAct = lastOf(n, supporter, tie)
	n.LastAct = time.Time{}
	for _, tie := range n.Ties {
		n.LastAct = later(n.LastAct, tie.LastAct)
	}
}

// lastOf is the time of a supporter's latest act that still counts, as far as it is remembered.
func lastOf(n *readmodel.Network, supporter events.PersonID, tie *readmodel.NetworkTie) time.Time {
	for _, r := range n.Recent {
		if r.Supporter == supporter {
			return r.At
		}
	}
	if tie.Acts+tie.Answers == 0 {
		return time.Time{}
	}
	return tie.LastAct
}
