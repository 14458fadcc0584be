package classifier

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

var _ derive.Foreseer = (*Rules)(nil)

// Foresee implements derive.Foreseer: what an act asks for, which is what most inputs are.
func (*Rules) Foresee(in events.Event) []string {
	act := events.ActOf(in.Fact)
	if act == nil {
		return nil
	}
	r, s := act.Recipient, act.Supporter
	return []string{recognition.PersonKey(r), recognition.PersonKey(s), readmodel.TieKey(r, s), allKey(r, s), givenKey(false, s)}
}
