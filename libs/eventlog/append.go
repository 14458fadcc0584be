package eventlog

import (
	"context"
	"errors"
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

// few is how many callers at once are served one by one: the server takes as long for a batch, however small,
// as for so many single facts (BenchmarkAppend).
const few = 16

var errClosed = errors.New("the log is closed")

// Append stores facts in the order given and returns, once all of them are on disk, where.
// Callers that append while a commit is in flight share the next one. It fails with a
// *events.Problems where a fact is faulty and with kind TooLarge where no server would take it, before
// any is stored, and with kind Unavailable where the log cannot be reached: then some may be stored,
// the first of them in order, and appending them again is harmless.
func (l *Log) Append(ctx context.Context, evs ...events.Event) ([]Ack, error) {
	facts, err := l.Encode(evs...)
	if err != nil {
		return nil, err
	}
	return l.Store(ctx, facts)
}

// Facts are facts that the log takes, ready to be stored once.
type Facts struct {
	evs  []events.Event
	msgs []*nats.Msg
}

// Encode is the first half of Append, for those who have something else to wait for before the second: it
// fails with a *events.Problems or with kind TooLarge.
func (l *Log) Encode(evs ...events.Event) (Facts, error) {
	f := Facts{evs: evs, msgs: make([]*nats.Msg, len(evs))}
	for i, e := range evs {
		m, err := l.message(e)
		if err != nil {
			return Facts{}, err
		}
		f.msgs[i] = m
	}
	return f, nil
}

// Store is the second half of Append.
func (l *Log) Store(ctx context.Context, f Facts) ([]Ack, error) {
	started := time.Now()
	acks := make([]Ack, 0, len(f.msgs))
	for msgs := f.msgs; len(msgs) > 0; {
		n := min(len(msgs), batch.Limit)
		some, err := l.submit(ctx, msgs[:n])
		if err != nil {
			return nil, err
		}
		acks, msgs = append(acks, some...), msgs[n:]
	}
	l.metrics.appended(f.evs, acks, time.Since(started))
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
	if l.commits.Err() != nil {
		return nil, unavailable("append", errClosed)
	}
	l.metrics.commit.Observe(1)
	t := l.tries()
	ack, err := l.publish(ctx, msgs)
	if err == nil {
		return t.stored([]Ack{t.settled(ack, false)}), nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.commits, cancel)()
	return l.oneByOne(ctx, msgs, t, errors.Is(err, batch.ErrOutcomeUnknown))
}

func unavailable(doing string, err error) error {
	return fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be reached: try again shortly ("+doing+")", err)
}
