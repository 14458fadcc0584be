package classifier

import (
	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/ruleset"
)

// rulesetKey is where the ruleset in force stands.
const rulesetKey = "ruleset"

// InForce is the document of the ruleset in force.
type InForce struct {
	Version string `json:"version"`
	Hash    string `json:"hash"`
	Text    string `json:"text"`
}

// inForce is the ruleset in force, compiled once.
func (r *Rules) inForce(d *projection.Docs) (*ruleset.Ruleset, error) {
	doc, err := projection.Get[InForce](d, rulesetKey)
	if err != nil || doc == nil {
		return r.compiled[""], err
	}
	return r.compile(doc.Hash, doc.Text)
}

// compile parses and compiles a ruleset that has not been before.
func (r *Rules) compile(hash, text string) (*ruleset.Ruleset, error) {
	if rs, ok := r.compiled[hash]; ok {
		return rs, nil
	}
	rs, err := ruleset.Once(text)
	if err != nil {
		return nil, err
	}
	r.compiled[rs.Hash] = rs
	return rs, nil
}

// activate puts another ruleset into force and evaluates every tie again: turns that are due are
// stated by the old one. A ruleset that cannot be read fails, and the old one stays.
func (r *Rules) activate(s *step, f *events.RulesetActivated) error {
	next, err := r.compile(ruleset.HashOf(f.Text), f.Text)
	if err != nil || s.d.Seq(rulesetKey) >= s.in.Seq {
		return err
	}
	s.d.Put(rulesetKey, &InForce{Version: f.Version, Hash: next.Hash, Text: f.Text})
	if next.Hash == s.rs.Hash {
		return nil
	}
	pairs, err := pairsOf(s.d, "open.", "all.")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := s.move(change{pair: p, under: next, apply: (*history).reweigh}); err != nil {
			return err
		}
	}
	return nil
}

// initial is the ruleset in force where a log has none.
func (r *Rules) initial() *InForce {
	rs := r.compiled[""]
	return &InForce{Version: rs.Version, Hash: rs.Hash, Text: rs.Text}
}
