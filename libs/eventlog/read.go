package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
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
		return events.Event{}, fault.New(fault.NotFound, "no-such-sequence", fmt.Sprintf("the log has no fact at sequence %d", seq))
	}
	if err != nil {
		return events.Event{}, unavailable("read a fact", err)
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
	last, err := l.Last(ctx)
	if err != nil || from > last {
		return err
	}
	c, err := l.js.OrderedConsumer(ctx, StreamName, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1)})
	if err != nil {
		return unavailable("read the log", err)
	}
	if info := c.CachedInfo(); info != nil && info.NumPending == 0 {
		return nil
	}
	msgs, err := c.Messages()
	if err != nil {
		return unavailable("read the log", err)
	}
	defer msgs.Stop()
	return readTo(ctx, msgs, last, fn)
}

func readTo(ctx context.Context, msgs jetstream.MessagesContext, last uint64, fn func(events.Event, error) error) error {
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return unavailable("read the log", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return unavailable("read the log", err)
		}
		if meta.Sequence.Stream > last {
			return nil
		}
		e, err := decode(raw(m, meta))
		if err := fn(e, err); err != nil {
			return err
		}
		if meta.Sequence.Stream == last || meta.NumPending == 0 {
			return nil
		}
	}
}

func raw(m jetstream.Msg, meta *jetstream.MsgMetadata) *jetstream.RawStreamMsg {
	return &jetstream.RawStreamMsg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data(), Sequence: meta.Sequence.Stream, Time: meta.Timestamp}
}

func decode(m *jetstream.RawStreamMsg) (events.Event, error) {
	e, err := events.Decode(events.Message{Subject: m.Subject, Header: m.Header, Body: m.Data})
	e.Seq, e.Recorded = m.Sequence, m.Time.UTC()
	return e, err
}

// LastOf returns the last fact of a context as the leader knows it, or nil where there is none.
func (l *Log) LastOf(ctx context.Context, c events.Context) (*events.Event, error) {
	m, err := l.leaderLast(ctx, events.FilterContext(c))
	if err != nil || m == nil {
		return nil, err
	}
	e, err := decode(m)
	return &e, err
}

// leaderLast asks the stream's leader: a direct get may be answered by a replica that is behind.
func (l *Log) leaderLast(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ask, err := json.Marshal(map[string]string{"last_by_subj": subject})
	if err != nil {
		return nil, err
	}
	reply, err := l.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+StreamName, ask)
	if err != nil {
		return nil, unavailable("read the log's leader", err)
	}
	return parseLeader(reply.Data)
}

func parseLeader(data []byte) (*jetstream.RawStreamMsg, error) {
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, unavailable("read the log's leader", err)
	}
	if e := answer.Error; e != nil {
		if e.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return nil, nil
		}
		return nil, unavailable("read the log's leader", e)
	}
	m := answer.Message
	header, err := nats.DecodeHeadersMsg(m.Header)
	if err != nil && len(m.Header) > 0 {
		return nil, unavailable("read the log's leader", err)
	}
	return &jetstream.RawStreamMsg{Subject: m.Subject, Header: header, Data: m.Data, Sequence: m.Seq, Time: m.Time}, nil
}

// Follow calls fn with every fact from a sequence on that matches one of the filters, in log
// order, those in the log and those to come, until ctx is done. caughtUp is called once, when
// the facts that were in the log at the call have been handed over. It fails with what fn fails
// with, and with kind Unavailable.
func (l *Log) Follow(ctx context.Context, from uint64, filters []string, caughtUp func(), fn func(events.Event, error) error) error {
	c, err := l.js.OrderedConsumer(ctx, StreamName, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1)})
	if err != nil {
		return unavailable("follow the log", err)
	}
	behind := c.CachedInfo().NumPending
	if behind == 0 {
		caughtUp()
	}
	msgs, err := c.Messages()
	if err != nil {
		return unavailable("follow the log", err)
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return unavailable("follow the log", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return unavailable("follow the log", err)
		}
		e, err := decode(raw(m, meta))
		if err := fn(e, err); err != nil {
			return err
		}
		if behind > 0 {
			if behind--; behind == 0 {
				caughtUp()
			}
		}
	}
}
