package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// oneMoreShown is how many kinds of acts an explanation tries out for a role.
const oneMoreShown = 4

// topRung is the highest of Ibarra's ladder: advocacy.
const topRung = 5

// decimal is a number of millionths, rounded to a thousandth: what is shown changes by the hour,
// not by the second.
func decimal(millionths int64) float64 { return float64((millionths+500)/1000) / 1000 }

// explanation is a tie at a time, by the ruleset in force.
type explanation struct {
	t      *recognition.Tie
	people *recognition.People
	back   *readmodel.Tie // the other way round; nil where there is none
	rs     *ruleset.Ruleset
	now    time.Time
}

func (e *explanation) answer() (TieAnswer, error) {
	t := e.t
	a := TieAnswer{Recipient: t.Recipient, Supporter: t.Supporter, ActCount: t.Count, Ruleset: t.Ruleset, RulesetHash: t.RulesetHash,
		Rules: t.Rules, Roles: []TieRoleView{}, Acts: []ActView{}, Reciprocity: e.reciprocity()}
	tries, err := t.Tries(e.rs, e.people, readmodel.UnixOf(e.now))
	if err != nil {
		return a, err
	}
	for i, role := range events.Roles() {
		view, err := e.role(role, tries[i])
		if err != nil {
			return a, err
		}
		a.Roles = append(a.Roles, view)
		a.Ladder.Rung = max(a.Ladder.Rung, view.Rung)
	}
	if a.Ladder.Rung < topRung {
		a.Ladder.Next = a.Ladder.Rung + 1
	}
	for _, away := range t.Away {
		a.Away = append(a.Away, AwayView{away.From.Time(), away.To.Time()})
	}
	for _, act := range slices.Backward(t.Acts) {
		a.Acts = append(a.Acts, e.act(&act))
	}
	return a, nil
}

func (e *explanation) role(role events.RoleName, tries []recognition.Try) (TieRoleView, error) {
	rules := e.rs.Role(role)
	v := TieRoleView{Role: role, Status: readmodel.RoleNone, Enter: decimal(rules.Enter), Exit: decimal(rules.Exit), Short: decimal(rules.Enter),
		Evidence: e.evidence(role), OneMore: []OneMoreView{}}
	if r := e.t.Role(role); r != nil {
		v.state(r, e.now, e.t.Away)
		v.words(r, e.now)
	}
	for _, one := range tries[:min(len(tries), oneMoreShown)] {
		v.OneMore = append(v.OneMore, OneMoreView{Type: one.Act.Type, Kind: one.Act.Kind, Adds: decimal(one.Adds), Score: decimal(one.Score),
			Status: one.Status, Turns: one.Turns, Short: decimal(max(0, rules.Enter-one.Score)), Missing: append([]string{}, one.Missing...)})
	}
	missing, err := e.rs.Missing(&e.t.Tie, role, e.now)
	v.Missing = append([]string{}, missing...)
	return v, err
}

func (v *TieRoleView) state(r *readmodel.TieRole, now time.Time, away readmodel.Absences) {
	score := r.ScoreAt(now, away)
	v.Status, v.Subtype, v.Rung, v.Acts = r.StatusAt(now), r.Subtype, r.Rung, r.Acts
	v.Score, v.Enter, v.Exit, v.Short = decimal(score), decimal(r.Enter), decimal(r.Exit), decimal(max(0, r.Enter-score))
	v.Strength = strength(score, r.Enter)
	v.Since, v.SilentSince = r.Since.Time(), r.SilentSince.Time()
	v.AtRiskAt, v.LapsesAt = r.AtRiskAt.Time(), r.LapsesAt.Time()
	v.LineManager, v.Formal = r.LineManager, r.Formal
	v.Next = next(r, now)
}

