package projection

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// identityEvery is how often a follower makes sure that the bucket is still the one it watches: of one
// that was deleted and made anew nothing arrives, and nobody says so.
const identityEvery = 5 * time.Second

var errAnotherBucket = errors.New("the bucket was made anew")

// Follow calls fn with every document whose key matches, now and whenever one changes, until
// ctx is done. It is how an in-memory index for lists and aggregates is kept. It fails with kind
// Unavailable where the watch ends before: then follow again.
func Follow[T any](ctx context.Context, r *Reader, pattern string, fn func(key string, doc *T)) error {
	born, err := r.born(ctx)
	if err != nil {
		return err
	}
	w, err := r.bucket.Watch(ctx, pattern)
	if err != nil {
		return unavailable("follow", err)
	}
	defer w.Stop() //nolint:errcheck // the watch ends with its context at the latest
	check := time.NewTicker(identityEvery)
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-check.C:
			if now, err := r.born(ctx); err == nil && !now.Equal(born) {
				return unavailable("follow", errAnotherBucket)
			}
		case e, open := <-w.Updates():
			if !open && ctx.Err() == nil {
				return unavailable("follow", errWatchEnded)
			}
			if e != nil {
				fn(e.Key(), document[T](e))
			}
		}
	}
}

// document is what an entry holds, nil where it is deleted.
func document[T any](e jetstream.KeyValueEntry) *T {
	var rec Record
	doc := new(T)
	if rec.decode(e.Value()) != nil || rec.Body == nil || json.Unmarshal(rec.Body, doc) != nil {
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
