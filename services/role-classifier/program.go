package classifier

import (
	"slices"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// program is the document program.<id>: what the pairs of a program are for.
type program struct {
	Kind events.ProgramKind `json:"kind"`
}

func programKey(p events.ProgramID) string { return "program." + string(p) }

// opened keeps the kind of a program.
func (s *step) opened(f *events.ProgramOpened) {
	key := programKey(events.ProgramID(s.in.Subject))
	if s.d.Seq(key) < s.in.Seq {
		s.d.Put(key, &program{f.Kind})
	}
}

// paired files what a program says of two people, that they are a pair or no longer one, as an act
// of their tie: as formal as an agreement of their own.
func (s *step) paired(supporter events.PersonID, p events.ProgramID) error {
	act, err := s.pairing(p)
	c := change{pair: pair{s.in.Person(), supporter}, makes: true, apply: func(h *history) error { return h.insert(act) }}
	if err != nil || c.pair.recipient == "" || c.pair.recipient == supporter {
		return err
	}
	return s.move(c)
}

func (s *step) pairing(p events.ProgramID) (readmodel.Act, error) {
	act := s.newAct(&events.Act{RecordedBy: "system", Formality: string(p)})
	doc, err := projection.Get[program](s.d, programKey(p))
	if doc != nil {
		act.Kind = string(doc.Kind)
	}
	return act, err
}

// leaves ends the pairs that somebody who leaves a program has in it.
func (s *step) leaves(f *events.ProgramLeft) error {
	end, err := s.pairing(f.Program)
	if err != nil {
		return err
	}
	pairs, err := pairsAround(s.d, s.in.Person())
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := s.move(change{pair: p, apply: func(h *history) error { return h.unpair(end) }}); err != nil {
			return err
		}
	}
	return nil
}

// unpair files the end of a program's pair, where these two are one.
func (h *history) unpair(end readmodel.Act) error {
	if !slices.ContainsFunc(h.t.Acts, func(a readmodel.Act) bool { return a.Type == "PairMatched" && a.Formality == end.Formality }) {
		return nil
	}
	return h.insert(end)
}
