package classifier

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
)

// Derivation is what the service derives: it runs the same rules as any replay. It fails where the
// default ruleset does not compile.
func Derivation() (derive.Derivation, error) {
	rules, err := NewRules()
	if err != nil {
		return derive.Derivation{}, err
	}
	return derive.Derivation{
		Service: Name, Bucket: readmodel.Ties, Layout: layout, Inputs: Inputs(), Owns: []events.Context{events.Role, events.RoleSealed},
		Version: RulesVersion, Rules: func() derive.Rules { return rules.anew() },
	}, nil
}
