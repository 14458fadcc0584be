package classifier

import (
	"strings"

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

// marker is a document whose key says everything.
type marker struct{}

// pairedKey marks that a program made two people a pair, so that the pairs of a program are found.
func pairedKey(program events.ProgramID, p pair) string {
	return "paired." + string(program) + "." + string(p.recipient) + "." + string(p.supporter)
}

// matched begins a program's pair.
func (s *step) matched(f *events.PairMatched) error {
	if err := s.paired(f.Program, pair{s.in.Person(), f.Supporter}); err != nil {
		return err
	}
	s.d.Put(pairedKey(f.Program, pair{s.in.Person(), f.Supporter}), &marker{})
	return nil
}

// paired files what a program says of two people, that they are a pair or no longer one, as an act
// of their tie: as formal as an agreement of their own.
func (s *step) paired(program events.ProgramID, p pair) error {
	if p.recipient == "" || p.recipient == p.supporter {
		return nil
	}
	act, err := s.pairing(program)
	if err != nil {
		return err
	}
	return s.move(change{pair: p, makes: true, apply: func(h *history) error { return h.insert(act) }})
}

func (s *step) pairing(p events.ProgramID) (readmodel.Act, error) {
	act := s.newAct(&events.Act{RecordedBy: "system", Formality: string(p)})
	doc, err := projection.Get[program](s.d, programKey(p))
	if doc != nil {
		act.Kind = string(doc.Kind)
	}
	return act, err
}

// unpair ends the pairs of a program: all of them where it closes, those of somebody who leaves it.
func (s *step) unpair(program events.ProgramID, of events.PersonID) error {
	prefix := "paired." + string(program) + "."
	keys, err := s.d.Keys(prefix)
	if err != nil {
		return err
	}
	for _, key := range keys {
		recipient, supporter, _ := strings.Cut(strings.TrimPrefix(key, prefix), ".")
		p := pair{events.PersonID(recipient), events.PersonID(supporter)}
		if of != "" && of != p.recipient && of != p.supporter {
			continue
		}
		doc, err := projection.Get[marker](s.d, key)
		if err != nil {
			return err
		}
		if doc == nil {
			continue // erased
		}
		if err := s.paired(program, p); err != nil {
			return err
		}
	}
	return nil
}
