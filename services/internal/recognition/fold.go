package recognition

import (
	"cmp"
	"maps"
	"math"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// Fold is what acts come to, in the order of (time, id).
type Fold struct {
	Roles  [5]Strand                 `json:"roles"`
	Spaced map[string]readmodel.Unix `json:"spaced,omitempty"` // the last act that counted, of kinds of which not each does
}

// Strand is what acts come to for one role.
type Strand struct {
	Score    int64          `json:"score,omitempty"` // right after the act at At
	At       readmodel.Unix `json:"at,omitempty"`    // the last act that counts
	HalfLife int64          `json:"halfLife,omitempty"`
	On       bool           `json:"on,omitempty"`   // begun, and not over at At
	Ever     bool           `json:"ever,omitempty"` // begun at some time
	Since    readmodel.Unix `json:"since,omitempty"`
	RiskAt   readmodel.Unix `json:"riskAt,omitempty"`  // On: when silence puts it at risk; 0 never
	LapseAt  readmodel.Unix `json:"lapseAt,omitempty"` // On: when silence ends it; 0 never
	Acts     int            `json:"acts,omitempty"`
	Rung     int            `json:"rung,omitempty"`
	Formal   bool           `json:"formal,omitempty"`
	Withheld bool           `json:"withheld,omitempty"` // an act would count if its supporter had the standing
}

// Clone is a fold that goes its own way.
func (f *Fold) Clone() Fold {
	c := *f
	c.Spaced = maps.Clone(f.Spaced)
	return c
}

// SetTurns computes when silence alone will change each role.
func (f *Fold) SetTurns(rs *ruleset.Ruleset, away readmodel.Absences) {
	for i := range f.Roles {
		f.Roles[i].turns(&rs.Roles()[i], away)
	}
}

// Gate says whether the gates of a role pass at the act just folded.
type Gate func(role int) (bool, error)

// Add folds one act. What it weighs is set already; whether it comes too soon after another of
// its kind is set here, because it depends on those before it.
func (f *Fold) Add(rs *ruleset.Ruleset, act *readmodel.Act, away readmodel.Absences, pass Gate) error {
	if rule := rs.RuleOf(act); rule != nil {
		f.space(rule, act)
		f.formal(rule, act)
	}
	for _, held := range act.Held {
		if act.Quality == 0 {
			break
		}
		f.Roles[readmodel.RoleIndex(held)].Withheld = true
	}
	trust := act.Type == "TrustConfirmed"
	for i := range f.Roles {
		n := act.Counts(i)
		if n == 0 && !trust {
			continue
		}
		if err := f.Roles[i].add(&rs.Roles()[i], act, n, away, func() (bool, error) { return pass(i) }); err != nil {
			return err
		}
	}
	return nil
}

// space marks an act of a kind of which not each counts.
func (f *Fold) space(rule *ruleset.Rule, act *readmodel.Act) {
	act.Crowded = false
	if rule.Once == 0 || act.Quality == 0 {
		return
	}
	kind := cmp.Or(rule.Kind, act.Type)
	if last, ok := f.Spaced[kind]; ok && int64(act.At-last) < rule.Once {
		act.Crowded = true
		return
	}
	if f.Spaced == nil {
		f.Spaced = map[string]readmodel.Unix{}
	}
	f.Spaced[kind] = act.At
}

func (f *Fold) formal(rule *ruleset.Rule, act *readmodel.Act) {
	if act.Void() {
		return
	}
	set := func(role events.RoleName, formal bool) {
		if role != "" {
			f.Roles[readmodel.RoleIndex(role)].Formal = formal
		}
	}
	set(rule.Declares, true)
	set(rule.Ends, false)
}

func (s *Strand) add(role *ruleset.Role, act *readmodel.Act, n int64, away readmodel.Absences, pass func() (bool, error)) error {
	score := readmodel.Decay(s.Score, away.Between(s.At, act.At), s.HalfLife)
	if s.On && score < role.Exit {
		s.On = false
	}
	if n > 0 {
		score = min(role.Cap, score+n)
		s.Score, s.At, s.HalfLife = score, act.At, role.HalfLifeOf(act.Relation)
		s.Acts++
		s.Rung = max(s.Rung, act.Rung)
	}
	if s.On || score < role.Enter {
		return nil
	}
	ok, err := pass()
	if ok {
		s.On, s.Ever, s.Since = true, true, act.At
	}
	return err
}

// turns computes when silence alone will change the role.
func (s *Strand) turns(role *ruleset.Role, away readmodel.Absences) {
	s.RiskAt, s.LapseAt = 0, 0
	if s.On {
		s.RiskAt = away.After(s.At, fallsBelow(s.Score, role.Enter, s.HalfLife))
		s.LapseAt = away.After(s.At, fallsBelow(s.Score, role.Exit, s.HalfLife))
	}
}

// fallsBelow is the first whole second at which a decaying score is below a threshold. The
// logarithm is off by a second or so and may differ from machine to machine; Decay decides.
func fallsBelow(score, threshold, halfLife int64) int64 {
	if score < threshold {
		return 0
	}
	rounding := float64(threshold) - 0.5
	after := int64(float64(halfLife) * math.Log2(float64(score)/rounding))
	for readmodel.Decay(score, after, halfLife) >= threshold {
		after++
	}
	for after > 0 && readmodel.Decay(score, after-1, halfLife) < threshold {
		after--
	}
	return after
}
