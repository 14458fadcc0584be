package eventlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/libs/batch"
)

// breath is how long a group waits for those who come back with another fact as soon as they have their
// answer. It costs next to nothing: meanwhile the server makes the store that each batch gets of its own.
const breath = 200 * time.Microsecond

// request is what one caller hands in.
type request struct {
	msgs []*nats.Msg
	acks []Ack
	done chan error
}

// group is what is committed at once: all that callers have handed in while the group before was committed.
type group struct {
	log      *Log
	requests []*request
	msgs     []*nats.Msg
	batch    *batch.Batch // of more than a few facts, on their way to the server while others still come
}

// commitLoop commits one group after the other. A second one at the same time would only halve both: the
// server stores one after the other, and each costs it milliseconds.
func (l *Log) commitLoop(ctx context.Context) {
	defer close(l.ended)
	var pending sync.WaitGroup
	defer pending.Wait()
	before, answered := context.WithCancel(ctx)
	answered()
	for next := (*request)(nil); ; {
		if next == nil {
			select {
			case next = <-l.queue:
			case <-ctx.Done():
				return
			}
		}
		g := &group{log: l}
		g.add(next)
		next = g.gather(before)
		before, answered = context.WithCancel(ctx)
		pending.Go(func() { g.commit(ctx, answered) })
	}
}

// gather takes what callers hand in until the group before is answered, and those who were answered have
// had the time to come back. It returns the request that did not fit any more.
func (g *group) gather(before context.Context) (held *request) {
	for before.Err() == nil {
		select {
		case r := <-g.log.queue:
			if !g.fits(r) {
				<-before.Done()
				return r
			}
			g.add(r)
		case <-before.Done():
		}
	}
	for n := 0; n < len(g.requests) && held == nil && g.log.callers.Load() > few; held = g.take() {
		n = len(g.requests)
		time.Sleep(breath)
	}
	return held
}

// take takes what waits.
func (g *group) take() (held *request) {
	for {
		select {
		case r := <-g.log.queue:
			if !g.fits(r) {
				return r
			}
			g.add(r)
		default:
			return nil
		}
	}
}

func (g *group) fits(r *request) bool { return len(g.msgs)+len(r.msgs) <= batch.Limit }

func (g *group) add(r *request) {
	g.requests, g.msgs = append(g.requests, r), append(g.msgs, r.msgs...)
	switch {
	case len(g.msgs) <= g.log.alone():
	case g.batch == nil:
		g.batch = batch.Open(g.log.nc)
		g.batch.Add(g.msgs...)
	default:
		g.batch.Add(r.msgs...)
	}
}

// commit stores the group: at once, and what that does not settle one by one, in order. Those of the next
// group need not wait for that.
func (g *group) commit(ctx context.Context, answered func()) {
	defer answered()
	g.log.metrics.commit.Observe(float64(len(g.msgs)))
	t, unknown := g.log.tries(), false
	if g.batch != nil {
		last, err := g.atOnce(ctx)
		if err == nil {
			g.answer(t.stored(sequence(last, len(g.msgs))), nil)
			return
		}
		answered()
		batch.Unnumber(g.msgs)
		unknown = errors.Is(err, batch.ErrOutcomeUnknown)
	}
	g.answer(g.log.oneByOne(ctx, g.msgs, t, unknown))
}

// atOnce commits the batch.
func (g *group) atOnce(ctx context.Context) (last uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ack, err := g.batch.Commit(ctx)
	return ack.Seq, err
}

func (g *group) answer(acks []Ack, err error) {
	for _, r := range g.requests {
		if err == nil {
			r.acks, acks = acks[:len(r.msgs):len(r.msgs)], acks[len(r.msgs):]
		}
		r.done <- err
	}
}
