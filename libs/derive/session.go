package derive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// attempts is how often an input is tried before it is parked.
const attempts = 3

// session is the work of one replica from taking it over until it is lost.
type session struct {
	e        *Engine
	fence    *eventlog.Fence
	store    *projection.KV
	docs     *projection.Docs
	progress projection.Progress
	position position        // of the last derived fact that stood in the log when the work was taken over
	parked   map[uint64]bool // inputs to leave out
	failed   map[uint64]int  // how often an input has failed

	timersSet time.Time // when every document's timer was set last
}

// timersAgain is how often every document's timer is set again, so that none is lost for long.
const timersAgain = 24 * time.Hour

// input is a fact, or what is known of one that cannot be decoded.
type input struct {
	events.Event
	err error
}

// deliveries handles what the subscription delivered, and acknowledges it.
func (s *session) deliveries(ctx context.Context, batch []eventlog.Delivery) error {
	var in []input
	for _, d := range batch {
		if !d.Other && !d.Lost {
			in = append(in, input{d.Event, d.Err})
		}
	}
	if err := s.handle(ctx, in); err != nil {
		return err
	}
	if time.Since(s.timersSet) > timersAgain {
		if err := s.setAllTimers(ctx); err != nil {
			return err
		}
	}
	return batch[len(batch)-1].Ack()
}

// handle folds inputs, appends what follows and commits the documents. A poisonous input ends the
// batch before it: what was folded in memory is dropped, the inputs before are handled again, and
// it is tried alone until it is parked.
func (s *session) handle(ctx context.Context, in []input) error {
	for len(in) > 0 {
		bad, err := s.handleGood(ctx, in)
		if err != nil || bad < 0 {
			return err
		}
		if bad > 0 {
			if _, err := s.handleGood(ctx, in[:bad]); err != nil {
				return err
			}
		}
		in = in[bad:]
	}
	return nil
}

// handleGood handles in and returns -1, or the index of the first input that failed, of which and
// of all the others nothing has happened then.
func (s *session) handleGood(ctx context.Context, in []input) (bad int, err error) {
	var derived []events.Event
	handled := s.progress.Handled
	for i, one := range in {
		if one.Seq <= handled {
			continue
		}
		out, err := s.fold(ctx, one)
		if err != nil {
			s.docs.Drop()
			return i, s.failure(ctx, one, err)
		}
		derived, handled = append(derived, out...), one.Seq
	}
	if handled == s.progress.Handled {
		return -1, nil
	}
	return -1, s.commit(ctx, handled, derived)
}

// fold returns what follows from one input and is not in the log yet.
func (s *session) fold(ctx context.Context, in input) ([]events.Event, error) {
	if s.parked[in.Seq] {
		return nil, nil
	}
	if errors.Is(in.err, events.ErrUnknownFact) {
		s.e.metrics.unknown.Inc()
		return nil, nil
	}
	if in.err != nil {
		return nil, in.err
	}
	e, err := s.retried(ctx, in.Event)
	if err != nil {
		return nil, err
	}
	derived, err := step(s.docs, s.e.rules, s.e.cfg.Service, e)
	return s.position.after(derived), err
}

// retried returns the parked fact that a Retry of this service names, in the Retry's place.
func (s *session) retried(ctx context.Context, e events.Event) (events.Event, error) {
	r, ok := e.Fact.(*events.Retry)
	if !ok || string(r.For) != s.e.cfg.Service {
		return e, nil
	}
	parked, err := s.e.log.Get(ctx, r.Seq)
	if err != nil {
		return e, err
	}
	parked.Seq, parked.Recorded = e.Seq, e.Recorded
	return parked, nil
}

func (s *session) commit(ctx context.Context, handled uint64, derived []events.Event) error {
	p := s.progress
	p.Handled = handled
	if len(derived) > 0 {
		acks, err := s.fence.Append(ctx, derived...)
		if err != nil {
			return err
		}
		p.Appended = acks[len(acks)-1].Seq
	}
	timers, err := s.docs.Commit(p)
	if err != nil {
		return err
	}
	s.progress = p
	return s.setTimers(ctx, timers)
}

func (s *session) setTimers(ctx context.Context, timers []projection.Timer) error {
	var set []eventlog.Timer
	for _, t := range timers {
		if !t.At.IsZero() { // a timer that is not wanted any more does no harm when it fires
			set = append(set, eventlog.Timer{Service: s.e.cfg.Service, About: t.Key, Person: t.Person, At: t.At})
		}
	}
	if len(set) == 0 {
		return nil
	}
	return s.e.log.SetTimers(ctx, set)
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
		s.parked[in.Seq] = true
		s.e.metrics.parked.Set(float64(len(s.parked)))
	}
	return err
}

func reason(err error) string {
	var problems *events.Problems
	var known *fault.Error
	switch {
	case errors.As(err, &problems):
		return "invalid-fact"
	case errors.Is(err, events.ErrEnvelope):
		return "invalid-envelope"
	case errors.As(err, &known) && known.Code != "":
		return known.Code
	}
	return "internal"
}
