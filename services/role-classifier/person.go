package classifier

import (
	"slices"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/recognition"
)

func timelineOf(d *projection.Docs, p events.PersonID) (*recognition.Timeline, error) {
	t, err := projection.Get[recognition.Timeline](d, recognition.PersonKey(p))
	if t == nil {
		t = &recognition.Timeline{}
	}
	return t, err
}

// person folds a fact of the directory and evaluates the person's ties again, on both sides.
// Turns that are due before it are stated by what was known before it.
func (s *step) person(e recognition.Entry) error {
	who := s.in.Person()
	if who == "" {
		return nil
	}
	known, err := timelineOf(s.d, who)
	if err != nil {
		return err
	}
	next := known
	if s.d.Seq(recognition.PersonKey(who)) < s.in.Seq {
		next = &recognition.Timeline{Tied: known.Tied, Entries: slices.Clone(known.Entries)}
		next.Add(e)
		defer s.d.Put(recognition.PersonKey(who), next)
	}
	if !known.Tied {
		return nil
	}
	pairs, err := pairsAround(s.d, who)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := s.move(change{pair: p, apply: func(h *history) error { return h.know(who, next) }}); err != nil {
			return err
		}
	}
	return nil
}

// know evaluates the tie by what the directory says now of one of its people.
func (h *history) know(who events.PersonID, t *recognition.Timeline) error {
	if who == h.pair.recipient {
		h.people.Recipient = t
	} else {
		h.people.Supporter = t
	}
	h.people.Meet()
	return h.reweigh()
}
