package audit

import (
	"cmp"
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/services/audit/postings"
)

// restsOn returns the facts, up to a sequence, that a person's network rests on, in log order: those that name
// the person, where everybody stands whom these name, and what is about everybody. A fold of them shows the
// person what a fold of the whole log would. One that cannot be read is left out.
func (s *Service) restsOn(ctx context.Context, who events.PersonID, known uint64) ([]events.Event, error) {
	if err := s.postings.To(ctx, known); err != nil {
		return nil, err
	}
	named := s.postings.Named(who, known)
	about, err := s.read(ctx, named)
	if err != nil {
		return nil, err
	}
	others, err := s.read(ctx, s.standingOf(about, named, known))
	if err != nil {
		return nil, err
	}
	all := append(about, others...)
	slices.SortFunc(all, func(a, b events.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, nil
}

// standingOf is where it is said where everybody stands whom facts name, if it was not read with these.
func (s *Service) standingOf(facts []events.Event, known []uint64, last uint64) []uint64 {
	asked, read := map[events.PersonID]bool{}, map[uint64]bool{}
	for _, seq := range known {
		read[seq] = true
	}
	var more []uint64
	for _, e := range facts {
		for _, who := range postings.PeopleIn(e) {
			if asked[who] {
				continue
			}
			asked[who] = true
			for _, seq := range s.postings.Standing(who, last) {
				if !read[seq] {
					read[seq], more = true, append(more, seq)
				}
			}
		}
	}
	return more
}

// read returns the facts at sequences, in their order, without those that cannot be read.
func (s *Service) read(ctx context.Context, seqs []uint64) ([]events.Event, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	stored, err := s.log.At(ctx, seqs)
	if err != nil {
		return nil, err
	}
	facts := make([]events.Event, 0, len(stored))
	for _, m := range stored {
		if e, err := m.Event(); err == nil {
			facts = append(facts, e)
		}
	}
	return facts, nil
}
