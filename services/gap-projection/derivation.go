package gaps

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
)

// RulesVersion is the version of the rules' code. It changes whenever the same log would give other facts.
const RulesVersion = "1"

// Derivation is what the service derives: it runs the same rules as any replay. It fails where the
// default ruleset does not compile.
func Derivation() (derive.Derivation, error) {
	rules, err := NewRules()
	if err != nil {
		return derive.Derivation{}, err
	}
	return derive.Derivation{
		Service: Name, Bucket: readmodel.Networks, Layout: layout, Inputs: Inputs(), Owns: []events.Context{events.Gap, events.Coverage},
		Version: RulesVersion, Rules: func() derive.Rules { return &Rules{initial: rules.initial} },
	}, nil
}
