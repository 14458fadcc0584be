package ruleset

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"kith.internal/services/internal/readmodel"
)

// GateActs is how many acts a gate sees at most: the latest that count for its role.
const GateActs = 64

// Evidence is what a gate sees of the acts that count for a role.
type Evidence struct {
	Count        int   // acts
	Enacted      int   // acts that are more than an agreement
	Days         int   // different days, UTC
	Heaviest     int64 // weight, millionths
	MaxRung      int
	ActsFor      int // on rung 4 and 5: for the recipient, before others
	Constructive int // constructive feedback, of somebody's own accord
	Confirmed    int // acts the recipient stands behind

	seen    int
	lastDay readmodel.Unix
}

// Add takes one more act into account, the latest first, and reports whether earlier ones are
// wanted too. age is the seconds of silence between it and the time at which the gate stands.
func (e *Evidence) Add(rs *Ruleset, role int, act *readmodel.Act, age int64) bool {
	if e.seen == GateActs || age > rs.roles[role].Window {
		return false
	}
	trust := act.Type == "TrustConfirmed" && !act.Void()
	if act.Counts(role) == 0 && !trust {
		return true
	}
	e.seen++
	if act.RecipientSays() || trust {
		e.Confirmed++
	}
	if trust {
		return true
	}
	e.count(role, act)
	return true
}

func (e *Evidence) count(role int, act *readmodel.Act) {
	e.Count++
	if !act.Formal {
		e.Enacted++
	}
	if day := act.At / 86400; day != e.lastDay || e.Days == 0 {
		e.lastDay = day
		e.Days++
	}
	e.Heaviest = max(e.Heaviest, act.Weights[role])
	e.MaxRung = max(e.MaxRung, act.Rung)
	if act.Rung >= 4 {
		e.ActsFor++
	}
	if act.Valence == "constructive" && act.Voluntary {
		e.Constructive++
	}
}

// Pass reports whether the evidence passes every gate of a role.
func (rs *Ruleset) Pass(role int, e *Evidence, declared bool) (bool, error) {
	for i := range rs.roles[role].Gates {
		ok, err := rs.roles[role].Gates[i].when.holds(&gateView{e, declared})
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// gateView is what the condition of a gate sees.
type gateView struct {
	*Evidence
	declared bool
}

// Parent implements cel.Activation: there is none.
func (v *gateView) Parent() cel.Activation { return nil }

// ResolveName implements cel.Activation.
func (v *gateView) ResolveName(name string) (any, bool) {
	switch name {
	case "evidence.count":
		return types.Int(v.Count), true
	case "evidence.enacted":
		return types.Int(v.Enacted), true
	case "evidence.days":
		return types.Int(v.Days), true
	case "evidence.heaviest":
		return types.Double(float64(v.Heaviest) / one), true
	case "evidence.maxRung":
		return types.Int(v.MaxRung), true
	case "evidence.actsFor":
		return types.Int(v.ActsFor), true
	case "evidence.constructive":
		return types.Int(v.Constructive), true
	case "evidence.confirmed":
		return types.Int(v.Confirmed), true
	case "role.declared":
		return types.Bool(v.declared), true
	}
	return nil, false
}
