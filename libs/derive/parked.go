package derive

import (
	"context"
	"errors"
	"fmt"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// parking is which inputs are left out, and which of them a Retry has folded since. A Retry that fails
// is left out too, at its own place, and the fact that it names waits on.
type parking struct {
	out    map[uint64]bool   // inputs to leave out at their place
	names  map[uint64]uint64 // by the sequence of a Retry: what it names
	folded map[uint64]uint64 // by the sequence of a parked fact: the Retry that folds it
}

func newParking() parking {
	return parking{out: map[uint64]bool{}, names: map[uint64]uint64{}, folded: map[uint64]uint64{}}
}

// fact is the parked fact that a sequence stands for: what a Retry names, itself or by a Retry before.
func (p parking) fact(seq uint64) uint64 {
	for names, ok := p.names[seq]; ok && names < seq; names, ok = p.names[seq] {
		seq = names
	}
	return seq
}

// retry notes a Retry, and reports whether it folds anything: a fact that is not parked, or that an
// earlier one has folded, must not be folded twice.
func (p parking) retry(at, names uint64) (seq uint64, folds bool) {
	p.names[at] = names
	seq = p.fact(at)
	if before, ok := p.folded[seq]; !p.out[seq] || seq == at || ok && before < at {
		return seq, false
	}
	p.folded[seq] = at
	return seq, true
}

// park leaves an input out.
func (p parking) park(seq uint64) {
	p.out[seq] = true
	if fact := p.fact(seq); p.folded[fact] == seq {
		delete(p.folded, fact)
	}
}

// waiting is how many facts are parked that no Retry has folded.
func (p parking) waiting() (n int) {
	for seq := range p.out {
		if _, done := p.folded[seq]; !done && p.fact(seq) == seq {
			n++
		}
	}
	return n
}

// readParked reads which inputs to leave out, before any is folded.
func (s *session) readParked(ctx context.Context) error {
	service := events.DueFor(s.e.cfg.Service)
	err := s.e.log.Read(ctx, 1, []string{events.FilterFact(events.Clock, "Parked")}, func(e events.Event, err error) error {
		if f, ok := e.Fact.(*events.Parked); ok && err == nil && f.For == service {
			s.parked.out[f.Seq] = true
		}
		return nil
	})
	if err != nil || len(s.parked.out) == 0 {
		return err
	}
	return s.e.log.Read(ctx, 1, []string{events.FilterFact(events.Clock, "Retry")}, func(e events.Event, err error) error {
		f, ok := e.Fact.(*events.Retry)
		if !ok || err != nil || f.For != service {
			return nil
		}
		s.parked.names[e.Seq] = f.Seq
		if e.Seq <= s.progress.Handled && !s.parked.out[e.Seq] {
			s.parked.retry(e.Seq, f.Seq)
		}
		return nil
	})
}

// retried returns the parked fact that a Retry names, in the Retry's place; one without a fact where
// the Retry folds nothing: what was said of somebody before they were erased must not bring them back.
func (s *session) retried(ctx context.Context, e events.Event, r *events.Retry) (events.Event, error) {
	seq, folds := s.parked.retry(e.Seq, r.Seq)
	if !folds {
		s.e.cfg.Log.Info("a retry of what is not parked", "seq", r.Seq, "fact", string(e.ID))
		return events.Event{}, nil
	}
	parked, err := s.e.log.Get(ctx, seq)
	if err != nil {
		return parked, err
	}
	if erased, err := s.erasedBetween(ctx, parked.Person(), seq, e.Seq); err != nil || erased {
		return events.Event{}, err
	}
	parked.Seq, parked.Recorded = e.Seq, e.Recorded
	return parked, nil
}

// erasedBetween reports whether a person was erased between two places of the log.
func (s *session) erasedBetween(ctx context.Context, person events.PersonID, from, to uint64) (erased bool, err error) {
	if person == "" {
		return false, nil
	}
	err = s.e.log.Read(ctx, from+1, []string{events.SubjectOf(events.People, string(person), "PersonErased")}, func(e events.Event, _ error) error {
		erased = erased || e.Seq < to
		return nil
	})
	return erased, err
}

// failure counts a failed input: nil means that it is to be tried again or has been parked. What
// cannot be reached is no fault of the input and ends the session.
func (s *session) failure(ctx context.Context, in input, err error) error {
	if ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable {
		return err
	}
	s.failed[in.Seq]++
	s.e.cfg.Log.Error("an input cannot be folded", "seq", in.Seq, "fact", string(in.ID), "attempt", s.failed[in.Seq], "error", err)
	if s.failed[in.Seq] < attempts {
		return nil
	}
	return s.park(ctx, in, err)
}

func (s *session) park(ctx context.Context, in input, err error) error {
	about := in.Subject
	if about == "" {
		about = events.Nobody
	}
	service := s.e.cfg.Service
	_, err = s.fence.Append(ctx, events.Event{
		ID:     events.DerivedID(service, events.FactID(fmt.Sprintf("parked-%d", in.Seq)), events.Clock, s.failed[in.Seq]),
		Source: "/services/" + service, Actor: "service:" + service, Context: events.Clock, Subject: about, Time: in.Recorded,
		Fact: &events.Parked{For: events.DueFor(service), Seq: in.Seq, Reason: events.Code(reason(err)), Attempts: s.failed[in.Seq]},
	})
	if err == nil {
		s.parked.park(in.Seq)
	}
	return err
}

func reason(err error) string {
	var problems *events.Problems
	var known *fault.Error
	switch {
	case errors.As(err, &known) && known.Code != "":
		return known.Code
	case errors.As(err, &problems):
		return "invalid-fact"
	case errors.Is(err, events.ErrEnvelope):
		return "invalid-envelope"
	}
	return "internal"
}
