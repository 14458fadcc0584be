package derive

import (
	"context"
	"errors"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
)

// Shadow is a service's documents in memory, as its rules make them of the log up to a sequence. What would
// follow from something that has not happened can be tried on it: nothing is appended, no timer is set.
type Shadow struct {
	Docs    *projection.Docs
	Pending []events.Event // what follows from the log up to there, and does not stand there yet
	rules   Rules
	service string
}

// NewShadow makes one, and tells now and then up to where it has come. It fails with kind Unavailable, with
// what told fails with, and where an input cannot be folded that nobody has parked yet.
func NewShadow(ctx context.Context, log *eventlog.Log, d Derivation, end uint64, told func(seq uint64) error) (*Shadow, error) {
	e := New(log, nil, d.Config())
	m := &making{s: e.session(ctx, projection.NewMemory()), filters: slices.Concat(e.cfg.Inputs, e.owned())}
	m.s.rules = d.Rules()
	m.step = func(context.Context) error { return told(m.s.progress.Handled) }
	if err := m.until(ctx, end); err != nil {
		return nil, err
	}
	return &Shadow{Docs: m.s.docs, Pending: m.pending, rules: m.s.rules, service: d.Service}, nil
}

// Step folds something at a time, as Step does.
func (s *Shadow) Step(in events.Event, now time.Time) ([]events.Event, error) {
	return Step(s.Docs, s.rules, s.service, in, now)
}

// until folds the log up to a sequence, inputs and the service's own facts alike, as if nothing stood behind
// it. What the rules have derived since the last fact of its own that stands before it is pending.
func (m *making) until(ctx context.Context, end uint64) error {
	if err := m.s.readParked(ctx); err != nil {
		return err
	}
	err := m.s.e.log.Read(ctx, 1, m.filters, func(e events.Event, err error) error {
		switch {
		case e.Seq > end:
			return errEnough
		case !slices.Contains(m.s.e.cfg.Owns, e.Context):
			m.lot = append(m.lot, input{e, err})
		case err == nil:
			m.heard = append(m.heard, e)
		}
		if len(m.lot)+len(m.heard) < lotLimit {
			return nil
		}
		return m.fold(ctx)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if err := m.fold(ctx); err != nil {
		return err
	}
	m.pending, m.derived = m.derived, nil
	if err := m.settle(ctx); err != nil || !m.differs {
		return err
	}
	for _, own := range m.pending { // settling has put back what was stated before
		if err := m.s.stated(own); err != nil {
			return err
		}
	}
	return nil
}
