package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/batch"
)

// ErrFenced means that another writer of the service has taken over: nothing was stored.
var ErrFenced = errors.New("another writer has taken over")

// Fence lets one writer of a deriving service append. It is a claim in the log: the first
// message of each commit expects that claim to be the last on the service's fence, so a writer
// that was frozen while another took over is refused. One commit is in flight at a time: on a
// replicated stream two expectations on one subject refuse each other.
type Fence struct {
	log     *Log
	subject string
	claim   uint64
	mu      sync.Mutex
}

// Claimed is what a claim says.
type Claimed struct {
	Rules string `json:"rules,omitempty"` // the version of the code by which the writer derives facts
}

// Claim takes over the appending of a service, by rules of a version. It fails with kind Unavailable.
func (l *Log) Claim(ctx context.Context, service, rules string) (*Fence, error) {
	body, err := json.Marshal(Claimed{rules})
	if err != nil {
		return nil, err
	}
	f := &Fence{log: l, subject: events.FenceSubject(service)}
	m := nats.NewMsg(f.subject)
	m.Data = body
	ack, err := backoff.Retry(ctx, func() (batch.Ack, error) {
		return l.publish(ctx, []*nats.Msg{m})
	}, backoff.WithBackOff(retryPolicy()), backoff.WithMaxElapsedTime(6*answerTimeout))
	if err != nil {
		return nil, unavailable("claim the fence of "+service, err)
	}
	f.claim = ack.Seq
	return f, nil
}

// Seq is the claim's place in the log.
func (f *Fence) Seq() uint64 { return f.claim }

// Append stores facts in the order given, as Log.Append does. It fails with ErrFenced where
// another writer has taken over.
func (f *Fence) Append(ctx context.Context, evs ...events.Event) ([]Ack, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	started := time.Now()
	acks := make([]Ack, 0, len(evs))
	for rest := evs; len(rest) > 0; {
		n := min(len(rest), batch.Limit)
		some, err := f.commit(ctx, rest[:n])
		if err != nil {
			return nil, err
		}
		acks, rest = append(acks, some...), rest[n:]
	}
	f.log.metrics.appended(evs, acks, time.Since(started))
	return acks, nil
}

func (f *Fence) commit(ctx context.Context, evs []events.Event) ([]Ack, error) {
	msgs := make([]*nats.Msg, len(evs))
	for i, e := range evs {
		m, err := f.log.message(e)
		if err != nil {
			return nil, err
		}
		msgs[i] = m
	}
	f.log.metrics.commit.Observe(float64(len(msgs)))
	t := f.log.tries()
	if len(msgs) <= f.log.alone() {
		return f.oneByOne(ctx, msgs, t, false)
	}
	f.expect(msgs[0])
	ack, unknown, err := f.settle(ctx, msgs)
	switch {
	case err == nil:
		return t.stored(sequence(ack.Seq, len(msgs))), nil
	case unknown || errors.Is(err, batch.ErrDuplicate):
		return f.oneByOne(ctx, msgs, t, unknown)
	}
	return nil, err
}

// oneByOne is for few facts, and for a batch of which some may be stored: each ends as stored or duplicate.
func (f *Fence) oneByOne(ctx context.Context, msgs []*nats.Msg, t *tries, before bool) ([]Ack, error) {
	batch.Unnumber(msgs)
	acks := make([]Ack, 0, len(msgs))
	for _, m := range msgs {
		f.expect(m)
		ack, unknown, err := f.settle(ctx, []*nats.Msg{m})
		if err != nil {
			return nil, err
		}
		acks = append(acks, t.settled(ack, before || unknown))
	}
	return t.stored(acks), nil
}

func (f *Fence) expect(m *nats.Msg) {
	m.Header.Set(jetstream.ExpectedLastSubjSeqSubjHeader, f.subject)
	m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(f.claim, 10))
}

// settle publishes until the outcome is known, or for a batch until it is not: unknown says that a try
// was not answered. Of the two conflict codes one means "again, after the commit before", the other is
// confirmed by reading the fence from the leader.
func (f *Fence) settle(ctx context.Context, msgs []*nats.Msg) (ack batch.Ack, unknown bool, err error) {
	ack, err = backoff.Retry(ctx, func() (batch.Ack, error) {
		ack, err := f.log.publish(ctx, msgs)
		unknown = unknown || errors.Is(err, batch.ErrOutcomeUnknown)
		switch {
		case errors.Is(err, batch.ErrDuplicate), errors.Is(err, batch.ErrOutcomeUnknown) && len(msgs) > 1:
			return ack, backoff.Permanent(err)
		case errors.Is(err, batch.ErrStale):
			return ack, f.confirm(ctx, err)
		}
		return ack, err
	}, backoff.WithBackOff(retryPolicy()), backoff.WithMaxElapsedTime(6*answerTimeout))
	return ack, unknown, err
}

// confirm reads the fence from the leader: only a newer claim there means that this one is void.
func (f *Fence) confirm(ctx context.Context, stale error) error {
	last, err := f.log.leaderLast(ctx, f.subject)
	if err != nil {
		return err
	}
	if last != nil && last.Sequence != f.claim {
		return backoff.Permanent(fmt.Errorf("%w: %w", ErrFenced, stale))
	}
	return stale
}
