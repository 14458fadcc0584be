package ruleset

import (
	"fmt"
	"slices"

	"kith.internal/events"
)

// Gaps says when something is missing in a network (domain.md section 6.4): the section "gaps"
// of a ruleset.
type Gaps struct {
	Hold               Span                       `json:"hold"`               // a condition opens a gap once it has held this long; it closes at once
	Grace              Span                       `json:"grace"`              // from the start of employment, nothing is missing yet
	PairGrace          Span                       `json:"pairGrace"`          // from a role's beginning, its being at risk is no gap yet
	Isolation          Span                       `json:"isolation"`          // no act of support of any kind for this long
	NewHireChecks      []Span                     `json:"newHireChecks"`      // days after the start on which isolation is asked of somebody new
	DeclaredNotEnacted Span                       `json:"declaredNotEnacted"` // declared, and below exit for this long
	Stages             []Stage                    `json:"stages"`             // of a career, by level, the lowest first
	Roles              map[events.RoleName]Target `json:"roles"`              // what a network should hold; a role that is absent is no gap
	Severity           map[events.GapKind]Weight  `json:"severity"`           // of the gaps that are about no role's target; a kind that is absent never opens

	SmallNetwork   int                     `json:"smallNetwork"`   // fewer supporters are a small network; 0: never asked, as below
	Arenas         int                     `json:"arenas"`         // fewer are a narrow network, of one that is not small
	MostlyExternal Share                   `json:"mostlyExternal"` // of supporters who are in the organization
	SinglePoint    int                     `json:"singlePoint"`    // so many roles that one supporter alone holds
	OverMentored   OverMentored            `json:"overMentored"`   // mentors, and no sponsor
	Pair           PairRules               `json:"pair"`           // when a pair has stalled
	OneSided       int                     `json:"oneSided"`       // so many sessions rated, all by the same of the two
	Load           map[events.RoleName]int `json:"load"`           // for so many people one can play a role, unless they say otherwise
}

// MostRated is how many rated sessions a network remembers of each side.
const MostRated = 5

// Share asks for at least Percent among From or more.
type Share struct {
	Percent int `json:"percent"`
	From    int `json:"from"`
}

// OverMentored is so many mentors and no sponsor for so long.
type OverMentored struct {
	Mentors int  `json:"mentors"`
	Hold    Span `json:"hold"`
}

// PairRules say how long a pair may be silent.
type PairRules struct {
	First   Span `json:"first"`   // until they meet for the first time
	Running Span `json:"running"` // from then on
	Over    Span `json:"over"`    // a pair that was silent for so long is over, whether somebody said so or not
}

// Stage is a stage of a career: it begins at a level and ends where the next one begins.
type Stage struct {
	Name      string `json:"name"`
	FromLevel int    `json:"fromLevel"`
}

// Target is how many active supporters in a role a network should hold.
type Target struct {
	Minimum   int               `json:"minimum"`   // fewer is missing-role
	Target    int               `json:"target"`    // fewer, but not fewer than Minimum, is thin-role
	FromStage string            `json:"fromStage"` // expected from this stage on; empty: always
	Goals     []events.GoalKind `json:"goals"`     // expected also before that stage where one of these goals is set
	Severity  map[string]int    `json:"severity"`  // of missing-role, 0 to 100, by stage; thin-role is half of it
	GoalRaise int               `json:"goalRaise"` // the severity where one of Goals is set, if that is higher; 0: no raise

	BesideManager bool `json:"besideManager"` // the line manager counts for Minimum, and not for Target
}

// StageAt is the stage of somebody at level: the first one also below its level.
func (g *Gaps) StageAt(level int) Stage {
	stage := g.Stages[0]
	for _, s := range g.Stages {
		if level >= s.FromLevel {
			stage = s
		}
	}
	return stage
}

// Expected reports whether somebody at level, with these goals, is expected to have the role.
func (g *Gaps) Expected(role events.RoleName, level int, goals ...events.GoalKind) bool {
	t, ok := g.Roles[role]
	if !ok {
		return false
	}
	return t.FromStage == "" || g.stageIndex(g.StageAt(level).Name) >= g.stageIndex(t.FromStage) || t.wants(goals)
}

// MissingSeverity is the severity, 0 to 100, of missing-role for somebody at level.
func (g *Gaps) MissingSeverity(role events.RoleName, level int, goals ...events.GoalKind) int {
	t := g.Roles[role]
	severity := t.Severity[g.StageAt(level).Name]
	if t.wants(goals) {
		severity = max(severity, t.GoalRaise)
	}
	return severity
}

func (t Target) wants(goals []events.GoalKind) bool {
	return slices.ContainsFunc(goals, func(g events.GoalKind) bool { return slices.Contains(t.Goals, g) })
}

func (g *Gaps) stageIndex(name string) int {
	return slices.IndexFunc(g.Stages, func(s Stage) bool { return s.Name == name })
}

func (g *Gaps) check() error {
	if len(g.Stages) == 0 {
		return fmt.Errorf("gaps.stages: at least one stage is needed")
	}
	if !slices.IsSortedFunc(g.Stages, func(a, b Stage) int { return a.FromLevel - b.FromLevel }) {
		return fmt.Errorf("gaps.stages: not in the order of fromLevel")
	}
	for role, t := range g.Roles {
		if err := g.checkTarget(role, t); err != nil {
			return err
		}
	}
	for gap, w := range g.Severity {
		if err := g.checkWeight("gaps.severity."+string(gap), gap, w); err != nil {
			return err
		}
	}
	if g.OneSided > MostRated {
		return fmt.Errorf("gaps.oneSided: no more than %d sessions are told apart", MostRated)
	}
	for role := range g.Load {
		if role != events.Mentor && role != events.Sponsor {
			return fmt.Errorf("gaps.load.%s: only mentors and sponsors are counted", role)
		}
	}
	return nil
}

func (g *Gaps) checkTarget(role events.RoleName, t Target) error {
	at := "gaps.roles." + string(role)
	switch {
	case !slices.Contains(events.Roles(), role):
		return fmt.Errorf("%s: no such role", at)
	case t.Minimum < 1 || t.Target < t.Minimum:
		return fmt.Errorf("%s: minimum must be at least 1 and target at least minimum", at)
	case t.FromStage != "" && g.stageIndex(t.FromStage) < 0:
		return fmt.Errorf("%s.fromStage: no stage is called %q", at, t.FromStage)
	}
	for _, goal := range t.Goals {
		if !slices.Contains(goal.Codes(), string(goal)) {
			return fmt.Errorf("%s.goals: no such goal kind as %q", at, goal)
		}
	}
	for stage := range t.Severity {
		if g.stageIndex(stage) < 0 {
			return fmt.Errorf("%s.severity: no stage is called %q", at, stage)
		}
	}
	return nil
}
