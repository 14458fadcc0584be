package intake

import (
	"context"
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
	a := newAdmission(ctx, s, viewer, in, opts)
	if err := s.writable(); err != nil {
		return a.fail(err)
	}
	if err := a.duplicates(); err != nil {
		return a.fail(err)
	}
	a.warm()
	for i := range a.items {
		a.prepare(&a.items[i])
	}
	a.seal()
	if err := a.append(); err != nil {
		return a.fail(err)
	}
	return a.outcomes()
}

// admission is one call of Accept. Facts may build on those before them in the same call.
type admission struct {
	ctx    context.Context
	s      *Service
	viewer access.Viewer
	opts   Options
	now    time.Time
	items  []item

	facts    map[events.FactID]*item
	joined   map[events.PersonID]bool
	contacts map[events.PersonID]contact
	programs map[events.ProgramID]bool
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
	of      events.Fact // the act it is about
	before  []pending   // facts that it needs, stored before it
	event   *events.Event
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

// append stores what is left in one commit. Each fact keeps its place among the others.
func (a *admission) append() error {
	var all []events.Event
	var whose []*item // nil for a fact that came along with another
	var along []pending
	add := func(p pending, it *item) {
		all, whose, along = append(all, *p.event), append(whose, it), append(along, p)
	}
	for i := range a.items {
		it := &a.items[i]
		if !it.open() {
			continue
		}
		for _, p := range it.before {
			add(p, nil)
		}
		add(pending{event: it.event, details: it.details}, it)
	}
	if len(all) == 0 {
		return nil
	}
	if a.opts.first != nil {
		if e := a.opts.first(); e != nil {
			all, whose, along = append([]events.Event{*e}, all...), append([]*item{nil}, whose...), append([]pending{{event: e}}, along...)
		}
	}
	acks, err := a.s.log.Append(a.ctx, all...)
	if err != nil {
		return err
	}
	if a.opts.stored != nil && all[0].Fact.FactName() == "ImportStarted" {
		a.opts.stored(acks[0])
	}
	for i, ack := range acks {
		a.stored(all[i], ack, along[i].details, whose[i])
	}
	return nil
}

func (a *admission) stored(e events.Event, ack eventlog.Ack, details *events.PersonDetails, it *item) {
	e.Seq = ack.Seq
	a.s.seen.put(e.ID, ack.Seq)
	if !ack.Duplicate {
		a.s.directory.fold(e, details)
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
