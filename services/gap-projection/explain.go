package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// TieAnswer explains one tie: which acts lie between two people, what they weigh, what follows,
// and what would be needed for more. Weights and scores are numbers like those of the ruleset.
type TieAnswer struct {
	Recipient events.PersonID `json:"recipient"`
	Supporter events.PersonID `json:"supporter"`
	AsOf      uint64          `json:"asOf"`
	Roles     []TieRoleView   `json:"roles"` // every role, in the order of events.Roles
	Acts      []ActView       `json:"acts"`  // the newest first, at most 256 of ActCount
	ActCount  int             `json:"actCount"`
	Ruleset   string          `json:"ruleset"`
	Rules     string          `json:"rules"` // version of the rules' code
}

// TieRoleView is how one role stands on the tie now.
type TieRoleView struct {
	Role        events.RoleName      `json:"role"`
	Status      readmodel.RoleStatus `json:"status"` // active, at-risk, lapsed, unproven, none
	Subtype     events.Subtype       `json:"subtype,omitempty"`
	Score       float64              `json:"score"` // as of now
	Enter       float64              `json:"enter,omitempty"`
	Exit        float64              `json:"exit,omitempty"`
	Strength    int                  `json:"strength"` // percent
	Since       time.Time            `json:"since,omitzero"`
	SilentSince time.Time            `json:"silentSince,omitzero"`
	AtRiskAt    time.Time            `json:"atRiskAt,omitzero"` // when silence puts it at risk
	LapsesAt    time.Time            `json:"lapsesAt,omitzero"` // when silence ends it
	Rung        int                  `json:"rung,omitempty"`
	Acts        int                  `json:"acts"` // how many count for it
	Declared    bool                 `json:"declared,omitempty"`
	Contested   bool                 `json:"contested,omitempty"`
	Evidence    []EvidenceView       `json:"evidence"` // the heaviest, as they weigh now
	Missing     []string             `json:"missing"`  // what the role takes to begin; empty where it is played
}

// EvidenceView is one act behind a role.
type EvidenceView struct {
	Act     events.FactID `json:"act"`
	Type    string        `json:"type"`
	At      time.Time     `json:"at"`
	Weight  float64       `json:"weight"`
	Quality float64       `json:"quality"`
	Decayed float64       `json:"decayed"` // what is left of weight times quality
}

// ActView is one act of the tie.
type ActView struct {
	Act     events.FactID               `json:"act"`
	Type    string                      `json:"type"`
	At      time.Time                   `json:"at"`
	Kind    string                      `json:"kind,omitempty"`
	Topics  []events.Topic              `json:"topics,omitempty"`
	Weights map[events.RoleName]float64 `json:"weights,omitempty"` // by role, before quality
	Quality float64                     `json:"quality"`
	Rung    int                         `json:"rung,omitempty"`
	Void    bool                        `json:"void,omitempty"` // disputed, corrected or taken back
	Note    string                      `json:"note,omitempty"` // why it weighs nothing or less
}

// decimal is a number of millionths, rounded to a thousandth: what is shown changes by the hour,
// not by the second.
func decimal(millionths int64) float64 { return float64((millionths+500)/1000) / 1000 }

// explain is a tie at a time, by the ruleset in force.
func explain(t *readmodel.Tie, rs *ruleset.Ruleset, now time.Time) (TieAnswer, error) {
	a := TieAnswer{Recipient: t.Recipient, Supporter: t.Supporter, ActCount: t.Count, Ruleset: t.Ruleset, Rules: t.Rules,
		Roles: []TieRoleView{}, Acts: []ActView{}}
	for _, role := range events.Roles() {
		view := TieRoleView{Role: role, Status: readmodel.RoleNone, Evidence: evidence(t, role, now)}
		if r := t.Role(role); r != nil {
			view.state(r, now, t.Away)
		}
		missing, err := rs.Missing(t, role, now)
		if err != nil {
			return a, err
		}
		view.Missing = append([]string{}, missing...)
		a.Roles = append(a.Roles, view)
	}
	for _, act := range slices.Backward(t.Acts) {
		a.Acts = append(a.Acts, actView(&act))
	}
	return a, nil
}

func (v *TieRoleView) state(r *readmodel.TieRole, now time.Time, away readmodel.Absences) {
	score := r.ScoreAt(now, away)
	v.Status, v.Subtype, v.Rung, v.Acts = r.StatusAt(now), r.Subtype, r.Rung, r.Acts
	v.Score, v.Enter, v.Exit = decimal(score), decimal(r.Enter), decimal(r.Exit)
	v.Strength = strength(score, r.Enter)
	v.Since, v.SilentSince = r.Since.Time(), r.SilentSince.Time()
	v.AtRiskAt, v.LapsesAt = r.AtRiskAt.Time(), r.LapsesAt.Time()
	v.Declared, v.Contested = r.Declared != nil, r.Contested != nil
}

func evidence(t *readmodel.Tie, role events.RoleName, now time.Time) []EvidenceView {
	at := map[events.FactID]time.Time{}
	for i := range t.Acts {
		at[t.Acts[i].ID] = t.Acts[i].At.Time()
	}
	all := []EvidenceView{}
	for _, e := range t.Evidence(role, now) {
		all = append(all, EvidenceView{Act: e.Act, Type: e.Type, At: at[e.Act], Weight: decimal(e.Weight),
			Quality: decimal(e.Quality), Decayed: decimal(e.Decayed)})
	}
	return all
}

func actView(a *readmodel.Act) ActView {
	v := ActView{Act: a.ID, Type: a.Type, At: a.At.Time(), Kind: a.Kind, Topics: a.Topics,
		Quality: decimal(a.Quality), Rung: a.Rung, Void: a.Void(), Note: a.Note}
	if a.Crowded {
		v.Note = "too-soon-after-another"
	}
	for i, role := range events.Roles() {
		if a.Weights[i] != 0 {
			if v.Weights == nil {
				v.Weights = map[events.RoleName]float64{}
			}
			v.Weights[role] = decimal(a.Weights[i])
		}
	}
	return v
}
