package classifier

import (
	"math"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// gate says whether the gates of a role pass at the act just folded.
type gate func(role int) (bool, error)

// add folds one act. What it weighs is set already; whether it comes too soon after another of
// its kind is set here, because it depends on those before it.
func (f *fold) add(rs *ruleset.Ruleset, act *readmodel.Act, pass gate) error {
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
		if err := f.Roles[i].add(&rs.Roles()[i], act, n, func() (bool, error) { return pass(i) }); err != nil {
			return err
		}
	}
	return nil
}

// space marks an act of a kind of which not each counts.
func (f *fold) space(rule *ruleset.Rule, act *readmodel.Act) {
	act.Crowded = false
	if rule.Once == 0 || act.Quality == 0 {
		return
	}
	if last, ok := f.Spaced[act.Type]; ok && int64(act.At-last) < rule.Once {
		act.Crowded = true
		return
	}
	if f.Spaced == nil {
		f.Spaced = map[string]readmodel.Unix{}
	}
	f.Spaced[act.Type] = act.At
}

func (f *fold) formal(rule *ruleset.Rule, act *readmodel.Act) {
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

func (s *strand) add(role *ruleset.Role, act *readmodel.Act, n int64, pass func() (bool, error)) error {
	score := readmodel.Decay(s.Score, int64(act.At-s.At), s.HalfLife)
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
func (s *strand) turns(role *ruleset.Role) {
	s.RiskAt, s.LapseAt = 0, 0
	if s.On {
		s.RiskAt = s.At + readmodel.Unix(fallsBelow(s.Score, role.Enter, s.HalfLife))
		s.LapseAt = s.At + readmodel.Unix(fallsBelow(s.Score, role.Exit, s.HalfLife))
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
