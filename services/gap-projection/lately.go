package gaps

import (
	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// lately notes when a person last received what the program view asks for.
func lately(n *readmodel.Network, in events.Event, act *events.Act) {
	l := &n.Lately
	switch in.Fact.(type) {
	case *events.AllyActionTaken:
		l.Ally = later(l.Ally, in.Time)
	case *events.OpportunityGiven:
		l.Stretch = later(l.Stretch, in.Time)
	}
	if act.Formality == "" || act.Formality == "informal" {
		l.Informal = later(l.Informal, in.Time)
	} else {
		l.Formal = later(l.Formal, in.Time)
	}
}
