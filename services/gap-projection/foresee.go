package gaps

import (
	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/services/internal/readmodel"
)

var _ derive.Foreseer = (*Rules)(nil)

// Foresee implements derive.Foreseer: the network of the person whom a fact is about, and of whoever supports
// them by it.
func (*Rules) Foresee(in events.Event) (keys []string) {
	for _, p := range []events.PersonID{in.Person(), supporterIn(in.Fact)} {
		if p != "" && !p.External() {
			keys = append(keys, readmodel.NetworkKey(p))
		}
	}
	return keys
}
