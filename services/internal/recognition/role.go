package recognition

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// RoleAt is how the role at index i stands at a time, of which stated is what was stated last;
// without a status where nothing speaks of it.
func (t *Tie) RoleAt(rs *ruleset.Ruleset, people *People, i int, stated readmodel.RoleStatus, now readmodel.Unix) (readmodel.TieRole, error) {
	role, s, w := &rs.Roles()[i], &t.Fold.Roles[i], t.Said(i)
	r := readmodel.TieRole{Role: role.Name, Score: s.Score, HalfLife: s.HalfLife, Enter: role.Enter, Exit: role.Exit,
		SilentSince: s.At, Rung: s.Rung, Acts: s.Acts, Formal: s.Formal, Withheld: s.Withheld, Stated: stated}
	if r.HalfLife == 0 {
		r.HalfLife = role.HalfLife
	}
	w.describe(&r)
	if s.On {
		r.Since, r.AtRiskAt, r.LapsesAt = s.Since, s.RiskAt, s.LapseAt
	}
	r.Status, r.NextChangeAt = standing(s, w, stated, now)
	if !r.Status.Played() {
		return r, nil
	}
	pair := people.At(s.At)
	r.LineManager = pair.Recipient.Manager == people.SupporterID
	var err error
	r.Subtype, err = rs.Subtype(i, pair)
	return r, err
}

func (w *Words) describe(r *readmodel.TieRole) {
	r.Declared, r.AsideUntil = w.declaration(), w.Aside.Until
	if c := w.Contested; c.Holds() {
		r.Contested = &readmodel.Contest{By: events.ConfirmingSide(c.By), At: c.At, Until: c.Until}
	}
	if w.Asked.Holds() {
		r.Request = &readmodel.Request{State: w.Asked.How, At: w.Asked.At}
	}
}

// standing is the status of a role at a time and when time alone changes it.
func standing(s *Strand, w *Words, stated readmodel.RoleStatus, now readmodel.Unix) (readmodel.RoleStatus, readmodel.Unix) {
	switch {
	case w.Aside.Holds() && now < w.Aside.Until:
		return readmodel.RoleNone, w.Aside.Until
	case s.On && (s.RiskAt == 0 || now < s.RiskAt):
		return readmodel.RoleActive, s.RiskAt
	case s.On && (s.LapseAt == 0 || now < s.LapseAt):
		return readmodel.RoleAtRisk, s.LapseAt
	case s.Ever:
		return readmodel.RoleLapsed, 0
	case w.Declared() || s.Formal:
		return readmodel.RoleUnproven, 0
	case s.Acts > 0 || s.Withheld || stated != "" || w.Contested.Holds() || w.Aside.Holds() || w.Asked.Holds():
		return readmodel.RoleNone, 0
	}
	return "", 0
}
