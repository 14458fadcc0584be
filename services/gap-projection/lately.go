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

// spoke notes with whoever gave feedback that they spoke up to somebody more senior.
func (s *step) spoke(n *readmodel.Network) error {
	f, ok := s.in.Fact.(*events.FeedbackGiven)
	if !ok || f.Supporter.External() || s.includes(f.Supporter) {
		return nil
	}
	of, err := s.network(f.Supporter)
	if err != nil {
		return err
	}
	if level := of.At(s.in.Time).Level; level > 0 && level < n.At(s.in.Time).Level {
		of.Lately.Spoke = later(of.Lately.Spoke, s.in.Time)
		s.put(of)
	}
	return nil
}
