package projection

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// identityEvery is how often a follower makes sure that the bucket is still the one it watches: of one
// that was deleted and made anew nothing arrives, and nobody says so.
const identityEvery = 5 * time.Second

var errAnotherBucket = errors.New("the bucket was made anew")

// Follow calls fn with every document whose key matches, now and whenever one changes, until
// ctx is done; where another generation is live from then on, with every document of that, and with nil
// for those it does not have. It is how an in-memory index for lists and aggregates is kept. It fails
// with kind Unavailable where the watch ends before: then follow again.
func Follow[T any](ctx context.Context, r *Reader, pattern string, fn func(key string, doc *T)) error {
	born, err := r.born(ctx)
	if err != nil {
		return err
	}
	f := &following[T]{r: r, pattern: pattern, fn: fn, known: map[string]bool{}}
	check := time.NewTicker(identityEvery)
	defer check.Stop()
	for ctx.Err() == nil {
		if err := f.generation(ctx, check.C, born); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// following is a Follow that is under way.
type following[T any] struct {
	r       *Reader
	pattern string
	fn      func(string, *T)
	known   map[string]bool // keys that fn has been told a document of
}

// generation follows the live generation until another one is.
func (f *following[T]) generation(ctx context.Context, check <-chan time.Time, born time.Time) error {
	live, err := f.r.look(ctx)
	if err != nil {
		return err
	}
	w, err := f.watch(ctx, live)
	if err != nil {
		return err
	}
	defer w.Stop() //nolint:errcheck // the watch ends with its context at the latest
	before := f.known
	f.known = map[string]bool{}
	defer func() { maps.Copy(f.known, before) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-check:
			if now, err := f.r.born(ctx); err == nil && !now.Equal(born) {
				return unavailable("follow", errAnotherBucket)
			}
			if f.switched(ctx, live) {
				return nil
			}
		case e, open := <-w.Updates():
			switch {
			case !open:
				return unavailable("follow", errWatchEnded)
			case e == nil: // all that was there at the start
				f.forget(before)
				before = nil
			case e.Key() != progressKey:
				f.tell(e)
			case f.says(e, live):
				return nil
			}
		}
	}
}

// watch watches the progress, and documents where they are of the log as it is.
func (f *following[T]) watch(ctx context.Context, live *sight) (jetstream.KeyWatcher, error) {
	keys := []string{progressKey}
	if live.current {
		keys = append(keys, prefix(live.number)+f.pattern)
	}
	w, err := f.r.bucket.WatchFiltered(ctx, keys)
	if err != nil {
		return nil, unavailable("follow", err)
	}
	return w, nil
}

// switched asks whether another generation is live now, or this one of another log.
func (f *following[T]) switched(ctx context.Context, live *sight) bool {
	now, err := f.r.look(ctx)
	return err == nil && now.differs(live)
}

// says reports whether an entry of the progress says so.
func (f *following[T]) says(e jetstream.KeyValueEntry, live *sight) bool {
	_, now, err := f.r.parse(e)
	return err == nil && now.differs(live)
}

func (f *following[T]) tell(e jetstream.KeyValueEntry) {
	_, key, _ := numberOf(e.Key())
	doc := document[T](e)
	if doc == nil {
		delete(f.known, key)
	} else {
		f.known[key] = true
	}
	f.fn(key, doc)
}

// forget tells of what the generation before had and this one has not.
func (f *following[T]) forget(before map[string]bool) {
	for key := range before {
		if !f.known[key] {
			f.fn(key, nil)
		}
	}
}

// document is what an entry holds, nil where it is deleted.
func document[T any](e jetstream.KeyValueEntry) *T {
	var rec Record
	doc := new(T)
	if rec.decode(e.Value()) != nil || rec.Body == nil || unmarshal(rec.Body, doc) != nil {
		return nil
	}
	return doc
}

// born is when the bucket was made.
func (r *Reader) born(ctx context.Context) (time.Time, error) {
	info, err := r.stream.Info(ctx)
	if err != nil {
		return time.Time{}, unavailable("follow", err)
	}
	return info.Created, nil
}
