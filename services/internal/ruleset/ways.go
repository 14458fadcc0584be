package ruleset

import (
	"cmp"
	"slices"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Way is one way in which a role comes about: so many acts of one kind, a week apart, by somebody who
// has the standing for it, where both stand behind them.
type Way struct {
	Act   string `json:"act"` // the wire name
	Times int    `json:"times"`
}

// mostTimes is how many acts of one kind are still a way: more is a life's work.
const mostTimes = 6

// usual are acts of support as they are when they are meant.
var usual = []readmodel.Act{
	{Type: "MentoringSessionHeld", Topics: []events.Topic{"career-path"}},
	{Type: "AdviceGiven", Topics: []events.Topic{"career-path"}},
	{Type: "StrategyShared"},
	{Type: "IntroductionMade", TheirLevel: 100},
	{Type: "ReferralMade"},
	{Type: "OpportunityGiven", Visibility: "organization"},
	{Type: "EndorsementGiven", Audience: "public"},
	{Type: "SponsorEndorsed", Forum: "calibration", Stake: "reputation", Awareness: "aware"},
	{Type: "PromotionAdvocated", Stake: "reputation", Awareness: "aware"},
	{Type: "AirCoverProvided", Stake: "reputation", Awareness: "aware"},
	{Type: "KudosGiven", Audience: "public"},
	{Type: "CreditGiven", Audience: "public"},
	{Type: "FeedbackGiven", Valence: "constructive", Voluntary: true, Sharing: "named", Marks: readmodel.Marks{Helpful: true}},
	{Type: "AllyActionTaken", Kind: "amplify", Witnessed: true},
}

// Ways is how a role can come about, the shortest first, for somebody whose acts come to score,
// millionths, already: zero of one who has done nothing yet.
func (rs *Ruleset) Ways(role events.RoleName, score int64) ([]Way, error) {
	i := readmodel.RoleIndex(role)
	if i < 0 {
		return nil, nil
	}
	var ways []Way
	for _, act := range usual {
		act.RecordedBy, act.Confirmation = "system", "both"
		pair := Pair{RecipientID: "recipient", SupporterID: "supporter", Recipient: Standing{Known: true, Level: 1}, Supporter: Standing{Known: true, Level: 100}}
		if err := rs.Weigh(&act, &pair, &[5]bool{}); err != nil {
			return nil, err
		}
		n, err := rs.times(i, act, score)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			ways = append(ways, Way{act.Type, n})
		}
	}
	slices.SortStableFunc(ways, func(a, b Way) int { return cmp.Compare(a.Times, b.Times) })
	return ways, nil
}

const week = 7 * 86400

// times is how many acts like this one a role takes to begin, or to be active again; 0 where they
// alone never do.
func (rs *Ruleset) times(role int, act readmodel.Act, score int64) (int, error) {
	r := &rs.roles[role]
	proven := score > 0 // gates have been passed before
	var acts []readmodel.Act
	for n := 1; n <= mostTimes && act.Counts(role) > 0; n++ {
		act.At = readmodel.Unix(n * week)
		acts = append(acts, act)
		score = min(r.Cap, readmodel.Decay(score, week, r.HalfLife)+act.Counts(role))
		if score < r.Enter {
			continue
		}
		if passes, err := rs.passes(role, acts); err != nil || passes || proven {
			return n, err
		}
	}
	return 0, nil
}

func (rs *Ruleset) passes(role int, acts []readmodel.Act) (bool, error) {
	var e Evidence
	for _, act := range slices.Backward(acts) {
		e.Add(rs, role, &act, int64(acts[len(acts)-1].At-act.At))
	}
	return rs.Pass(role, &e, false)
}
