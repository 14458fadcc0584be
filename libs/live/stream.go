package live

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tmaxmax/go-sse"

	"kith.internal/libs/fault"
)

const (
	retry     = 2 * time.Second        // when a client that was cut off comes again
	beat      = 15 * time.Second       // how often an idle stream says that it lives: proxies cut off after 30 s or more
	pause     = 100 * time.Millisecond // between two answers: an import changes a network more often than anybody reads
	again     = time.Second            // after what the answer rests on could not be reached
	patience  = 10 * time.Second       // how long an answer may take
	slowWrite = 30 * time.Second       // after which a client that takes nothing is given up
)

// stream is what one client sees.
type stream struct {
	w      http.ResponseWriter
	client *http.ResponseController
	source Source
	beat   time.Duration
	begun  bool
	from   uint64            // no answer before this one is shown any more
	id     string            // of what the client saw last
	shown  map[string]string // the tag of each part on this connection, by name
}

// run shows the answer, and again after every change, until ctx is done. Where the answer cannot be
// had for a while, the client keeps what it has; any other failure ends the stream.
func (s *stream) run(ctx context.Context) error {
	for {
		err := s.next(ctx)
		if ctx.Err() != nil || errors.Is(err, errGone) {
			return nil //nolint:nilerr // the client has left, or the process ends
		}
		later := fault.KindOf(err) == fault.Unavailable && s.begun
		if err != nil && !later {
			return err
		}
		if s.wait(ctx, later) != nil {
			return nil
		}
	}
}

func (s *stream) next(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a, err := s.source.Answer(limited, s.from)
	if err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	return s.show(a)
}

// begin sends the headers, once there is something to show.
func (s *stream) begin() error {
	if s.begun {
		return nil
	}
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // or nginx would keep events until it has a page of them
	s.begun = true
	return s.write(&sse.Message{Retry: retry})
}

// show sends the parts that differ from what the client has. The last one carries the id: whoever is
// cut off in between sees them all again.
func (s *stream) show(a Answer) error {
	var changed []Part
	for _, p := range a.Parts {
		if s.shown[p.Name] != p.Tag && !saw(s.id, a.id()) {
			changed = append(changed, p)
		}
		s.shown[p.Name] = p.Tag
	}
	var messages []*sse.Message
	for i, p := range changed {
		m := &sse.Message{Type: sse.Type(p.Name)}
		m.AppendData(string(p.Body))
		if i == len(changed)-1 {
			m.ID = sse.ID(a.id())
		}
		messages = append(messages, m)
	}
	s.from, s.id = a.AsOf, a.id()
	return s.write(messages...)
}

// wait returns when there may be something new to show.
func (s *stream) wait(ctx context.Context, later bool) error {
	if later {
		return s.sleep(ctx, time.After(again), nil)
	}
	if err := s.sleep(ctx, time.After(pause), nil); err != nil {
		return err
	}
	return s.sleep(ctx, nil, s.source.Changed)
}

// sleep returns once one of the two receives; meanwhile it shows that the stream lives.
func (s *stream) sleep(ctx context.Context, over <-chan time.Time, changed <-chan struct{}) error {
	beats := time.NewTicker(s.beat)
	defer beats.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case <-changed:
			return nil
		case <-beats.C:
			alive := &sse.Message{}
			alive.AppendComment("alive")
			if err := s.write(alive); err != nil {
				return err
			}
		}
	}
}

// errGone ends the stream of a client that has left, or has not taken anything for a while.
var errGone = errors.New("the client is gone")

// write sends messages at once.
func (s *stream) write(messages ...*sse.Message) error {
	_ = s.client.SetWriteDeadline(time.Now().Add(slowWrite)) // where there is none, the kernel decides
	for _, m := range messages {
		if _, err := m.WriteTo(s.w); err != nil {
			return errGone
		}
	}
	if s.client.Flush() != nil {
		return errGone
	}
	return nil
}
