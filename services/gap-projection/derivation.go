package gaps

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
)

// RulesVersion is the version of the rules' code. It changes whenever the same log would give other facts.
const RulesVersion = "3"

// Derivation is what the service derives: it runs the same rules as any replay. Without what opens groups, a replay
// measures other cells than were published where people are counted by group; with it, where one of them has been
// erased since. It fails where the default ruleset does not compile.
func Derivation(open Opener) (derive.Derivation, error) {
	rules, err := NewRules()
	if err != nil {
		return derive.Derivation{}, err
	}
	rules.open = open
	return rules.derivation(), nil
}

func (r *Rules) derivation() derive.Derivation {
	return derive.Derivation{
		Service: Name, Bucket: readmodel.Networks, Layout: layout, Inputs: Inputs(), Owns: []events.Context{events.Gap, events.Coverage},
		Version: RulesVersion, Rules: func() derive.Rules { return &Rules{initial: r.initial, open: r.open} },
	}
}
