package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/fault"
)

// Reader answers queries from a service's documents. Any replica may have one. It goes over to another
// generation when that is live, which includes all that was read of the one before.
type Reader struct {
	stream   jetstream.Stream
	bucket   jetstream.KeyValue
	identity func() string // of the log whose documents are read; nil: of whatever log
	seen     atomic.Pointer[sight]
}

// sight is which generation was live when that was last asked.
type sight struct {
	asked   time.Time
	number  uint64
	current bool // the documents are of the log
}

// differs reports whether something else is to be read now.
func (s *sight) differs(was *sight) bool { return s.number != was.number || s.current != was.current }

// sightLasts is how long a generation is read before it is asked again which one is live: much shorter
// than the time for which the one before stays.
const sightLasts = time.Second

var errNoDocuments = fault.New(fault.Unavailable, "no-documents-yet", "the documents are being made from the log: try again shortly")

// OpenReader opens the bucket called name, making it where its writer has not started yet.
func OpenReader(ctx context.Context, js jetstream.JetStream, name string, replicas int) (*Reader, error) {
	stream, bucket, err := openBucket(ctx, js, name, replicas)
	if err != nil {
		return nil, err
	}
	return &Reader{stream: stream, bucket: bucket}, nil
}

// Of binds the reader to a log, by its identity: documents that were made from another one, or from none
// yet, are not there for it.
func (r *Reader) Of(identity func() string) *Reader {
	r.identity = identity
	return r
}

// Read returns the document at key and the log sequence that it includes; nil where there is none. It
// fails with kind Unavailable, also where there are no documents of the reader's log.
func Read[T any](ctx context.Context, r *Reader, key string) (*T, uint64, error) {
	rec, err := r.load(ctx, key)
	if err != nil || rec == nil || rec.Body == nil {
		return nil, 0, err
	}
	doc := new(T)
	if err := unmarshal(rec.Body, doc); err != nil {
		return nil, 0, fmt.Errorf("decode document: %w", err)
	}
	return doc, rec.Seq, nil
}

// load looks again where nothing is found in a generation that is not live any more.
func (r *Reader) load(ctx context.Context, key string) (*Record, error) {
	for {
		g, err := r.generation(ctx)
		if err != nil {
			return nil, err
		}
		rec, err := g.Load(ctx, key)
		if rec != nil || err != nil {
			return rec, err
		}
		if s, err := r.look(ctx); err != nil || s.number == g.number {
			return nil, err
		}
	}
}

// Keys returns the keys that begin with prefix, sorted.
func (r *Reader) Keys(ctx context.Context, prefix string) ([]string, error) {
	g, err := r.generation(ctx)
	if err != nil {
		return nil, err
	}
	return g.Keys(ctx, prefix)
}

// generation is the live one, as it was seen a moment ago.
func (r *Reader) generation(ctx context.Context) (*generation, error) {
	s := r.seen.Load()
	if s == nil || time.Since(s.asked) > sightLasts {
		var err error
		if s, err = r.look(ctx); err != nil {
			return nil, err
		}
	}
	if !s.current {
		return nil, errNoDocuments
	}
	return &generation{stream: r.stream, bucket: r.bucket, number: s.number}, nil
}

func (r *Reader) look(ctx context.Context) (*sight, error) {
	_, err := r.Progress(ctx)
	return r.seen.Load(), err
}

// Progress returns how far the documents have come; zero before the first commit, and where they are of
// another log than the reader's.
func (r *Reader) Progress(ctx context.Context) (Progress, error) {
	asked := time.Now()
	e, err := r.bucket.Get(ctx, progressKey)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return Progress{}, unavailable("load progress", err)
	}
	p, now, err := r.parse(e)
	if err == nil {
		now.asked = asked
		r.note(now)
	}
	return p, err
}

// parse reads the progress of an entry, nil where there is none: where nobody has written yet there is
// nothing that could be of another log. Where somebody had, the documents are lost, and will be made anew.
func (r *Reader) parse(e jetstream.KeyValueEntry) (p Progress, s *sight, err error) {
	if e == nil {
		was := r.seen.Load()
		return p, &sight{current: r.identity == nil || was == nil || was.number == 0 && was.current}, nil
	}
	err = json.Unmarshal(e.Value(), &p)
	s = &sight{number: p.Generation, current: r.identity == nil || p.Stream == r.identity()}
	if !s.current {
		p = Progress{}
	}
	return p, s, err
}

// note keeps what was seen, unless somebody has looked later.
func (r *Reader) note(now *sight) {
	for was := r.seen.Load(); was == nil || was.asked.Before(now.asked); was = r.seen.Load() {
		if r.seen.CompareAndSwap(was, now) {
			return
		}
	}
}

// Wait returns once the documents include the input at seq, with the progress they have then.
// It fails with the error of ctx, and with kind Unavailable.
func (r *Reader) Wait(ctx context.Context, seq uint64) (Progress, error) {
	if p, err := r.Progress(ctx); err != nil || p.Handled >= seq {
		return p, err
	}
	// It looks again and again: to have the server watch takes longer than most waits.
	for pause := time.Millisecond; ; pause = min(pause*5/4, longestPause) {
		select {
		case <-ctx.Done():
			return Progress{}, ctx.Err()
		case <-time.After(pause):
		}
		p, err := r.Progress(ctx)
		if err == nil && p.Handled >= seq || errors.Is(err, nats.ErrConnectionClosed) {
			return p, err // another failure may be an election, which ends
		}
	}
}

// longestPause is between two looks at documents that have long to go.
const longestPause = 20 * time.Millisecond
