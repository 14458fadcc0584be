// Package patience opens what a cluster cannot give yet: while servers start, elect a leader or are
// pressed for time, an answer is late and not wrong.
package patience

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/fault"
)

const (
	limit  = time.Minute     // how long something is tried again; a cluster elects in seconds
	answer = 5 * time.Second // how long one try may take: a lost answer never comes
)

// Open returns what open does, trying again for a minute, or until ctx is done, while that fails with
// kind Unavailable. Each try has a context of its own, and whatever it made stays for the next. A log
// may be nil; what says there what is waited for. It fails with what the last try failed with.
func Open[T any](ctx context.Context, log *slog.Logger, what string, open func(context.Context) (T, error)) (T, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var failed error
	opened, err := backoff.Retry(ctx, func() (T, error) {
		try, cancel := context.WithTimeout(ctx, answer)
		defer cancel()
		var opened T
		if opened, failed = open(try); failed != nil && !passes(failed) {
			return opened, backoff.Permanent(failed)
		}
		return opened, failed
	}, backoff.WithBackOff(delays()), backoff.WithMaxElapsedTime(limit), backoff.WithNotify(func(err error, in time.Duration) {
		log.Warn("waiting", "for", what, "again", in, "error", err)
	}))
	if err != nil && ctx.Err() != nil { // the last failure says more than that the caller left
		return opened, fmt.Errorf("waiting for %s: %w: %w", what, ctx.Err(), failed)
	}
	return opened, err
}

// passes reports whether waiting can help: a connection that was closed is not made again.
func passes(err error) bool {
	return fault.KindOf(err) == fault.Unavailable && !errors.Is(err, nats.ErrConnectionClosed)
}

func delays() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 50*time.Millisecond, 2*time.Second
	return b
}