// next is the first turn that time alone will bring.
func next(r *readmodel.TieRole, now time.Time) *NextView {
	var first *NextView
	for _, at := range []time.Time{r.AsideUntil.Time(), r.AtRiskAt.Time(), r.LapsesAt.Time()} {
		if status := r.StatusAt(at); at.After(now) && status != r.StatusAt(now) && (first == nil || at.Before(first.At)) {
			first = &NextView{at, status}
		}
	}
	return first
}

// words is what people say of the role.
func (v *TieRoleView) words(r *readmodel.TieRole, now time.Time) {
	if d := r.Declared; d != nil {
		v.Declared, v.Declaration = true, &DeclarationView{d.By, d.At, d.How}
	}
	if q := r.Request; q != nil {
		v.Request = &RequestView{q.State, q.At}
	}
	if c := r.Contested; c.Holds(now) {
		v.Contested, v.Contest = true, &ContestView{c.By, c.At, c.Until.Time()}
	}
	if until := r.AsideUntil.Time(); until.After(now) {
		v.AsideUntil = until
	}
}

func (e *explanation) evidence(role events.RoleName) []EvidenceView {
	acts := map[events.FactID]*readmodel.Act{}
	for i := range e.t.Acts {
		acts[e.t.Acts[i].ID] = &e.t.Acts[i]
	}
	all := []EvidenceView{}
	for _, one := range e.t.Evidence(role, e.now) {
		act := acts[one.Act]
		all = append(all, EvidenceView{Act: one.Act, Type: one.Type, At: act.At.Time(), Weight: decimal(one.Weight),
			Quality: decimal(one.Quality), Factors: e.factors(act), Decayed: decimal(one.Decayed)})
	}
	return all
}

func (e *explanation) factors(act *readmodel.Act) []FactorView {
	all := []FactorView{}
	for _, f := range e.rs.Factors(act) {
		all = append(all, FactorView{f.Code, decimal(f.Times)})
	}
	return all
}

func (e *explanation) act(a *readmodel.Act) ActView {
	v := ActView{Act: a.ID, Type: a.Type, At: a.At.Time(), Kind: a.Kind, Topics: a.Topics, Quality: decimal(a.Quality), Factors: e.factors(a),
		Counts: []CountView{}, Rung: a.Rung, Stake: a.Stake, Outcome: a.Resolved.Outcome, Void: a.Void(), Note: a.Note, Withheld: a.Held}
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
		if worth := a.Counts(i); worth != 0 {
			left := readmodel.Decay(worth, e.t.Away.Between(a.At, readmodel.UnixOf(e.now)), e.halfLife(i))
			v.Counts = append(v.Counts, CountView{role, decimal(worth), decimal(left)})
		}
	}
	return v
}

// halfLife is that of a role on this tie, by which all its acts fade now.
func (e *explanation) halfLife(i int) int64 {
	rules := &e.rs.Roles()[i]
	if r := e.t.Role(rules.Name); r != nil {
		return r.HalfLife
	}
	return rules.HalfLife
}

// reciprocity is what the supporter has from the recipient: roles the other way round, and what
// the supporter said to have learned. Nil where there is nothing of it.
func (e *explanation) reciprocity() *ReciprocityView {
	v := &ReciprocityView{Roles: []events.RoleName{}}
	if e.back != nil {
		for i := range e.back.Roles {
			if r := &e.back.Roles[i]; r.StatusAt(e.now).Played() {
				v.Roles = append(v.Roles, r.Role)
			}
		}
	}
	for i := range e.t.Acts {
		if a := &e.t.Acts[i]; a.Type == "ReverseLearningGained" && !a.Void() {
			v.Learned, v.LastLearned = v.Learned+1, a.At.Time()
		}
	}
	if len(v.Roles) == 0 && v.Learned == 0 {
		return nil
	}
	mentor := e.t.Role(events.Mentor)
	v.Mutual = slices.Contains(v.Roles, events.Mentor) && mentor != nil && mentor.StatusAt(e.now).Played()
	return v
}
