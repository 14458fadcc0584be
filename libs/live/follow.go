package live

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
)

// Keep follows documents, again whenever that ends, until ctx is done.
func (l *Live) Keep(ctx context.Context, follow func(context.Context) error) error {
	for ctx.Err() == nil {
		if err := follow(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("following documents stopped, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// Reached waits until documents include the log up to a sequence. Beyond the log's end it is one of
// another log, and means nothing.
func Reached(ctx context.Context, log *eventlog.Log, docs *projection.Reader, seq uint64) error {
	if seq == 0 {
		return nil
	}
	if last, err := log.Last(ctx); err != nil || seq > last {
		return err
	}
	_, err := docs.Wait(ctx, seq)
	return err
}

// PartOf is the part that shows v; content is v without what changes though it says the same.
func PartOf(name string, v, content any) (Part, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Part{}, err
	}
	told, err := json.Marshal(content)
	sum := sha256.Sum256(told)
	return Part{Name: name, Body: body, Tag: base64.RawURLEncoding.EncodeToString(sum[:12])}, err
}
