package derive

import (
	"context"
	"errors"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

const (
	ordersEvery = 500 * time.Millisecond // how often it is asked whether something is to be rebuilt
	tellEvery   = 300 * time.Millisecond // how often a rebuild says how far it is, and hears what is wanted
	oldEvery    = time.Minute            // how often it is asked whether the documents before may go
	near        = lotLimit               // how close a rebuild comes before the session waits for it
	rounds      = 10                     // how often it tries
)

// grace is how long the documents before a switch stay: readers that have not heard of it read them.
const grace = 10 * time.Minute

var (
	errCancelled = errors.New("the rebuild was cancelled")
	errPaused    = errors.New("the rebuild is paused")
)

// do has something done by the session's one goroutine, between two batches. What it fails with ends the
// session.
func (s *session) do(ctx context.Context, do func(context.Context) error) error {
	c := call{do, make(chan error, 1)}
	select {
	case s.calls <- c:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wanted is what others want done; nothing where there is no session.
func (s *session) wanted() <-chan call {
	if s == nil {
		return nil
	}
	return s.calls
}

// begin has the session tended until its end, which waits for that.
func (s *session) begin(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.tend(ctx)
	}()
	s.end = func() {
		cancel()
		<-over
	}
}

// tend carries out rebuilds, and drops what they replaced once its grace is over, until the session ends.
func (s *session) tend(ctx context.Context) {
	var looked time.Time
	for ctx.Err() == nil {
		if time.Since(looked) > oldEvery {
			looked = time.Now()
			if err := s.dropBefore(ctx); err != nil && ctx.Err() == nil {
				s.e.cfg.Log.Warn("documents that were replaced are not dropped yet", "error", err)
			}
		}
		r, _, err := s.e.loadRebuild(ctx)
		if err == nil && r.State == Running {
			s.carryOut(ctx, &rebuilding{s: s, r: r})
		}
		select {
		case <-ctx.Done():
		case <-time.After(ordersEvery):
		}
	}
}

func (s *session) dropBefore(ctx context.Context) error {
	var old *projection.Beside
	err := s.do(ctx, func(context.Context) error {
		if p := s.progress; p.Before > 0 && time.Since(p.Switched) > grace {
			old = s.store.Beside(p.Before)
		}
		return nil
	})
	if err != nil || old == nil {
		return err
	}
	if err := old.Drop(ctx); err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context) error {
		p := s.progress
		if p.Before != old.Number() {
			return nil
		}
		p.Before = 0
		err := s.store.Commit(ctx, nil, p)
		if err == nil {
			s.progress = p
		}
		return err
	})
}

// carryOut makes a rebuild and says what came of it. What could not be reached is tried again, from the
// beginning: so is what another session had begun.
func (s *session) carryOut(ctx context.Context, b *rebuilding) {
	s.e.cfg.Log.Info("rebuilding", "rebuild", b.r.ID, "person", string(b.r.Person))
	err := b.run(ctx)
	s.e.metrics.rebuild.Set(0)
	switch {
	case ctx.Err() != nil:
		return
	case errors.Is(err, errCancelled):
		s.e.cfg.Log.Info("the rebuild was cancelled", "rebuild", b.r.ID)
		return
	case err != nil && fault.KindOf(err) == fault.Unavailable:
		s.e.cfg.Log.Warn("a rebuild begins anew", "rebuild", b.r.ID, "error", err)
		return
	case err != nil:
		s.e.cfg.Log.Error("a rebuild failed", "rebuild", b.r.ID, "error", err)
		b.r.State, b.r.Error = Failed, err.Error()
	}
	b.r.Phase, b.r.Ended = string(b.r.State), time.Now().UTC()
	if err := b.over(ctx); err != nil {
		s.e.cfg.Log.Warn("what came of a rebuild is not noted", "rebuild", b.r.ID, "error", err)
		return
	}
	s.e.cfg.Log.Info("rebuilt", "rebuild", b.r.ID, "state", string(b.r.State), "switched", b.r.Switched)
}

// rebuilding is a rebuild as the working replica carries it out.
type rebuilding struct {
	s     *session
	r     Rebuild
	told  time.Time
	began time.Time
	m     *making
}

