package eventlog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
)

// LastOf returns the last fact of a context as the leader knows it, or nil where there is none. One that
// cannot be decoded comes with what could be read of it, and the error.
func (l *Log) LastOf(ctx context.Context, c events.Context) (*events.Event, error) {
	m, err := l.leaderLast(ctx, events.FilterContext(c))
	if err != nil || m == nil {
		return nil, err
	}
	e, err := decode(m)
	return &e, err
}

// end is how far to read for every fact there is now that matches one of the filters, as the leader
// knows it: the consumer that reads may stand on a replica that is behind, and would take its own end
// for the log's.
func (l *Log) end(ctx context.Context, filters []string) (uint64, error) {
	if len(filters) != 1 { // all is delivered, the last fact too
		return l.Last(ctx)
	}
	m, err := l.leaderLast(ctx, filters[0])
	if err != nil || m == nil {
		return 0, err
	}
	return m.Sequence, nil
}

// leaderLast is the last message on a subject as the stream's leader knows it, or nil.
func (l *Log) leaderLast(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	return l.leader(ctx, map[string]any{"last_by_subj": subject})
}

// leader asks the stream's leader for a message, nil where there is none: a direct get may be answered
// by a replica that is behind.
func (l *Log) leader(ctx context.Context, which map[string]any) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ask, err := json.Marshal(which)
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
