package eventlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
)

// Stored is a message as the log has it: a fact, or a claim of a fence.
type Stored struct {
	Seq      uint64
	Recorded time.Time
	events.Message
}

func stored(m *jetstream.RawStreamMsg) Stored {
	return Stored{Seq: m.Sequence, Recorded: m.Time.UTC(), Message: events.Message{Subject: m.Subject, Header: m.Header, Body: m.Data}}
}

// Event is the fact. It fails with what events.Decode says, and returns then what could be read.
func (s Stored) Event() (events.Event, error) {
	e, err := events.Decode(s.Message)
	e.Seq, e.Recorded = s.Seq, s.Recorded
	return e, err
}

// Hole is that there are no messages at sequences of the log at which there must have been some: nothing
// is ever deleted there. Read and Follow come past it without a word.
type Hole struct{ From, To uint64 }

func (h *Hole) Error() string {
	return fmt.Sprintf("the log has no messages at the sequences from %d to %d", h.From, h.To)
}

// quiet is how long nothing is delivered until the leader is asked why.
const quiet = time.Second

// Messages calls fn with every message from one sequence to another, both included, in order; to 0 is the
// log's end as it is now. It fails with what fn fails with, with a *Hole at the first sequences that are
// not there, also behind the log's end, and with kind Unavailable.
func (l *Log) Messages(ctx context.Context, from, to uint64, fn func(Stored) error) (err error) {
	if to == 0 {
		if to, err = l.Last(ctx); err != nil {
			return err
		}
	}
	next := max(from, 1)
	if next > to {
		return nil
	}
	r, err := l.reading(ctx, next, nil)
	if err != nil {
		return err
	}
	defer r.msgs.Stop()
	defer context.AfterFunc(ctx, r.msgs.Stop)()
	for next <= to {
		s, err := r.soon()
		switch {
		case err != nil:
			return unavailable("read the log", errors.Join(ctx.Err(), err))
		case s == nil:
			next, err = l.fill(ctx, next, next, to, fn)
		case s.Seq > next:
			next, err = l.fill(ctx, next, min(s.Seq-1, to), to, fn)
		}
		if err == nil && s != nil && s.Seq == next && next <= to {
			next, err = next+1, fn(*s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// soon is the next message, nil where it is quiet. No context goes along: to make one for each message
// would cost more than the message.
func (r *reading) soon() (*Stored, error) {
	m, err := r.msgs.Next(jetstream.NextMaxWait(quiet))
	if errors.Is(err, nats.ErrTimeout) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	meta, err := m.Metadata()
	if err != nil {
		return nil, err
	}
	s := stored(raw(m, meta))
	return &s, nil
}

// fill hands over what was not delivered, from one sequence to another, as far as the leader has it: the
// replica that delivers may be damaged, or slow. It returns the sequence behind, and fails with a *Hole,
// which may reach up to the end.
func (l *Log) fill(ctx context.Context, from, to, end uint64, fn func(Stored) error) (uint64, error) {
	for ; from <= to; from++ {
		m, err := l.leader(ctx, map[string]any{"seq": from})
		switch {
		case err != nil:
			return from, err
		case m == nil:
			return from, l.hole(ctx, from, end)
		}
		if err := fn(stored(m)); err != nil {
			return from, err
		}
	}
	return from, nil
}

// hole is the one that begins at a sequence and ends at the end at the latest.
func (l *Log) hole(ctx context.Context, from, end uint64) error {
	h := &Hole{from, end}
	last, err := l.Last(ctx)
	if err != nil {
		return err
	}
	for seq := from + 1; seq <= min(end, last); seq++ {
		m, err := l.leader(ctx, map[string]any{"seq": seq})
		if err != nil {
			return err
		}
		if m != nil {
			h.To = seq - 1
			return h
		}
	}
	return h
}

// Before is the sequence of the last message that was recorded at a time or before it; 0 where there is
// none. It fails with kind Unavailable.
func (l *Log) Before(ctx context.Context, t time.Time) (uint64, error) {
	last, err := l.Last(ctx)
	if err != nil {
		return 0, err
	}
	first, err := l.leader(ctx, map[string]any{"next_by_subj": ">", "start_time": t.UTC().Add(1)})
	if err != nil || first == nil {
		return last, err
	}
	return first.Sequence - 1, nil
}
