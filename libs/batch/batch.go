// Package batch commits messages to one JetStream stream atomically: all are stored, one after
// the other, or none is. On one replica a batch is also the group commit: one fsync for all.
package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// How many messages one batch may have.
const (
	Limit = 1000 // on any server
	Wide  = 8000 // on one that is configured so: see Room
)

// What a publish can fail with. Everything else is an *jetstream.APIError of another code, or
// an error of the connection: then the outcome is unknown and has to be read.
var (
	// ErrStale means that an expectation about a subject's last sequence does not hold.
	ErrStale = errors.New("expected sequence is stale")
	// ErrInFlight means that another write on an expected subject is under way (replicated
	// streams only): again, after it.
	ErrInFlight = errors.New("a write on that subject is in flight")
	// ErrDuplicate means that one message's id is known: a batch is then refused whole.
	ErrDuplicate = errors.New("a message of the batch is a duplicate")
	// ErrOutcomeUnknown means that no answer came: the messages may or may not be stored.
	ErrOutcomeUnknown = errors.New("no answer: outcome unknown")
)

const (
	headerID       = "Nats-Batch-Id"
	headerSequence = "Nats-Batch-Sequence"
	headerCommit   = "Nats-Batch-Commit"

	codeStale     = jetstream.ErrorCode(10071)
	codeInFlight  = jetstream.ErrorCode(10164)
	codeDuplicate = jetstream.ErrorCode(10201)
)

// Ack tells where messages were stored: the sequence of the last one.
type Ack struct {
	Stream    string              `json:"stream"`
	Seq       uint64              `json:"seq"`
	Duplicate bool                `json:"duplicate"`
	Error     *jetstream.APIError `json:"error"`
}

// Publish commits msgs, at most Limit, and returns once they are stored. One message is a plain
// publish, which is what a batch of one costs least as.
func Publish(ctx context.Context, nc *nats.Conn, msgs []*nats.Msg) (Ack, error) {
	b := Open(nc)
	b.Add(msgs...)
	return b.Commit(ctx)
}

// Batch is a batch whose messages are on their way to the server while it is still open. It is not safe for
// concurrent use.
type Batch struct {
	nc   *nats.Conn
	id   string
	n    int
	last *nats.Msg // added and not yet sent: the commit is the last one's
	err  error
}

// Open opens a batch of at most Limit messages.
func Open(nc *nats.Conn) *Batch { return &Batch{nc: nc} }

// Add adds messages, whose headers it may change.
func (b *Batch) Add(msgs ...*nats.Msg) {
	for _, m := range msgs {
		if b.last != nil && b.err == nil {
			b.number()
			b.err = b.nc.PublishMsg(b.last)
		}
		b.last = m
	}
}

// Commit stores what was added, and returns once that is done.
func (b *Batch) Commit(ctx context.Context) (Ack, error) {
	if b.err != nil {
		return Ack{}, fmt.Errorf("publish: %w", b.err)
	}
	if b.n > 0 {
		b.number()
		b.last.Header[headerCommit] = commits
	}
	reply, err := b.nc.RequestMsgWithContext(ctx, b.last)
	if err != nil {
		return Ack{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return ParseAck(reply.Data)
}

var commits = []string{"1"}

func (b *Batch) number() {
	if b.n++; b.n == 1 {
		b.id = nuid.Next()
	}
	values := []string{b.id, strconv.Itoa(b.n)}
	b.last.Header[headerID], b.last.Header[headerSequence] = values[:1:1], values[1:]
}

// Unnumber takes the batch headers off, so that messages can be published one by one.
func Unnumber(msgs []*nats.Msg) {
	for _, m := range msgs {
		m.Header.Del(headerID)
		m.Header.Del(headerSequence)
		m.Header.Del(headerCommit)
	}
}

// ParseAck reads the server's answer to a publish. Its errors are those of this package.
func ParseAck(data []byte) (Ack, error) {
	var ack Ack
	if err := json.Unmarshal(data, &ack); err != nil {
		return Ack{}, fmt.Errorf("%w: answer is no JSON: %w", ErrOutcomeUnknown, err)
	}
	if ack.Error == nil {
		return ack, nil
	}
	switch ack.Error.ErrorCode {
	case codeStale:
		return Ack{}, fmt.Errorf("%w: %w", ErrStale, ack.Error)
	case codeInFlight:
		return Ack{}, fmt.Errorf("%w: %w", ErrInFlight, ack.Error)
	case codeDuplicate:
		return Ack{}, fmt.Errorf("%w: %w", ErrDuplicate, ack.Error)
	}
	return Ack{}, ack.Error
}
