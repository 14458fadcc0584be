package derive

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// Rules is the pure part of a deriving service: no clock, and no I/O but the documents.
type Rules interface {
	// Step folds one input and returns what follows from it: events with Context, Subject, Time and
	// Fact; the engine adds the rest. The now of its decisions is the documents' time, and of a Due
	// its At. An error means that this input cannot be folded: it is tried again, then parked.
	Step(d *projection.Docs, in events.Event) ([]events.Event, error)
	// Stated folds one of the service's own facts: what it has stated. Repeating it is harmless.
	Stated(d *projection.Docs, own events.Event) error
}

// Foreseer is rules that can say which documents a fact will ask for, most of them at least.
type Foreseer interface {
	Foresee(in events.Event) []string
}

// Replay folds inputs in order and returns every fact that follows, as the engine would append
// them. It is the whole of a service without its I/O.
func Replay(d *projection.Docs, rules Rules, service string, in []events.Event) ([]events.Event, error) {
	var out []events.Event
	for _, e := range in {
		derived, err := Step(d, rules, service, e, e.Recorded)
		if err != nil {
			return out, err
		}
		out = append(out, derived...)
	}
	return out, nil
}

// Step folds one input at a time and completes what follows from it. That time is when it was recorded,
// but for who asks what would have followed earlier: what a rule reads of an input's own times stays as
// it is. A panic of the rules is an error of that input: it must not take the service down.
func Step(d *projection.Docs, rules Rules, service string, in events.Event, now time.Time) (derived []events.Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Internal, "rules-panic", "the rules failed", fmt.Errorf("panic: %v", r))
		}
	}()
	switch f := in.Fact.(type) {
	case *events.Due:
		if string(f.For) != service {
			return nil, nil
		}
		if f.At.After(now) {
			now = f.At // a server's clock is ahead: the timer has fired all the same
		}
	case *events.Parked, *events.Retry: // the engine's own: rules that failed on them would park for ever
		return nil, nil
	}
	d.Begin(in.Seq)
	d.Now(now)
	derived, err = rules.Step(d, in)
	if err = cmp.Or(d.Err(), err); err != nil {
		return nil, err
	}
	return complete(service, in, derived)
}

// complete orders what follows from an input, the more open context first, and names its cause.
func complete(service string, in events.Event, derived []events.Event) ([]events.Event, error) {
	slices.SortStableFunc(derived, func(a, b events.Event) int { return cmp.Compare(a.Context.Rank(), b.Context.Rank()) })
	index := map[events.Context]int{}
	for i := range derived {
		e := &derived[i]
		if leaks(in.Context, e.Context) {
			return nil, fault.New(fault.Internal, "closed-cause", "a fact of "+string(e.Context)+" must not follow from one of "+string(in.Context))
		}
		e.ID = events.DerivedID(service, in.ID, e.Context, index[e.Context])
		e.Source, e.Actor = "/services/"+service, "service:"+service
		e.CausationID, e.CausationSeq, e.CausationIndex = in.ID, in.Seq, index[e.Context]
		if e.CorrelationID = in.CorrelationID; e.CorrelationID == "" {
			e.CorrelationID = in.ID
		}
		index[e.Context]++
	}
	return derived, nil
}

// leaks reports whether naming a cause would show readers of an open context that there is a
// fact in a closed one.
func leaks(cause, consequence events.Context) bool {
	closed := func(c events.Context) bool { return c == events.Sealed || c == events.RoleSealed }
	return closed(cause) && !closed(consequence)
}
