package derive

import (
	"context"
	"errors"
	"sync/atomic"

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
	rules    Rules
	fence    *eventlog.Fence
	store    *projection.KV
	docs     *projection.Docs
	progress projection.Progress
	position position // of the last derived fact that stood in the log when the work was taken over
	parked   parking
	failed   map[uint64]int // how often an input has failed
	reached  atomic.Uint64  // progress.Handled, for those who wait for it
	calls    chan call      // what others want done between two batches
	end      context.CancelFunc
	unsure   bool // whether what the documents say was stated
	warm     bool // what the last inputs asked for was in memory, most of it
}

// call is something that only the one goroutine of the session may do.
type call struct {
	do   func(context.Context) error
	done chan error
}

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
	return batch[len(batch)-1].Ack()
}

// handle folds inputs, appends what follows and commits the documents. A poisonous input ends the
// batch before it: what was folded in memory is dropped, the inputs before are handled again, and
// it is tried alone until it is parked.
func (s *session) handle(ctx context.Context, in []input) error {
	for n := len(in); n > 0; {
		done, good, err := s.handleGood(ctx, in[:n])
		if err != nil {
			return err
		}
		if !good {
			n = max(done, 1)
			continue
		}
		in = in[done:]
		n = len(in)
	}
	return nil
}

// full reports whether what has changed makes a commit. All of it goes in one atomic batch: in several, a
// crash between two could leave a document that another one counts on behind it. The more that is, the more
// often is a document written once for several facts; but so many bytes take a server long enough.
func (s *session) full() bool {
	return s.docs.Dirty() >= s.store.Together()-99 || s.docs.Heavy() >= heavy
}

const heavy = 48 << 20

// handleGood handles as many of in as make a full commit and says how many. Or else it says which one
// failed, of which and of all the others nothing has happened then.
func (s *session) handleGood(ctx context.Context, in []input) (done int, good bool, err error) {
	s.foresee(in)
	var derived []events.Event
	handled := s.progress
	for i, one := range in {
		if i > 0 && s.full() {
			in = in[:i]
			break
		}
		if one.Seq <= handled.Handled {
			continue
		}
		out, err := s.follows(ctx, one)
		if err != nil {
			s.docs.Drop()
			return i, false, s.failure(ctx, one, err)
		}
		derived = append(derived, out...)
		handled.Handled, handled.Recorded = one.Seq, one.Recorded
	}
	if handled.Handled == s.progress.Handled {
		return len(in), true, nil
	}
	s.warm = s.docs.Loads()*10 < len(in)
	if err := s.docs.Encode(); err != nil {
		s.docs.Drop()
		if len(in) > 1 {
			return len(in) / 2, false, nil // one of them is at fault: whether it is in this half will show
		}
		return 0, false, s.failure(ctx, in[0], err)
	}
	return len(in), true, s.commit(ctx, handled, derived)
}

// foresee has the documents loaded together that many inputs will ask for, where they are more than stay
// in memory: where they do not, most of those before were asked for one by one.
func (s *session) foresee(in []input) {
	rules, can := s.rules.(Foreseer)
	if !can || len(in) < 100 || s.warm {
		return
	}
	var keys []string
	for _, one := range in {
		if one.err == nil && one.Seq > s.progress.Handled {
			keys = append(keys, rules.Foresee(one.Event)...)
		}
	}
	s.docs.Foresee(keys)
}

// follows returns what follows from one input and is not in the log yet.
func (s *session) follows(ctx context.Context, in input) ([]events.Event, error) {
	derived, err := s.fold(ctx, in)
	if err != nil {
		return nil, err
	}
	derived = s.position.after(derived)
	if err := s.e.log.Check(derived...); err != nil {
		return nil, fault.Wrap(fault.Internal, "faulty-consequence", "what follows from an input is nothing that the log takes", err)
	}
	return derived, nil
}

// fold folds one input, unless it is left out, and returns what follows from it.
func (s *session) fold(ctx context.Context, in input) ([]events.Event, error) {
	if s.parked.out[in.Seq] {
		return nil, nil
	}
	if errors.Is(in.err, events.ErrUnknownFact) {
		s.e.metrics.unknown.Inc()
		return nil, nil
	}
	if in.err != nil {
		return nil, in.err
	}
	e := in.Event
	if r, ok := e.Fact.(*events.Retry); ok && string(r.For) == s.e.cfg.Service {
		var err error
		if e, err = s.retried(ctx, e, r); err != nil || e.Fact == nil {
			return nil, err
		}
	}
	return Step(s.docs, s.rules, s.e.cfg.Service, e, e.Recorded)
}

func (s *session) commit(ctx context.Context, p projection.Progress, derived []events.Event) error {
	if len(derived) > 0 {
		acks, err := s.fence.Append(ctx, derived...)
		if err != nil {
			return err
		}
		for _, a := range acks {
			p.Appended = max(p.Appended, a.Seq) // a duplicate stands further back
		}
	}
	timers, err := s.docs.Commit(p)
	if err != nil {
		return err
	}
	s.progress = p
	s.reached.Store(p.Handled)
	s.e.metrics.parked.Set(float64(s.parked.waiting()))
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
