package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// view is one network at one time, under one ruleset.
type view struct {
	n        *readmodel.Network
	rules    *Ruleset
	now      time.Time
	standing readmodel.Standing
	*tally
}

func newView(n *readmodel.Network, rules *Ruleset, now time.Time) view {
	v := view{n: n, rules: rules, now: now, standing: n.At(now), tally: &tally{}}
	v.count()
	return v
}

// hasGaps reports whether anything can be missing in the network at all.
func (v view) hasGaps() bool {
	there := v.standing.Presence == readmodel.Present || v.standing.Presence == readmodel.Away
	return there && !v.n.Erased && v.n.Merged == "" && !v.out()
}

// out reports whether the person does not want to be told what is missing.
func (v view) out() bool { return !v.n.TakesPart("own-network") }

// afterGrace is t, but not before the grace of a new employment is over, nor before somebody who
// was on leave has had the time to look around.
func (v view) afterGrace(t time.Time) time.Time {
	if !v.standing.Returned.IsZero() {
		t = later(t, v.standing.Returned.Add(v.rules.Hold.Duration()))
	}
	return later(t, v.standing.Start.Add(v.rules.Grace.Duration()))
}

// holding is how a role is held.
func (v view) holding(role events.RoleName) *holding { return &v.roles[readmodel.RoleIndex(role)] }

// weight is the severity of a kind of gap that is about no role's target.
func (v view) weight(kind events.GapKind) int {
	return v.rules.SeverityOf(kind, v.standing.Level, v.goals()...)
}

func (v view) goals() []events.GoalKind {
	var kinds []events.GoalKind
	for _, g := range v.n.Goals {
		kinds = append(kinds, g.Kind)
	}
	return kinds
}

func (v view) expected(role events.RoleName) bool {
	return v.rules.Expected(role, v.standing.Level, v.goals()...)
}

func (v view) severity(role events.RoleName) int {
	return v.rules.MissingSeverity(role, v.standing.Level, v.goals()...)
}

// expectedSince is since when the person is expected to have a role: by their stage or by a
// goal, whichever came first, but not before their employment.
func (v view) expectedSince(role events.RoleName) time.Time {
	since, byStage := v.stageSince(role)
	if goal, byGoal := v.goalSince(role); byGoal && (!byStage || goal.Before(since)) {
		since = goal
	}
	return later(since, v.standing.Start)
}

// stageSince is since when the level alone makes a role expected.
func (v view) stageSince(role events.RoleName) (since time.Time, now bool) {
	for i, c := range v.n.Timeline {
		if i > 0 && c.At.After(v.now) {
			break
		}
		expected := v.rules.Expected(role, v.n.At(c.At).Level)
		if expected && !now {
			since = c.At
		}
		now = expected
	}
	return since, now
}

// goalSince is since when a goal makes a role expected.
func (v view) goalSince(role events.RoleName) (since time.Time, set bool) {
	for _, g := range v.n.Goals {
		if slices.Contains(v.rules.Roles[role].Goals, g.Kind) && (!set || g.Set.Before(since)) {
			since, set = g.Set, true
		}
	}
	return since, set
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
