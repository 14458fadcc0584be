package eventlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// Get returns the fact at a sequence. It fails with kind NotFound where there is none, and with
// what events.Decode says where it cannot be read.
func (l *Log) Get(ctx context.Context, seq uint64) (events.Event, error) {
	m, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		m, err = l.leader(ctx, map[string]any{"seq": seq}) // the replica that was asked may be behind
	}
	if err != nil {
		return events.Event{}, unavailable("read a fact", err)
	}
	if m == nil {
		return events.Event{}, fault.New(fault.NotFound, "no-such-sequence", fmt.Sprintf("the log has no fact at sequence %d", seq))
	}
	return decode(m)
}

// Person returns one person's facts of the given contexts, all where none is given, in log
// order. It reads by batched direct get: nothing is set up on the server.
func (l *Log) Person(ctx context.Context, person events.PersonID, contexts ...events.Context) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		subject := "kith.*." + string(person) + ".>"
		for from := uint64(1); ; {
			page, err := jetstreamext.GetBatch(ctx, l.js, StreamName, 1000, jetstreamext.GetBatchSubject(subject), jetstreamext.GetBatchSeq(from))
			if err != nil {
				yield(events.Event{}, unavailable("read a person's facts", err))
				return
			}
			next := from
			for m, err := range page {
				if errors.Is(err, jetstreamext.ErrNoMessages) {
					return
				}
				if err != nil {
					yield(events.Event{}, unavailable("read a person's facts", err))
					return
				}
				next = m.Sequence + 1
				e, err := decode(m)
				if len(contexts) > 0 && !slices.Contains(contexts, e.Context) && err == nil {
					continue
				}
				if !yield(e, err) {
					return
				}
			}
			if next == from {
				return
			}
			from = next
		}
	}
}

// Read calls fn with every fact from a sequence on that matches one of the filters, in log order,
// up to the log's end as it is now. A fact that cannot be decoded comes with its error. It fails
// with what fn fails with, and with kind Unavailable.
func (l *Log) Read(ctx context.Context, from uint64, filters []string, fn func(events.Event, error) error) error {
	end, err := l.end(ctx, filters)
	if err != nil || from > end {
		return err
	}
	r, err := l.reading(ctx, from, filters)
	if err != nil {
		return err
	}
	defer r.msgs.Stop()
	for seq := uint64(0); seq < end; {
		m, meta, err := r.next(ctx)
		if err != nil {
			return err
		}
		if seq = meta.Sequence.Stream; seq > end {
			return nil
		}
		if err := r.hand(m, meta, fn); err != nil {
			return err
		}
	}
	return nil
}

// Follow calls fn with every fact from a sequence on that matches one of the filters, in log
// order, those in the log and those to come, until ctx is done. caughtUp is called once, when
// the facts that were in the log at the call have been handed over. It fails with what fn fails
// with, and with kind Unavailable.
func (l *Log) Follow(ctx context.Context, from uint64, filters []string, caughtUp func(), fn func(events.Event, error) error) error {
	end, err := l.end(ctx, filters)
	if err != nil {
		return err
	}
	r, err := l.reading(ctx, from, filters)
	if err != nil {
		return err
	}
	defer r.msgs.Stop()
	behind := from <= end
	if !behind {
		caughtUp()
	}
	for {
		m, meta, err := r.next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if err := r.hand(m, meta, fn); err != nil {
			return err
		}
		if behind && meta.Sequence.Stream >= end {
			behind = false
			caughtUp()
		}
	}
}

// reading is part of the log as it is delivered.
type reading struct {
	msgs    jetstream.MessagesContext
	filters []string // where the server does not filter
	pending uint64   // how many messages there are, as the server counted them
}

// heartbeat is how often the server says that there is nothing new; after twice as long without a word
// the client asks anew. In a cluster the first question may come before the consumer that it is for is
// known everywhere, and with the client's own heartbeat one read in twenty took ten seconds.
const heartbeat = jetstream.PullHeartbeat(500 * time.Millisecond)

// reading delivers from a sequence on. Several filters are applied here: see Subscribe.
func (l *Log) reading(ctx context.Context, from uint64, filters []string) (*reading, error) {
	r := &reading{}
	if len(filters) > 1 {
		r.filters, filters = filters, nil
	}
	c, err := l.js.OrderedConsumer(ctx, StreamName, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1)})
	if err != nil {
		return nil, unavailable("read the log", err)
	}
	r.pending = c.CachedInfo().NumPending
	if r.msgs, err = c.Messages(heartbeat); err != nil {
		return nil, unavailable("read the log", err)
	}
	return r, nil
}

func (r *reading) next(ctx context.Context) (jetstream.Msg, *jetstream.MsgMetadata, error) {
	m, err := r.msgs.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, nil, unavailable("read the log", err)
	}
	meta, err := m.Metadata()
	if err != nil {
		return nil, nil, unavailable("read the log", err)
	}
	return m, meta, nil
}

// hand gives a message to fn, if it is one of those asked for.
func (r *reading) hand(m jetstream.Msg, meta *jetstream.MsgMetadata, fn func(events.Event, error) error) error {
	if !matchesAny(m.Subject(), r.filters) {
		return nil
	}
	e, err := decode(raw(m, meta))
	return fn(e, err)
}

// matchesAny reports whether a subject matches one of the filters; without any, all do.
func matchesAny(subject string, filters []string) bool {
	return len(filters) == 0 || slices.ContainsFunc(filters, func(f string) bool { return events.Matches(subject, f) })
}

func raw(m jetstream.Msg, meta *jetstream.MsgMetadata) *jetstream.RawStreamMsg {
	return &jetstream.RawStreamMsg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data(), Sequence: meta.Sequence.Stream, Time: meta.Timestamp}
}

func decode(m *jetstream.RawStreamMsg) (events.Event, error) {
	e, err := events.Decode(events.Message{Subject: m.Subject, Header: m.Header, Body: m.Data})
	e.Seq, e.Recorded = m.Sequence, m.Time.UTC()
	return e, err
}
