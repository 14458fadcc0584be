package eventlog

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/batch"
)

// alone is up to how many facts of one commit go one by one, each after the answer to the one before: on
// one replica a batch, however small, takes the server longer. On several an answer takes longer.
func (l *Log) alone() int {
	if l.cfg.Replicas == 1 {
		return 8
	}
	return 1
}

// answerTimeout is how long one publish waits for its answer before its outcome is unknown.
const answerTimeout = 5 * time.Second

// oneByOne stores msgs in order, each after the one before. With unknown they may have been stored by a try
// before.
func (l *Log) oneByOne(ctx context.Context, msgs []*nats.Msg, t *tries, unknown bool) ([]Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, 6*answerTimeout)
	defer cancel()
	acks := make([]Ack, len(msgs))
	for i, m := range msgs {
		var err error
		if acks[i], err = l.settle(ctx, m, t, unknown); err != nil {
			return nil, unavailable("append", err)
		}
	}
	return t.stored(acks), nil
}

// publish is batch.Publish under the time that an answer may take.
func (l *Log) publish(ctx context.Context, msgs []*nats.Msg) (batch.Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return batch.Publish(ctx, l.nc, msgs)
}

// settle publishes one message until its outcome is known. Its id makes that harmless: what is stored
// answers as a duplicate. With unknown it may have been stored by a try before.
func (l *Log) settle(ctx context.Context, m *nats.Msg, t *tries, unknown bool) (Ack, error) {
	ack, err := backoff.Retry(ctx, func() (batch.Ack, error) {
		ack, err := l.publish(ctx, []*nats.Msg{m})
		unknown = unknown || errors.Is(err, batch.ErrOutcomeUnknown)
		return ack, err
	}, backoff.WithBackOff(retryPolicy()))
	return t.settled(ack, unknown), err
}

// sequence is where the messages of a batch are stored that ends at last.
func sequence(last uint64, n int) []Ack {
	acks := make([]Ack, n)
	for i := range acks {
		acks[i].Seq = last - uint64(n-1-i)
	}
	return acks
}

func retryPolicy() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 2*time.Millisecond, 500*time.Millisecond
	return b
}
