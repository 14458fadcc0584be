package postings

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

// ErrStarting is the error while the log is being read.
var ErrStarting = fault.New(fault.Unavailable, "starting", "the log is being read: try again shortly")

var errAnotherLog = errors.New("the log was made anew")

const (
	saveEvery  = 200_000          // messages of the log
	saving     = time.Minute      // how long that may take
	parting    = 3 * time.Second  // the last time: less than a service has to stop
	comesSoon  = 10 * time.Second // how long somebody waits for what was just appended
	lookAgain  = 5 * time.Millisecond
	watchEvery = time.Second
)

// Index keeps postings up with a log.
type Index struct {
	*Postings
	log       *eventlog.Log
	store     jetstream.ObjectStore
	logger    *slog.Logger
	saveEvery uint64
	saved     uint64      // up to here they are in the snapshot
	complete  atomic.Bool // they have reached the log's end
}

// Open returns an index that Run fills. It fails with kind Unavailable.
func Open(ctx context.Context, log *eventlog.Log, replicas int, logger *slog.Logger) (*Index, error) {
	store, err := patience.Open(ctx, logger, "the saved postings", func(ctx context.Context) (jetstream.ObjectStore, error) {
		return openSnapshots(ctx, log.JetStream(), replicas)
	})
	return &Index{Postings: New(), log: log, store: store, logger: logger, saveEvery: saveEvery}, err
}

// Ready fails until the postings have reached the log's end.
func (x *Index) Ready() error {
	if !x.complete.Load() {
		return ErrStarting
	}
	return nil
}

// Run keeps the postings up with the log until ctx is done, and then saves them. Of a log that is made anew
// meanwhile they say nothing, and begin again.
func (x *Index) Run(ctx context.Context) error {
	for {
		log := x.log.Identity()
		_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, x.follow(ctx, log) }, backoff.WithMaxElapsedTime(0))
		x.complete.Store(false)
		if !errors.Is(err, errAnotherLog) {
			x.save(context.WithoutCancel(ctx), log, parting)
			return nil
		}
		x.logger.Warn("the log was made anew; reading it from its beginning")
		x.forget()
		x.saved = 0
	}
}

// follow follows a log until ctx is done or the log is another one.
func (x *Index) follow(ctx context.Context, log string) error {
	if err := x.load(ctx, log); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go x.watch(ctx, log, cancel)
	tried := x.saved
	err := x.log.Follow(ctx, x.End()+1, nil, func() { x.complete.Store(true) }, func(e events.Event, _ error) error {
		x.Fold(e)
		if e.Seq-tried >= x.saveEvery { // also where the last time failed: not again with each message
			tried = e.Seq
			x.save(ctx, log, saving)
		}
		return nil
	})
	if errors.Is(context.Cause(ctx), errAnotherLog) {
		return backoff.Permanent(errAnotherLog)
	}
	return err
}

// watch watches whether the log is still the same one.
func (x *Index) watch(ctx context.Context, log string, other context.CancelCauseFunc) {
	for x.log.Identity() == log {
		select {
		case <-ctx.Done():
			return
		case <-time.After(watchEvery):
		}
	}
	other(errAnotherLog)
}

// load begins with what is saved, if there is more of it.
func (x *Index) load(ctx context.Context, log string) error {
	if x.End() > 0 {
		return nil
	}
	end, err := patience.Open(ctx, x.logger, "the log's end", x.log.Last)
	if err != nil {
		return err
	}
	if err := x.Postings.load(ctx, x.store, log, end); err != nil {
		x.logger.Warn("the saved postings cannot be read; reading the whole log", "error", err)
	}
	x.saved = x.End()
	return nil
}

func (x *Index) save(ctx context.Context, log string, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	end := x.End()
	if end == x.saved {
		return
	}
	if err := x.Postings.save(ctx, x.store, log); err != nil {
		x.logger.Warn("the postings are not saved; the next start reads more of the log", "error", err)
		return
	}
	x.saved = end
}

// To waits until the postings have come to a sequence. It fails with ErrStarting where they do not in time.
func (x *Index) To(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, comesSoon)
	defer cancel()
	for x.End() < seq {
		select {
		case <-ctx.Done():
			return ErrStarting
		case <-time.After(lookAgain):
		}
	}
	return nil
}

// ToEnd waits until they have come to where the log ends at the call, and returns that. It fails as To does,
// and with kind Unavailable where nobody knows.
func (x *Index) ToEnd(ctx context.Context) (uint64, error) {
	end, err := x.log.Last(ctx)
	if err != nil {
		return 0, err
	}
	return end, x.To(ctx, end)
}
