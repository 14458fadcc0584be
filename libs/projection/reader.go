package projection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Reader answers queries from a service's documents. Any replica may have one.
type Reader struct {
	stream jetstream.Stream
	bucket jetstream.KeyValue
	prefix string
}

// OpenReader opens the bucket called name, making it where its writer has not started yet.
func OpenReader(ctx context.Context, js jetstream.JetStream, name string, replicas int) (*Reader, error) {
	stream, bucket, err := openBucket(ctx, js, name, replicas)
	if err != nil {
		return nil, err
	}
	return &Reader{stream: stream, bucket: bucket, prefix: "$KV." + name + "."}, nil
}

// Read returns the document at key and the log sequence that it includes; nil where there is none.
func Read[T any](ctx context.Context, r *Reader, key string) (*T, uint64, error) {
	rec, err := load(ctx, r.bucket, key)
	if err != nil || rec == nil || rec.Body == nil {
		return nil, 0, err
	}
	doc := new(T)
	if err := json.Unmarshal(rec.Body, doc); err != nil {
		return nil, 0, fmt.Errorf("decode document: %w", err)
	}
	return doc, rec.Seq, nil
}

// Keys returns the keys that begin with prefix, sorted.
func (r *Reader) Keys(ctx context.Context, prefix string) ([]string, error) {
	return keys(ctx, r.stream, r.prefix, prefix)
}

// Progress returns how far the documents have come; zero before the first commit.
func (r *Reader) Progress(ctx context.Context) (Progress, error) {
	var p Progress
	e, err := r.bucket.Get(ctx, progressKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return p, nil
	}
	if err != nil {
		return p, unavailable("load progress", err)
	}
	return p, json.Unmarshal(e.Value(), &p)
}

// Wait returns once the documents include the input at seq, with the progress they have then.
// It fails with the error of ctx, and with kind Unavailable.
func (r *Reader) Wait(ctx context.Context, seq uint64) (Progress, error) {
	if p, err := r.Progress(ctx); err != nil || p.Handled >= seq {
		return p, err
	}
	w, err := r.bucket.Watch(ctx, progressKey)
	if err != nil {
		return Progress{}, unavailable("wait", err)
	}
	defer w.Stop() //nolint:errcheck // the watch ends with its context at the latest
	for {
		select {
		case <-ctx.Done():
			return Progress{}, ctx.Err()
		case e, open := <-w.Updates():
			var p Progress
			if !open {
				return p, unavailable("wait", cmp.Or(ctx.Err(), errWatchEnded))
			}
			if e == nil { // the end of what was there at the start
				continue
			}
			if err := json.Unmarshal(e.Value(), &p); err != nil || p.Handled >= seq {
				return p, err
			}
		}
	}
}
