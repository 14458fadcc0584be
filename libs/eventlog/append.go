package eventlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
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

// pipelineMax is the largest commit that goes as pipelined single publishes: a batch costs about
// 4 ms however small it is (BenchmarkCommit).
const pipelineMax = 8

// commitsInFlight is how many commits of unfenced facts may be under way at once.
const commitsInFlight = 2

// answerTimeout is how long one publish waits for its answer before its outcome is unknown.
const answerTimeout = 5 * time.Second

var errClosed = errors.New("the log is closed")

// request is what one caller hands in.
type request struct {
	msgs []*nats.Msg
	acks []Ack
	done chan error
}

// Append stores facts in the order given and returns, once all of them are on disk, where.
// Callers that append while a commit is in flight share the next one. It fails with a
// *events.Problems where a fact is faulty, before any is stored, and with kind Unavailable where
// the log cannot be reached: then some may be stored, and appending them again is harmless.
func (l *Log) Append(ctx context.Context, evs ...events.Event) ([]Ack, error) {
	started := time.Now()
	msgs := make([]*nats.Msg, len(evs))
	for i, e := range evs {
		m, err := message(e)
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
	r := &request{msgs: msgs, done: make(chan error, 1)}
	select {
	case l.queue <- r:
	case <-l.closed:
		return nil, unavailable("append", errClosed)
	case <-ctx.Done():
		return nil, unavailable("append", ctx.Err())
	}
	select {
	case err := <-r.done:
		return r.acks, err
	case <-l.closed:
		return nil, unavailable("append", errClosed)
	case <-ctx.Done():
		return nil, unavailable("append", ctx.Err())
	}
}

// commitLoop makes one commit of everything that callers have handed in meanwhile, as often as a
// commit may be under way. There is no ticker: a lone caller waits for nobody.
func (l *Log) commitLoop() {
	slots := make(chan struct{}, commitsInFlight)
	var pending sync.WaitGroup
	defer pending.Wait()
	var held *request
	for {
		r := held
		if held = nil; r == nil {
			select {
			case r = <-l.queue:
			case <-l.closed:
				return
			}
		}
		slots <- struct{}{}
		var group []*request
		group, held = l.gather(r)
		pending.Go(func() {
			defer func() { <-slots }()
			l.commitGroup(group)
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

func (l *Log) commitGroup(group []*request) {
	var msgs []*nats.Msg
	for _, r := range group {
		msgs = append(msgs, r.msgs...)
	}
	l.metrics.commit.Observe(float64(len(msgs)))
	acks, err := l.commit(msgs)
	for _, r := range group {
		if err == nil {
			r.acks, acks = acks[:len(r.msgs):len(r.msgs)], acks[len(r.msgs):]
		}
		r.done <- err
	}
}

// commit stores msgs, all of one group. Its context is its own: one caller's must not end the
// commit of the others.
func (l *Log) commit(msgs []*nats.Msg) ([]Ack, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*answerTimeout)
	defer cancel()
	if len(msgs) > pipelineMax {
		acks, err := l.commitBatch(ctx, msgs)
		if !errors.Is(err, batch.ErrDuplicate) && !errors.Is(err, batch.ErrOutcomeUnknown) {
			return acks, asFault("append", err)
		}
		batch.Unnumber(msgs) // one by one, each ends as stored or duplicate
	}
	acks, err := backoff.Retry(ctx, func() ([]Ack, error) { return l.pipeline(ctx, msgs) }, backoff.WithBackOff(retryPolicy()))
	return acks, asFault("append", err)
}

func (l *Log) commitBatch(ctx context.Context, msgs []*nats.Msg) ([]Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ack, err := batch.Publish(ctx, l.nc, msgs)
	if err != nil {
		return nil, err
	}
	return sequence(ack.Seq, len(msgs)), nil
}

// sequence is where the messages of a batch are stored that ends at last.
func sequence(last uint64, n int) []Ack {
	acks := make([]Ack, n)
	for i := range acks {
		acks[i].Seq = last - uint64(n-1-i)
	}
	return acks
}

// pipeline publishes msgs one after the other without waiting in between. The messages' ids make
// repeating it after an unknown outcome harmless: what is stored answers as a duplicate.
func (l *Log) pipeline(ctx context.Context, msgs []*nats.Msg) ([]Ack, error) {
	inbox := l.nc.NewRespInbox()
	answers := make(chan *nats.Msg, len(msgs))
	sub, err := l.nc.ChanSubscribe(inbox+".*", answers)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe() //nolint:errcheck // a lost connection has ended it already
	for i, m := range msgs {
		if err := l.nc.PublishMsg(&nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data, Reply: replyTo(inbox, i)}); err != nil {
			return nil, err
		}
	}
	return collect(ctx, inbox, answers, len(msgs))
}

func collect(ctx context.Context, inbox string, answers <-chan *nats.Msg, n int) ([]Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	acks := make([]Ack, n)
	for range n {
		select {
		case m := <-answers:
			ack, err := batch.ParseAck(m.Data)
			if err != nil {
				return nil, err
			}
			acks[indexOf(inbox, m.Subject)] = Ack{Seq: ack.Seq, Duplicate: ack.Duplicate}
		case <-ctx.Done():
			return nil, batch.ErrOutcomeUnknown
		}
	}
	return acks, nil
}

func retryPolicy() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 2*time.Millisecond, 500*time.Millisecond
	return b
}

func unavailable(doing string, err error) error {
	return fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be reached: try again shortly ("+doing+")", err)
}

func asFault(doing string, err error) error {
	if err == nil {
		return nil
	}
	return unavailable(doing, err)
}
