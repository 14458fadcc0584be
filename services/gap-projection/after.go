package gaps

import (
	"context"
	"errors"
	"math"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// inputs are the facts that the rules read.
var inputs = []string{
	events.FilterContext(events.People),
	events.FilterContext(events.Support),
	events.FilterContext(events.Personal),
	events.FilterContext(events.Role),
	events.FilterFact(events.Policy, "RulesetActivated"),
	events.FilterFact(events.Policy, "PolicyChanged"),
	events.FilterFact(events.Clock, "Due"),
	events.FilterFact(events.Clock, "Retry"),
}

// reader is how far the two services have come whose documents answer queries.
type reader struct {
	log      *eventlog.Log
	networks *projection.Reader
	ties     *projection.Reader
}

// tie waits until ties include the fact at a sequence: role-classifier has handled it.
func (r *reader) tie(ctx context.Context, after uint64) error {
	e, err := r.fact(ctx, after)
	if err != nil || !readByClassifier(e) {
		return err
	}
	_, err = r.ties.Wait(ctx, after)
	return err
}

// network waits until networks include the fact at a sequence and all that followed from it:
// role-classifier has handled it, and this service has handled that fact and every role fact
// that was derived by then. Where that ended an import, gaps have been decided on as well.
func (r *reader) network(ctx context.Context, after uint64) error {
	e, err := r.fact(ctx, after)
	if err != nil {
		return err
	}
	derived := uint64(math.MaxUint64)
	if readByClassifier(e) {
		ties, err := r.ties.Wait(ctx, after)
		if err != nil {
			return err
		}
		derived = ties.Appended // those after it follow from later facts
	}
	until, err := r.lastRole(ctx, derived)
	if err != nil {
		return err
	}
	if readHere(e) {
		until = max(until, after)
	}
	_, err = r.networks.Wait(ctx, until)
	return err
}

// lastRole is a sequence by which this service has handled every role fact that there is, but for those
// after most.
func (r *reader) lastRole(ctx context.Context, most uint64) (uint64, error) {
	role, err := r.log.LastOf(ctx, events.Role)
	if err != nil || role == nil {
		return 0, err
	}
	return min(role.Seq, most), nil
}

// fact is the fact at a sequence; one without a context where it is none that anybody folds.
func (r *reader) fact(ctx context.Context, seq uint64) (events.Event, error) {
	e, err := r.log.Get(ctx, seq)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return e, fault.Wrap(fault.Unavailable, "ahead-of-the-log", "the log has not come as far as that yet", err)
	case errors.Is(err, events.ErrUnknownFact), errors.Is(err, events.ErrEnvelope):
		return events.Event{}, nil
	}
	return e, err
}

func readByClassifier(e events.Event) bool {
	switch e.Context {
	case events.People, events.Support, events.Personal, events.Sealed:
		return true
	}
	return followed(e, "role-classifier")
}

func readHere(e events.Event) bool {
	switch e.Context {
	case events.People, events.Support, events.Personal, events.Role:
		return true
	}
	return followed(e, Name)
}

// followed reports whether a fact of policy or clock is read by a service.
func followed(e events.Event, service events.DueFor) bool {
	switch f := e.Fact.(type) {
	case *events.RulesetActivated:
		return true
	case *events.PolicyChanged:
		return service == Name
	case *events.Due:
		return f.For == service
	case *events.Retry:
		return f.For == service
	}
	return false
}
