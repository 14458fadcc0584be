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
	var relation events.Relation
	if n := len(t.Acts); n > 0 {
		now, relation = max(now, t.Acts[n-1].At), t.Acts[n-1].Relation
	}
	d := &dryRun{t: t, rs: rs, people: people, now: now, acts: append(slices.Clip(t.Acts), readmodel.Act{})}
	for i := range d.before {
		if d.before[i], err = t.RoleAt(rs, people, i, "", now); err != nil {
			return tries, err
		}
	}
	for _, act := range Kinds(people.Recipient.At(now).Level + 1) {
		act.ID, act.At, act.Recorded, act.RecordedBy, act.ByRecipient, act.Relation = last, now, now, "supporter", now, relation
		if err := d.add(act, &tries); err != nil {
			return tries, err
		}
	}
	for i := range tries {
		slices.SortStableFunc(tries[i], Try.compare)
	}
	return tries, nil
}

// dryRun folds acts that are not there.
type dryRun struct {
	t      *Tie
	rs     *ruleset.Ruleset
	people *People
	now    readmodel.Unix
	before [5]readmodel.TieRole
	acts   []readmodel.Act // those of the tie, and the one that is tried
}

func (d *dryRun) add(act readmodel.Act, tries *[5][]Try) error {
	if err := d.rs.Weigh(&act, d.people.At(d.now), d.t.Declared()); err != nil {
		return err
	}
	next := &Tie{Fold: d.t.Fold.Clone(), Words: d.t.Words}
	one := &d.acts[len(d.acts)-1]
	*one = act
	pass := func(role int) (bool, error) {
		needs, err := d.closed(role)
		return len(needs) == 0, err
	}
	if err := next.Fold.Add(d.rs, one, d.people.Away, pass); err != nil {
		return err
	}
	next.Fold.SetTurns(d.rs, d.people.Away)
	for i := range tries {
		try, err := d.outcome(next, one, i)
		if err != nil {
			return err
		}
		if try.Adds > 0 || try.Turns {
			tries[i] = append(tries[i], try)
		}
	}
	return nil
}

// outcome compares how a role stands before an act and after it.
func (d *dryRun) outcome(next *Tie, act *readmodel.Act, i int) (Try, error) {
	after, err := next.RoleAt(d.rs, d.people, i, "", d.now)
	if err != nil {
		return Try{}, err
	}
	one := Try{Act: *act, Adds: act.Counts(i), Score: after.ScoreAt(d.now.Time(), d.people.Away), Status: after.Status}
	one.Turns = after.Status == readmodel.RoleActive && d.before[i].Status != readmodel.RoleActive
	if one.Adds > 0 && !after.Status.Played() {
		one.Missing, err = d.closed(i)
	}
	return one, err
}

// closed is what the gates of a role need that do not hold.
func (d *dryRun) closed(role int) ([]string, error) {
	return d.rs.Closed(role, d.acts, d.t.Said(role).Declared(), d.now, d.people.Away)
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
