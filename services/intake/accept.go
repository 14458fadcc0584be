package intake

import (
	"context"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// Options are how an import differs from facts that are sent one by one.
type Options struct {
	unknown unknownPeople
	first   func() *events.Event // stored before the first new fact, where there is any
	stored  func(eventlog.Ack)   // where that was stored
}

// Accept takes facts of a viewer, at most maxChunk, and tells what became of each: refused,
// stored before, or stored now, which means on disk. The good ones are stored whatever the others are.
func (s *Service) Accept(ctx context.Context, viewer access.Viewer, in []Incoming, opts Options) []Outcome {
	return s.admit(ctx, viewer, in, opts, nil).commit()
}

// admit does all of it but storing. That may go on while the call before, if there is one, is still being
// stored: what that stores is known here already. Where it fails, this one must not be committed.
func (s *Service) admit(ctx context.Context, viewer access.Viewer, in []Incoming, opts Options, before *admission) *admission {
	a := newAdmission(ctx, s, viewer, in, opts)
	if before != nil {
		a.before, before.before = before, nil
	}
	if a.err = s.writable(); a.err != nil {
		return a
	}
	if a.err = a.duplicates(); a.err != nil {
		return a
	}
	a.warm()
	for i := range a.items {
		a.prepare(&a.items[i])
	}
	a.seal()
	a.err = a.encode()
	return a
}

// commit stores what is admitted.
func (a *admission) commit() []Outcome {
	if a.err == nil {
		a.err = a.store()
	}
	if a.err != nil {
		return a.fail(a.err)
	}
	return a.outcomes()
}

// admission is one call of Accept. Facts may build on those before them in the same call.
type admission struct {
	ctx     context.Context
	s       *Service
	viewer  access.Viewer
	opts    Options
	now     time.Time
	items   []item
	err     error     // why nothing of it can be stored
	along   []pending // what is stored, in one commit
	whose   []*item   // nil for a fact that came along with another
	encoded eventlog.Facts
	before  *admission // the call before, where that is still being stored

	facts    map[events.FactID]*item
	joined   map[events.PersonID]bool
	contacts map[events.PersonID]contact
	programs map[events.ProgramID]bool
}

// known is an earlier fact that has an id, of this call or the one before, or nil.
func (a *admission) known(id events.FactID) *item {
	for c := a; c != nil; c = c.before {
		if it := c.facts[id]; it != nil {
			return it
		}
	}
	return nil
}

// item is one fact on its way.
type item struct {
	in      Incoming
	outcome Outcome
	sameAs  *item // an earlier one of the same call has its id

	fact    events.Fact
	wrong   []fault.Field
	clear   events.Clear
	details *events.PersonDetails
	context events.Context // of the act it is about, where that decides
	subject string
	of      events.Fact   // the act it is about
	before  []pending     // facts that it needs, stored before it
	event   *events.Event // nil where it is refused
}

// pending is a fact with what has to be sealed in it.
type pending struct {
	event   *events.Event
	clear   events.Clear
	details *events.PersonDetails
}

func newAdmission(ctx context.Context, s *Service, viewer access.Viewer, in []Incoming, opts Options) *admission {
	a := &admission{
		ctx: ctx, s: s, viewer: viewer, opts: opts, now: s.now().UTC(), items: make([]item, len(in)),
		facts: map[events.FactID]*item{}, joined: map[events.PersonID]bool{},
		contacts: map[events.PersonID]contact{}, programs: map[events.ProgramID]bool{},
	}
	for i := range in {
		a.items[i].in = in[i]
		a.items[i].outcome.Err = in[i].err
	}
	return a
}

// open reports whether something is still to be done for the item.
func (it *item) open() bool { return it.outcome.Err == nil && it.outcome.Seq == 0 && it.sameAs == nil }

// duplicates settles what is stored already, before any other work is spent on it.
func (a *admission) duplicates() error {
	candidates := map[int][]uint64{}
	var all []uint64
	for i := range a.items {
		it := &a.items[i]
		if it.outcome.Err != nil {
			continue
		}
		it.outcome.ID = a.idOf(it, it.in.ID)
		if where := a.s.seen.where(it.outcome.ID); len(where) > 0 {
			candidates[i] = where
			all = append(all, where...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	stored, err := a.s.settle(a.ctx, all)
	if err != nil {
		return err
	}
	for i, where := range candidates {
		for _, seq := range where {
			if stored[seq] == a.items[i].outcome.ID {
				a.items[i].outcome.Seq, a.items[i].outcome.Duplicate = seq, true
				break
			}
		}
	}
	return nil
}

// encode makes ready what is left, for one commit. Each fact keeps its place among the others.
func (a *admission) encode() (err error) {
	for i := range a.items {
		it := &a.items[i]
		if !it.open() {
			continue
		}
		for _, p := range it.before {
			a.add(p, nil)
		}
		a.add(pending{event: it.event, details: it.details}, it)
	}
	if len(a.along) > 0 && a.opts.first != nil {
		if e := a.opts.first(); e != nil {
			a.along, a.whose = slices.Insert(a.along, 0, pending{event: e}), slices.Insert(a.whose, 0, nil)
		}
	}
	all := make([]events.Event, len(a.along))
	for i, p := range a.along {
		all[i] = *p.event
	}
	a.encoded, err = a.s.log.Encode(all...)
	return err
}

func (a *admission) add(p pending, it *item) {
	a.along, a.whose = append(a.along, p), append(a.whose, it)
}

// store stores it.
func (a *admission) store() error {
	if len(a.along) == 0 {
		return nil
	}
	acks, err := a.s.log.Store(a.ctx, a.encoded)
	if err != nil {
		return err
	}
	if a.opts.stored != nil && a.along[0].event.Fact.FactName() == "ImportStarted" {
		a.opts.stored(acks[0])
	}
	for i, ack := range acks {
		a.stored(a.along[i], ack, a.whose[i])
	}
	return nil
}

func (a *admission) stored(p pending, ack eventlog.Ack, it *item) {
	e := *p.event
	e.Seq = ack.Seq
	a.s.seen.put(e.ID, ack.Seq)
	if !ack.Duplicate {
		a.s.directory.fold(e, p.details)
	}
	if it != nil {
		it.outcome.Seq, it.outcome.Duplicate = ack.Seq, ack.Duplicate
	}
}

// fail gives every item that has no outcome the same one.
func (a *admission) fail(err error) []Outcome {
	for i := range a.items {
		if a.items[i].open() {
			a.items[i].outcome.Err = err
		}
	}
	return a.outcomes()
}

func (a *admission) outcomes() []Outcome {
	out := make([]Outcome, len(a.items))
	for i := range a.items {
		it := &a.items[i]
		if it.sameAs != nil && it.outcome.Err == nil {
			it.outcome = it.sameAs.outcome
			it.outcome.Duplicate = it.outcome.Err == nil
		}
		out[i] = it.outcome
		a.s.metrics.count(out[i])
	}
	return out
}
