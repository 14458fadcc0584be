package notification

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
)

// RulesVersion is the version of the rules' code. It changes whenever the same log would give other facts.
const RulesVersion = "1"

// Derivation is what the service derives: it runs the same rules as any replay.
func Derivation() (derive.Derivation, error) {
	return derive.Derivation{
		Service: Name, Bucket: readmodel.Inboxes, Layout: layout, Inputs: Inputs(), Owns: []events.Context{events.Nudge},
		Version: RulesVersion, Rules: func() derive.Rules { return Rules{} },
	}, nil
}
