package gaps

import (
	"fmt"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/ruleset"
)

const rulesetKey = "ruleset"

// Ruleset is what the ruleset in force says of gaps: the document at "ruleset".
type Ruleset struct {
	ruleset.Gaps
	Version    string `json:"version"`
	SeniorFrom int    `json:"seniorFrom"` // the level at which senior leadership begins
	Text       string `json:"text"`       // the whole of it
}

// NewRules returns the rules; until a ruleset is activated, the default one is in force. It
// fails only where that one cannot be read.
func NewRules() (*Rules, error) {
	initial, err := ruleset.Default()
	if err != nil {
		return nil, fmt.Errorf("default ruleset: %w", err)
	}
	return &Rules{initial: ofGaps(initial)}, nil
}

func ofGaps(r *ruleset.Ruleset) *Ruleset {
	return &Ruleset{Gaps: r.Gaps, Version: r.Version, SeniorFrom: r.SeniorFrom, Text: r.Text}
}

// activate puts a ruleset into force and decides about everybody by it.
func (s *step) activate(f *events.RulesetActivated) error {
	if s.d.Seq(rulesetKey) < s.in.Seq {
		r, err := ruleset.Once(f.Text)
		if err != nil {
			return err
		}
		s.d.Put(rulesetKey, ofGaps(r))
	}
	return s.everybody()
}

// ruleset is the one in force.
func (s *step) ruleset() (*Ruleset, error) {
	r, err := projection.Get[Ruleset](s.d, rulesetKey)
	if r == nil && err == nil {
		r = s.initial
	}
	return r, err
}
