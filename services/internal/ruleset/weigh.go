package ruleset

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Weigh sets what act weighs between two people who stand as pair says: its rule, its weights,
// its quality, and the roles for which its supporter lacks the standing. declared says, by role,
// what somebody says is played. It fails where a condition of the ruleset does.
func (rs *Ruleset) Weigh(act *readmodel.Act, pair *Pair, declared *[5]bool) error {
	pair.seniorFrom = rs.SeniorFrom
	v := &view{Pair: pair, act: act}
	act.Weights, act.Quality, act.Rule, act.Rung, act.Note, act.Held, act.Formal = readmodel.Weights{}, rs.quality(act), 0, 0, "", nil, false
	counts, err := rs.counts.holds(v)
	if err != nil || !counts {
		act.Note = "not-here"
		return err
	}
	rules := rs.rules[act.Type]
	for i := range rules {
		applies, err := rules[i].when.holds(v)
		if err != nil {
			return err
		}
		if applies {
			return rs.apply(&rules[i], i+1, v, declared)
		}
	}
	return nil
}

func (rs *Ruleset) apply(r *Rule, number int, v *view, declared *[5]bool) error {
	act := v.act
	act.Rule, act.Rung, act.Note, act.Formal, act.Weights = number, r.Rung, r.Note, r.Formal, r.Weights
	if r.Quality >= 0 {
		act.Quality = times(r.Quality, rs.discounts(act))
	}
	if act.Helpful {
		for i, n := range r.Helpful {
			act.Weights[i] += n
		}
	}
	return rs.withhold(v, declared)
}

// withhold takes back what an act would weigh for roles that its supporter has no standing for.
func (rs *Ruleset) withhold(v *view, declared *[5]bool) error {
	for i := range rs.roles {
		role := &rs.roles[i]
		if v.act.Weights[i] == 0 || role.Standing == nil {
			continue
		}
		v.declared = declared[i]
		ok, err := role.Standing.when.holds(v)
		if err != nil {
			return err
		}
		if !ok {
			v.act.Weights[i] = 0
			v.act.Held = append(v.act.Held, role.Name)
		}
	}
	return nil
}

const one = 1_000_000

func times(a, b int64) int64 { return (a*b + one/2) / one }

// quality is what an act is worth, by who says so.
func (rs *Ruleset) quality(a *readmodel.Act) int64 { return times(rs.source(a).Times, rs.discounts(a)) }

// Factor is one thing that makes an act's quality.
type Factor struct {
	Code  string
	Times int64 // millionths
}

func (rs *Ruleset) source(a *readmodel.Act) Factor {
	switch {
	case a.RecordedBy == "system":
		return Factor{"system", int64(rs.Quality.System)}
	case confirmed(a):
		return Factor{"confirmed", int64(rs.Quality.Confirmed)}
	case a.RecordedBy == "recipient":
		return Factor{"own-benefit", int64(rs.Quality.OwnBenefit)}
	}
	return Factor{"one-sided", int64(rs.Quality.OneSided)}
}

// Factors is what makes the quality of an act that was weighed: multiplied, they are it.
func (rs *Ruleset) Factors(a *readmodel.Act) []Factor {
	all := []Factor{rs.source(a)}
	if r := rs.RuleOf(a); r != nil && r.Quality >= 0 {
		all[0] = Factor{"an-answer", r.Quality}
	}
	if a.Solicited {
		all = append(all, Factor{"solicited", int64(rs.Quality.Solicited)})
	}
	if rs.late(a) {
		all = append(all, Factor{"late", int64(rs.Quality.Late)})
	}
	for _, void := range []struct {
		code string
		is   bool
	}{{"disputed", a.InDispute()}, {"retracted", a.Retracted}, {"corrected", a.CorrectedBy != ""}} {
		if void.is {
			all = append(all, Factor{void.code, 0})
		}
	}
	return all
}

// discounts is what multiplies a quality, however it came about.
func (rs *Ruleset) discounts(a *readmodel.Act) int64 {
	if a.Void() {
		return 0
	}
	q := int64(one)
	if a.Solicited {
		q = int64(rs.Quality.Solicited)
	}
	if rs.late(a) {
		q = times(q, int64(rs.Quality.Late))
	}
	return q
}

// late reports whether a person recorded the act long after it happened. When a sealed act was
// recorded is not known to those who only see it disclosed, so a disclosed act is never late.
func (rs *Ruleset) late(a *readmodel.Act) bool {
	return a.RecordedBy != "system" && a.Discloses == "" && int64(a.Recorded-a.At) > rs.Quality.LateAfter.Seconds()
}

// confirmed reports whether the side that did not record an act stands behind it.
func confirmed(a *readmodel.Act) bool {
	switch a.RecordedBy {
	case "supporter":
		return a.Witnessed || a.RecipientSays()
	case "recipient":
		return a.Witnessed || a.SupporterSays()
	}
	return a.Witnessed || a.RecipientSays() || a.SupporterSays()
}

// Subtype is the kind of a role between two people who stand as pair says.
func (rs *Ruleset) Subtype(role int, pair *Pair) (events.Subtype, error) {
	pair.seniorFrom = rs.SeniorFrom
	v := &view{Pair: pair}
	for i := range rs.roles[role].subtypes {
		s := &rs.roles[role].subtypes[i]
		holds, err := s.when.holds(v)
		if err != nil {
			return "", err
		}
		if holds {
			return s.name, nil
		}
	}
	return "", nil
}
