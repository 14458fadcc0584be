package derive

import (
	"context"
	"errors"
	"fmt"

	"kith.internal/events"
	"kith.internal/libs/projection"
)

// position is the place of a derived fact: by its cause, its context and its index there.
type position struct {
	seq   uint64
	rank  int
	index int
}

func placeOf(e events.Event) position {
	return position{e.CausationSeq, e.Context.Rank(), e.CausationIndex}
}

// precedes reports whether e comes after p in the order in which facts are derived.
func (p position) precedes(e events.Event) bool {
	at := placeOf(e)
	if at.seq != p.seq {
		return at.seq > p.seq
	}
	if at.rank != p.rank {
		return at.rank > p.rank
	}
	return at.index > p.index
}

// after leaves out what stands in the log already.
func (p position) after(derived []events.Event) []events.Event {
	if p.seq == 0 || len(derived) == 0 || derived[0].CausationSeq > p.seq {
		return derived
	}
	var rest []events.Event
	for _, e := range derived {
		if p.precedes(e) {
			rest = append(rest, e)
		}
	}
	return rest
}

// open takes the work over: it claims the fence, so that nobody else appends any more, and only
// then reads how far the service has come; it folds what was answered before without answering
// again, then what was stated, then everything up to the log's end.
func (e *Engine) open(ctx context.Context) (*session, error) {
	fence, err := e.log.Claim(ctx, e.cfg.Service, e.cfg.Version)
	if err != nil {
		return nil, err
	}
	store, err := projection.OpenKV(ctx, e.log.Conn(), e.cfg.Bucket, e.cfg.Replicas)
	if err != nil {
		return nil, err
	}
	s := e.session(ctx, store)
	s.fence, s.store = fence, store
	if err := s.claim(ctx); err != nil {
		return nil, err
	}
	if err := s.readParked(ctx); err != nil {
		return nil, err
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	e.metrics.working.Set(1)
	e.metrics.parked.Set(float64(s.parked.waiting()))
	e.cfg.Log.Info("working", "claim", fence.Seq(), "handled", s.progress.Handled)
	if err := s.setAllTimers(ctx); err != nil {
		return nil, err
	}
	if err := s.due(ctx); err != nil {
		return nil, err
	}
	s.begin(ctx)
	return s, nil
}

// session is one that folds into a store, from its beginning.
func (e *Engine) session(ctx context.Context, store projection.Store) *session {
	return &session{e: e, rules: e.rules, docs: projection.NewDocs(ctx, store), parked: newParking(), failed: map[uint64]int{},
		calls: make(chan call), end: func() {}}
}

// claim makes the documents the session's own, so that a commit of the writer before is refused from
// now on. Those that mean nothing any more are made anew: of another layout they are read meanwhile, of
// another log not.
func (s *session) claim(ctx context.Context) error {
	p, _ := s.store.Progress(ctx)
	of, err := s.e.origin(ctx, p)
	if err != nil {
		return err
	}
	if p == (projection.Progress{}) {
		err = s.store.Clear(ctx)
	} else if p.Given > p.Generation {
		err = s.store.Drop(ctx, p.Given) // a making that was cut short
	}
	if err != nil {
		return err
	}
	last, err := s.e.lastDerived(ctx)
	if err != nil {
		return err
	}
	s.progress = p
	if of == foreign {
		s.progress = projection.Progress{Generation: p.Generation, Before: p.Before, Given: p.Given}
	}
	if of == foreign && last.seq == 0 { // nothing was ever answered: all of the log is to be
		s.progress = s.next(s.progress, s.progress.Given+1)
		of = current
	}
	if err := s.store.Commit(ctx, nil, s.progress); err != nil {
		return err
	}
	s.reached.Store(s.progress.Handled)
	if of == current {
		return nil
	}
	return s.renew(ctx, last)
}

func (s *session) catchUp(ctx context.Context) error {
	stated := s.progress.Appended // before anything is added to it
	var err error
	if s.position, err = s.e.lastDerived(ctx); err != nil {
		return err
	}
	if s.position.seq > s.progress.Handled {
		if err := s.foldTo(ctx, s.position.seq); err != nil {
			return err
		}
	}
	if err := s.readStated(ctx, stated); err != nil {
		return err
	}
	return s.foldTo(ctx, 0)
}

// owned filters the facts that the service has stated.
func (e *Engine) owned() (filters []string) {
	for _, c := range e.cfg.Owns {
		filters = append(filters, events.FilterContext(c))
	}
	return filters
}

// lastDerived is the place of the last fact that the service has ever derived, as the leader
// knows it.
func (e *Engine) lastDerived(ctx context.Context) (position, error) {
	var last position
	for _, c := range e.cfg.Owns {
		f, err := e.log.LastOf(ctx, c)
		if err != nil && (f == nil || f.Context == "") { // a body of a newer version does not matter here
			return last, err
		}
		if f != nil && f.CausationID != "" && last.precedes(*f) {
			last = placeOf(*f)
		}
	}
	return last, nil
}

// errEnough ends a read that has come far enough.
var errEnough = errors.New("enough")

// foldTo handles the inputs behind the checkpoint, up to a sequence or, with 0, to the log's end.
func (s *session) foldTo(ctx context.Context, to uint64) error {
	var pending []input
	flush := func() error {
		err := s.handle(ctx, pending)
		pending = pending[:0]
		return err
	}
	err := s.e.log.Read(ctx, s.progress.Handled+1, s.e.cfg.Inputs, func(e events.Event, err error) error {
		if to > 0 && e.Seq > to {
			return errEnough
		}
		if pending = append(pending, input{e, err}); len(pending) == batchLimit {
			return flush()
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return flush()
}

// readStated folds the service's own facts after a sequence, which its documents do not include: they
// are what it has stated, whatever today's rules would have.
func (s *session) readStated(ctx context.Context, after uint64) error {
	p := s.progress
	s.docs.Begin(p.Handled)
	err := s.e.log.Read(ctx, after+1, s.e.owned(), func(e events.Event, err error) error {
		if p.Appended = max(p.Appended, e.Seq); err != nil {
			return nil // an unreadable fact of one's own states nothing
		}
		if err := s.stated(e); err != nil {
			return err
		}
		if s.docs.Dirty() < batchLimit {
			return nil
		}
		return s.keepStated(p)
	})
	if err != nil || p == s.progress && s.docs.Dirty() == 0 {
		return err
	}
	return s.keepStated(p)
}

// stated folds one of the service's own facts. Rules that fail on it hear nothing of it, and the service
// goes on: it may state again what it has stated, which is better than to state nothing ever again.
func (s *session) stated(own events.Event) error { return s.tell(own, s.rules.Stated) }

// tell tells the rules of one of the service's own facts.
func (s *session) tell(own events.Event, rule func(*projection.Docs, events.Event) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		if err != nil && s.docs.Err() == nil {
			s.e.cfg.Log.Error("a fact of one's own cannot be folded", "seq", own.Seq, "fact", string(own.ID), "error", err)
			err = nil
		}
	}()
	return rule(s.docs, own)
}

func (s *session) keepStated(p projection.Progress) error {
	_, err := s.docs.Commit(p)
	if err == nil {
		s.progress = p
	}
	return err
}

// setAllTimers sets the timer of every document: a crash may have lost some.
func (s *session) setAllTimers(ctx context.Context) error {
	var timers []projection.Timer
	flush := func() error {
		err := s.setTimers(ctx, timers)
		timers = timers[:0]
		return err
	}
	err := s.store.Each(ctx, func(r projection.Record) error {
		if timers = append(timers, r.Alarm()); len(timers) == batchLimit {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
