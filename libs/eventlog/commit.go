package eventlog

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/batch"
)

// pipelineMax is the largest commit that goes as pipelined single publishes: a batch costs about
// 4 ms however small it is (BenchmarkCommit).
const pipelineMax = 8

// answerTimeout is how long one publish waits for its answer before its outcome is unknown.
const answerTimeout = 5 * time.Second

// commit stores msgs, all of one group: at once, and what that does not settle one by one, in order.
// Its context is the log's: one caller's must not end the commit of the others. With singly they are
// of one caller each, who may be stored in any order.
func (l *Log) commit(ctx context.Context, msgs []*nats.Msg, singly bool) ([]Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, 6*answerTimeout)
	defer cancel()
	t := l.tries()
	acks, unknown := make([]Ack, len(msgs)), true
	switch {
	case len(msgs) > pipelineMax || len(msgs) > 1 && !singly:
		ack, err := l.publish(ctx, msgs)
		if err == nil {
			return t.stored(sequence(ack.Seq, len(msgs))), nil
		}
		batch.Unnumber(msgs)
		unknown = errors.Is(err, batch.ErrOutcomeUnknown)
	case len(msgs) > 1:
		l.pipeline(ctx, msgs, acks)
	default:
		unknown = false
	}
	for i, m := range msgs {
		if acks[i].Seq > 0 {
			continue
		}
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

// pipeline publishes msgs one after the other without waiting in between, and notes in acks what was
// answered: where nothing was, or a refusal, the sequence stays zero.
func (l *Log) pipeline(ctx context.Context, msgs []*nats.Msg, acks []Ack) {
	inbox := l.nc.NewRespInbox()
	answers := make(chan *nats.Msg, len(msgs))
	sub, err := l.nc.ChanSubscribe(inbox+".*", answers)
	if err != nil {
		return
	}
	defer sub.Unsubscribe() //nolint:errcheck // a lost connection has ended it already
	for i, m := range msgs {
		if err := l.nc.PublishMsg(&nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data, Reply: replyTo(inbox, i)}); err != nil {
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for range msgs {
		select {
		case m := <-answers:
			if ack, err := batch.ParseAck(m.Data); err == nil {
				acks[indexOf(inbox, m.Subject)] = Ack{Seq: ack.Seq, Duplicate: ack.Duplicate}
			}
		case <-ctx.Done():
			return
		}
	}
}

func retryPolicy() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 2*time.Millisecond, 500*time.Millisecond
	return b
}
