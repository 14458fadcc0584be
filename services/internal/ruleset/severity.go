package ruleset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"kith.internal/events"
)

// Weight is the severity, 0 to 100, of a kind of gap: one number, or one by the stage of a career,
// and more where a goal is set that it stands in the way of.
type Weight struct {
	Stages map[string]int          `json:"stages,omitempty"`
	Always int                     `json:"always,omitempty"` // in the stages that Stages does not name
	Goals  map[events.GoalKind]int `json:"goals,omitempty"`  // at least this much where such a goal is set
}

// UnmarshalJSON reads 50 as well as {stages: {entry: 20, mid: 60}, goals: {advance: 90}}.
func (w *Weight) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &w.Always) == nil {
		return nil
	}
	type plain Weight
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode((*plain)(w)); err != nil {
		return fmt.Errorf("a severity is a number, or stages, always and goals: %w", err)
	}
	return nil
}

// SeverityOf is the severity, 0 to 100, of a kind of gap for somebody at level with these goals.
func (g *Gaps) SeverityOf(gap events.GapKind, level int, goals ...events.GoalKind) int {
	w := g.Severity[gap]
	severity, ok := w.Stages[g.StageAt(level).Name]
	if !ok {
		severity = w.Always
	}
	for _, goal := range goals {
		severity = max(severity, w.Goals[goal])
	}
	return severity
}

func (g *Gaps) checkWeight(at string, gap events.GapKind, w Weight) error {
	if !slices.Contains(gap.Codes(), string(gap)) {
		return fmt.Errorf("%s: no such gap", at)
	}
	if w.Always < 0 || w.Always > 100 {
		return fmt.Errorf("%s: is not between 0 and 100", at)
	}
	for stage, n := range w.Stages {
		if g.stageIndex(stage) < 0 {
			return fmt.Errorf("%s.stages: no stage is called %q", at, stage)
		}
		if n < 0 || n > 100 {
			return fmt.Errorf("%s.stages.%s: is not between 0 and 100", at, stage)
		}
	}
	for goal, n := range w.Goals {
		if !slices.Contains(goal.Codes(), string(goal)) {
			return fmt.Errorf("%s.goals: no such goal kind as %q", at, goal)
		}
		if n < 0 || n > 100 {
			return fmt.Errorf("%s.goals.%s: is not between 0 and 100", at, goal)
		}
	}
	return nil
}