func (b *rebuilding) run(ctx context.Context) error {
	b.began = time.Now()
	err := b.s.do(ctx, func(ctx context.Context) (err error) {
		b.m, err = b.s.beside(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if b.r.Person != "" {
		err = b.one(ctx)
	} else {
		err = b.all(ctx)
	}
	if b.r.Person != "" || !b.r.Switched {
		_ = b.m.store.Drop(context.WithoutCancel(ctx)) // or the next session does
	}
	return err
}

// all makes everybody's documents anew while the session works on, and has it wait for the rest only.
func (b *rebuilding) all(ctx context.Context) error {
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	if _, err := b.m.s.docs.Commit(b.m.s.progress); err != nil {
		return err
	}
	b.phase("comparing")
	var c *comparison
	err := b.s.do(ctx, func(context.Context) error { c = compare(b.s.progress.Generation, b.m.store.Number()); return nil })
	if err != nil {
		return err
	}
	if err := c.scan(ctx, b.m.store); err != nil {
		return err
	}
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	b.phase("switching")
	return b.finish(ctx, func(ctx context.Context) error { return b.compareAll(ctx, c) }, b.switchAll)
}

// catchUp folds what the session has handled, until that is close.
func (b *rebuilding) catchUp(ctx context.Context) error {
	b.m.step = b.tell
	for round := 0; round < rounds; round++ {
		end := b.s.reached.Load()
		b.r.Total = end
		err := b.m.to(ctx, end)
		if errors.Is(err, errPaused) { // nothing is left open meanwhile: it reads on from where it is
			err = b.resumed(ctx)
			round--
		}
		if err != nil {
			return err
		}
		if b.s.reached.Load()-b.m.s.progress.Handled < near {
			break
		}
	}
	return nil
}

// finish folds the rest while the session waits, and compares; where documents may be replaced, it replaces
// them. A failure before that is the rebuild's own.
func (b *rebuilding) finish(ctx context.Context, compare, replace func(context.Context) error) error {
	if err := b.resumed(ctx); err != nil {
		return err
	}
	var failed error
	err := b.s.do(ctx, func(ctx context.Context) error {
		b.m.step = func(context.Context) error { return nil }
		if failed = b.m.to(ctx, b.s.progress.Handled); failed != nil {
			return nil
		}
		if failed = b.m.settle(ctx); failed != nil {
			return nil
		}
		if failed = compare(ctx); failed != nil {
			return nil
		}
		if b.judge(); b.r.State != Done || b.r.DryRun {
			return nil
		}
		return replace(ctx)
	})
	if err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	b.r.Switched = b.r.State == Done && !b.r.DryRun
	b.r.Restated = b.r.Switched && b.m.differs
	return nil
}

// judge says what is to come of the rebuild.
func (b *rebuilding) judge() {
	b.r.Facts, b.r.Total, b.r.State = b.m.s.progress.Handled, b.m.s.progress.Handled, Done
	b.s.e.metrics.differences.Set(float64(b.r.Report.Differing + b.r.Report.Missing + b.r.Report.Extra))
	if !b.r.Report.Clean() && !b.r.Switch {
		b.r.State = Different
	}
}

func (b *rebuilding) compareAll(ctx context.Context, c *comparison) error {
	if err := c.scan(ctx, b.m.store); err != nil {
		return err
	}
	report := c.report()
	b.r.Report = &report
	return nil
}

func (b *rebuilding) switchAll(ctx context.Context) error {
	if err := b.s.switchTo(ctx, b.m); err != nil {
		return err
	}
	if !b.r.Report.Clean() {
		if err := b.s.setAllTimers(ctx); err != nil {
			return err
		}
	}
	return b.s.due(ctx)
}

// over notes how the rebuild ended, unless another one was ordered since.
func (b *rebuilding) over(ctx context.Context) error {
	_, err := b.s.e.changeRebuild(ctx, func(r *Rebuild) error {
		if r.ID != b.r.ID {
			return errCancelled
		}
		*r = b.r
		return nil
	})
	return err
}

// phase begins a phase.
func (b *rebuilding) phase(name string) {
	b.r.Phase, b.told = name, time.Time{}
}

// tell says how far the rebuild is, now and then, and hears what is wanted of it.
func (b *rebuilding) tell(ctx context.Context) error {
	if time.Since(b.told) < tellEvery {
		return nil
	}
	b.told = time.Now()
	if b.r.Phase == "waiting" {
		b.r.Phase = "folding"
	}
	if at := b.m.s.progress.Handled; at > b.r.Facts {
		b.s.e.metrics.rebuilt.Add(float64(at - b.r.Facts))
		b.r.Facts = at
	}
	b.r.Rate = int(float64(b.r.Facts) / max(time.Since(b.began).Seconds(), 0.001))
	b.s.e.metrics.rebuild.Set(float64(b.r.Facts) / float64(max(b.r.Total, 1)))
	return b.say(ctx)
}

// say notes how far the rebuild is. It fails with errPaused and with errCancelled where that is wanted.
func (b *rebuilding) say(ctx context.Context) error {
	is, revision, err := b.s.e.loadRebuild(ctx)
	switch {
	case err != nil:
		return err
	case is.ID != b.r.ID || !is.goesOn():
		return errCancelled
	case is.State == Paused:
		return errPaused
	}
	_, _ = b.s.e.saveRebuild(ctx, b.r, revision) // where somebody was faster, the next time says it
	return nil
}

// resumed waits until the rebuild is to go on.
func (b *rebuilding) resumed(ctx context.Context) error {
	for paused := time.Now(); ; {
		err := b.say(ctx)
		if !errors.Is(err, errPaused) {
			b.began = b.began.Add(time.Since(paused))
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tellEvery):
		}
	}
}
