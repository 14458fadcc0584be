package derive

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"kith.internal/libs/eventlog"
)

// looks is how often documents are looked at that change meanwhile.
const looks = 10

// Verify verifies services up to where they are. at is called now and then with how far the log has been read.
// It fails with kind Unavailable; what it finds, the verifications have.
func Verify(ctx context.Context, log *eventlog.Log, at func(uint64), vs ...*Verification) error {
	for range looks {
		for _, v := range vs {
			if err := v.toLive(ctx); err != nil {
				return err
			}
		}
		end, err := log.Last(ctx) // after what follows from the last inputs has been appended
		if err != nil {
			return err
		}
		if err := Fold(ctx, log, end, at, vs...); err != nil {
			return err
		}
		changing := 0
		for _, v := range vs {
			if err := v.lookAt(ctx); err != nil {
				return err
			}
			changing += len(v.suspects)
		}
		if changing == 0 {
			return nil
		}
	}
	return nil
}

// toLive has the verification go as far as the service has.
func (v *Verification) toLive(ctx context.Context) error {
	p, err := v.live.Wait(ctx, v.s.progress.Handled)
	if err == nil {
		v.To(p.Handled)
	}
	return err
}

// To says up to where inputs are to be folded.
func (v *Verification) To(end uint64) { v.end = max(end, v.s.progress.Handled) }

// Fold folds inputs up to where To has said, and hears of what was said up to a sequence of the log, which
// must be all that follows. The log is read and decoded once for all; each verification has a goroutine.
func Fold(ctx context.Context, log *eventlog.Log, to uint64, at func(uint64), vs ...*Verification) error {
	vs[0].holes = true
	for {
		err := foldOnce(ctx, log, to, at, vs)
		var poison *errPoison
		if !errors.As(err, &poison) {
			return err
		}
		for _, v := range vs { // what the others have in memory was cut short
			if err := v.leave(ctx, poison); err != nil {
				return err
			}
		}
	}
}

// leave goes back to what was kept, and leaves an input of its own out that cannot be folded.
func (v *Verification) leave(ctx context.Context, poison *errPoison) error {
	end := v.end
	if err := v.load(ctx); err != nil {
		return err
	}
	v.To(end)
	if poison.by != v {
		return nil
	}
	v.unreadable(poison.in.Event, poison.err)
	v.state.Left = append(v.state.Left, poison.in.Seq)
	return v.keep()
}

func foldOnce(ctx context.Context, log *eventlog.Log, to uint64, at func(uint64), vs []*Verification) error {
	for _, v := range vs {
		if err := v.readParked(ctx); err != nil {
			return err
		}
		v.resumed = v.s.progress
	}
	g, ctx := errgroup.WithContext(ctx)
	r := &reading{log: log, to: to, at: at, vs: vs}
	for _, v := range vs {
		lots := make(chan []entry, 4)
		r.lots = append(r.lots, lots)
		g.Go(func() error { return v.takeAll(ctx, lots) })
	}
	g.Go(func() error { return r.read(ctx) })
	return g.Wait()
}

// takeAll takes what is read; behind its end, what is expected and has not come is missing.
func (v *Verification) takeAll(ctx context.Context, lots <-chan []entry) error {
	for more := true; more; {
		var lot []entry
		select {
		case <-ctx.Done():
			return ctx.Err()
		case lot, more = <-lots:
		}
		for _, m := range lot {
			if err := v.take(ctx, m); err != nil {
				return err
			}
		}
	}
	v.s.docs.Begin(v.s.progress.Handled)
	if err := v.miss(len(v.pending)); err != nil {
		return err
	}
	v.state.Heard = v.end
	v.heardOut(v.end + 1)
	return v.keep()
}

// reading is the log as it is read for several verifications.
type reading struct {
	log  *eventlog.Log
	to   uint64
	at   func(uint64)
	vs   []*Verification
	lots []chan []entry
	lot  []entry
}

// read hands out the log. Only at its end it closes the lots: what could not be read must not pass for
// what is not there.
func (r *reading) read(ctx context.Context) error {
	from := r.to + 1
	for _, v := range r.vs {
		from = min(from, v.resumed.Handled+1)
	}
	for from <= r.to {
		err := r.log.Messages(ctx, from, r.to, func(s eventlog.Stored) error { return r.add(ctx, r.decoded(s)) })
		var hole *eventlog.Hole
		if !errors.As(err, &hole) {
			if err != nil {
				return err
			}
			break
		}
		if err := r.add(ctx, entry{Stored: eventlog.Stored{Seq: hole.To}, hole: hole}); err != nil {
			return err
		}
		from = hole.To + 1
	}
	if err := r.hand(ctx); err != nil {
		return err
	}
	for _, c := range r.lots {
		close(c)
	}
	return nil
}

// decoded decodes what somebody reads.
func (r *reading) decoded(s eventlog.Stored) entry {
	m := entry{Stored: s}
	if slices.ContainsFunc(r.vs, func(v *Verification) bool { return v.wants(s.Subject) }) {
		m.event, m.err = s.Event()
	}
	return m
}

func (r *reading) add(ctx context.Context, m entry) error {
	if r.lot = append(r.lot, m); len(r.lot) < lotLimit {
		return nil
	}
	return r.hand(ctx)
}

// hand hands out a lot.
func (r *reading) hand(ctx context.Context) error {
	if len(r.lot) == 0 {
		return nil
	}
	for _, c := range r.lots {
		select {
		case c <- r.lot:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.at(r.lot[len(r.lot)-1].Seq)
	r.lot = nil
	return nil
}
