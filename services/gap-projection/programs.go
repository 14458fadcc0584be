package gaps

import (
	"slices"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// program is the document of a program: its pairs end with it.
type program struct {
	Closed time.Time `json:"closed"`
}

func programKey(id events.ProgramID) string { return "program." + string(id) }

// pairKey marks that somebody is the recipient in a pair of a program, so that the program's end finds
// them; its key says everything.
func pairKey(id events.ProgramID, recipient events.PersonID) string {
	return "pair." + string(id) + "." + string(recipient)
}

// programOf is the program that makes a pair; "" where none does.
func programOf(f events.Fact) events.ProgramID {
	switch f := f.(type) {
	case *events.PairMatched:
		return f.Program
	case *events.MentorshipStarted:
		if id := events.ProgramID(f.Formality); id.Valid() {
			return id
		}
	}
	return ""
}

// enroll notes whose pair a program has made, and ends it where the program has ended.
func (s *step) enroll(n *readmodel.Network, id events.ProgramID) error {
	if id == "" {
		return nil
	}
	s.d.Put(pairKey(id, n.Person), &struct{}{})
	p, err := projection.Get[program](s.d, programKey(id))
	if p != nil {
		endPairs(n, id, p.Closed)
	}
	return err
}

// programClosed ends all pairs of a program.
func (s *step) programClosed() error {
	id := events.ProgramID(s.in.Subject)
	s.d.Put(programKey(id), &program{Closed: s.in.Time})
	prefix := pairKey(id, "")
	keys, err := s.d.Keys(prefix)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.endPairsOf(events.PersonID(strings.TrimPrefix(key, prefix)), id); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) endPairsOf(recipient events.PersonID, id events.ProgramID) error {
	if s.includes(recipient) {
		return nil
	}
	n, err := s.network(recipient)
	if err != nil {
		return err
	}
	ended := endPairs(n, id, s.in.Time)
	if len(ended) == 0 {
		return nil
	}
	s.put(n)
	if err := s.decide(n); err != nil {
		return err
	}
	for _, supporter := range ended {
		if err := s.give(n, supporter); err != nil {
			return err
		}
	}
	return nil
}

// endPairs ends the pairs that a program has made in a network, and returns with whom.
func endPairs(n *readmodel.Network, id events.ProgramID, at time.Time) (with []events.PersonID) {
	for supporter, tie := range n.Ties {
		if tie.Pair != nil && tie.Pair.Program == id && at.After(tie.Pair.Ended) {
			tie.Pair.Ended = at
			with = append(with, supporter)
		}
	}
	slices.Sort(with)
	return with
}
