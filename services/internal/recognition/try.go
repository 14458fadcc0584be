package recognition

import (
	"slices"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// Kinds are acts of every kind that may weigh for a role, one of each, as good as they can be:
// both sides stand by them. TrustConfirmed is the recipient's own word.
func Kinds(above int) []readmodel.Act {
	return []readmodel.Act{
		{Type: "AdviceGiven", Topics: []events.Topic{"career-path"}},
		{Type: "MentoringSessionHeld", Topics: []events.Topic{"career-path"}},
		{Type: "MentorshipStarted", Kind: "standard"},
		{Type: "StrategyShared"},
		{Type: "IntroductionMade", TheirLevel: above},
		{Type: "ReferralMade", Kind: "job"},
		{Type: "OpportunityGiven", Kind: "stretch"},
		{Type: "EndorsementGiven", Audience: "public"},
		{Type: "SponsorEndorsed", Forum: "calibration", Stake: "reputation", Awareness: "aware"},
		{Type: "PromotionAdvocated", Stake: "reputation", Awareness: "aware"},
		{Type: "AirCoverProvided", Kind: "other", Stake: "reputation", Awareness: "aware"},
		{Type: "KudosGiven", Audience: "public"},
		{Type: "CreditGiven", Audience: "public"},
		{Type: "FeedbackGiven", Valence: "constructive", Sharing: "named", Voluntary: true},
		{Type: "AllyActionTaken", Kind: "intervene"},
		{Type: "TrustConfirmed"},
	}
}

// last is an id behind those of all acts: one more act comes after those of its second.
const last = "~"

// Try is what one more act would come to for one role.
type Try struct {
	Act     readmodel.Act // weighed
	Adds    int64         // millionths
	Score   int64         // millionths, right after it
	Status  readmodel.RoleStatus
	Missing []string // what the role would still take
	Turns   bool     // the role would begin, or be at risk no longer
}

// Tries folds one more act of each kind, by itself, and says what each role would be by it: by
// the order of events.Roles, the kinds that change how the role stands first, the least of them
// before the others, then those that come closest. The tie stays as it is.
func (t *Tie) Tries(rs *ruleset.Ruleset, people *People, now readmodel.Unix) (tries [5][]Try, err error) {
	if n := len(t.Acts); n > 0 {
		now = max(now, t.Acts[n-1].At)
	}
	relation := events.Relation("")
	if n := len(t.Acts); n > 0 {
		relation = t.Acts[n-1].Relation
	}
	for _, act := range Kinds(people.Recipient.At(now).Level + 1) {
		act.ID, act.At, act.Recorded, act.RecordedBy, act.ByRecipient, act.Relation = last, now, now, "supporter", now, relation
		if err := t.try(rs, people, act, &tries); err != nil {
			return tries, err
		}
	}
	for i := range tries {
		slices.SortStableFunc(tries[i], Try.compare)
	}
	return tries, nil
}

func (t *Tie) try(rs *ruleset.Ruleset, people *People, act readmodel.Act, tries *[5][]Try) error {
	next := &Tie{Tie: t.Tie, Fold: t.Fold.Clone(), Words: t.Words}
	if err := rs.Weigh(&act, people.At(act.At), t.Declared()); err != nil {
		return err
	}
	next.Acts = append(slices.Clip(t.Acts), act)
	added := &next.Acts[len(next.Acts)-1]
	pass := func(role int) (bool, error) {
		needs, err := next.closed(rs, people, role, act.At)
		return len(needs) == 0, err
	}
	if err := next.Fold.Add(rs, added, people.Away, pass); err != nil {
		return err
	}
	next.Fold.SetTurns(rs, people.Away)
	for i := range tries {
		one, err := t.outcome(rs, people, next, added, i)
		if err != nil {
			return err
		}
		if one.Adds > 0 || one.Turns {
			tries[i] = append(tries[i], one)
		}
	}
	return nil
}

// outcome compares how a role stands before an act and after it.
func (t *Tie) outcome(rs *ruleset.Ruleset, people *People, next *Tie, act *readmodel.Act, i int) (Try, error) {
	before, err := t.RoleAt(rs, people, i, "", act.At)
	if err != nil {
		return Try{}, err
	}
	after, err := next.RoleAt(rs, people, i, "", act.At)
	if err != nil {
		return Try{}, err
	}
	one := Try{Act: *act, Adds: act.Counts(i), Score: after.ScoreAt(act.At.Time(), people.Away), Status: after.Status}
	one.Turns = after.Status == readmodel.RoleActive && before.Status != readmodel.RoleActive
	if !after.Status.Played() {
		one.Missing, err = next.closed(rs, people, i, act.At)
	}
	return one, err
}

// closed is what the gates of a role need that do not hold at a time.
func (t *Tie) closed(rs *ruleset.Ruleset, people *People, role int, at readmodel.Unix) ([]string, error) {
	return rs.Closed(role, t.Acts, t.Words[role].Declared(), at, people.Away)
}

// compare puts what helps first.
func (a Try) compare(b Try) int {
	switch {
	case a.Turns != b.Turns && a.Turns:
		return -1
	case a.Turns != b.Turns:
		return 1
	case a.Turns:
		return int(a.Adds - b.Adds)
	}
	return int(b.Adds - a.Adds)
}
