package eventlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/batch"
	"kith.internal/libs/fault"
)

// Ack tells where a fact is stored.
type Ack struct {
	Seq       uint64
	Duplicate bool // it was stored by an earlier append; Seq is that one's
}

// commitsInFlight is how many commits of unfenced facts may be under way at once.
const commitsInFlight = 2

// few is how many callers at once are served one by one: the server takes as long for a batch, however small,
// as for so many single facts (BenchmarkAppend).
const few = 32

var errClosed = errors.New("the log is closed")

// request is what one caller hands in.
type request struct {
	msgs []*nats.Msg
	acks []Ack
	done chan error
}

// Append stores facts in the order given and returns, once all of them are on disk, where.
// Callers that append while a commit is in flight share the next one. It fails with a
// *events.Problems where a fact is faulty and with kind TooLarge where no server would take it, before
// any is stored, and with kind Unavailable where the log cannot be reached: then some may be stored,
// the first of them in order, and appending them again is harmless.
func (l *Log) Append(ctx context.Context, evs ...events.Event) ([]Ack, error) {
	started := time.Now()
	msgs := make([]*nats.Msg, len(evs))
	for i, e := range evs {
		m, err := l.message(e)
		if err != nil {
			return nil, err
		}
		msgs[i] = m
	}
	acks := make([]Ack, 0, len(evs))
	for len(msgs) > 0 {
		n := min(len(msgs), batch.Limit)
		some, err := l.submit(ctx, msgs[:n])
		if err != nil {
			return nil, err
		}
		acks, msgs = append(acks, some...), msgs[n:]
	}
	l.metrics.appended(evs, acks, time.Since(started))
	return acks, nil
}

func (l *Log) submit(ctx context.Context, msgs []*nats.Msg) ([]Ack, error) {
	callers := l.callers.Add(1)
	defer l.callers.Add(-1)
	if callers <= few && len(msgs) == 1 {
		return l.commitAlone(ctx, msgs)
	}
	r := &request{msgs: msgs, done: make(chan error, 1)}
	select {
	case l.queue <- r:
	case <-l.commits.Done():
		return nil, unavailable("append", errClosed)
	case <-ctx.Done():
		return nil, unavailable("append", ctx.Err())
	}
	select {
	case err := <-r.done:
		return r.acks, err
	case <-l.commits.Done():
		return nil, unavailable("append", errClosed)
	case <-ctx.Done():
		return nil, unavailable("append", ctx.Err())
	}
}

// commitAlone commits for one caller, who waits for nobody else.
func (l *Log) commitAlone(ctx context.Context, msgs []*nats.Msg) ([]Ack, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.commits, cancel)()
	l.metrics.commit.Observe(1)
	return l.commit(ctx, msgs)
}

// commitLoop makes one commit of everything that callers have handed in meanwhile, as often as a
// commit may be under way. There is no ticker: a lone caller waits for nobody.
func (l *Log) commitLoop(ctx context.Context) {
	defer close(l.ended)
	slots := make(chan struct{}, commitsInFlight)
	var pending sync.WaitGroup
	defer pending.Wait()
	var next *request
	for {
		if next == nil {
			select {
			case next = <-l.queue:
			case <-ctx.Done():
				return
			}
		}
		slots <- struct{}{}
		var group []*request
		group, next = l.gather(next)
		pending.Go(func() {
			defer func() { <-slots }()
			l.commitGroup(ctx, group)
		})
	}
}

// gather takes what waits, up to one batch; held is the request that did not fit any more.
func (l *Log) gather(first *request) (group []*request, held *request) {
	group, size := []*request{first}, len(first.msgs)
	for {
		select {
		case r := <-l.queue:
			if size += len(r.msgs); size > batch.Limit {
				return group, r
			}
			group = append(group, r)
		default:
			return group, nil
		}
	}
}

func (l *Log) commitGroup(ctx context.Context, group []*request) {
	var msgs []*nats.Msg
	for _, r := range group {
		msgs = append(msgs, r.msgs...)
	}
	l.metrics.commit.Observe(float64(len(msgs)))
	acks, err := l.commit(ctx, msgs)
	for _, r := range group {
		if err == nil {
			r.acks, acks = acks[:len(r.msgs):len(r.msgs)], acks[len(r.msgs):]
		}
		r.done <- err
	}
}

func unavailable(doing string, err error) error {
	return fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be reached: try again shortly ("+doing+")", err)
}
