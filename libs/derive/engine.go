package derive

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// Config says what a deriving service reads and owns.
type Config struct {
	Service  string           // also the name of its durable consumer and its fence
	Bucket   string           // of its documents
	Layout   int              // version of the documents' form; of another one they are made anew, and read meanwhile
	Inputs   []string         // subject filters
	Whole    bool             // it reads most of the log: see eventlog.Log.Subscribe
	Owns     []events.Context // contexts it derives facts in, under the fence
	Version  string           // of the rules' code; its claims name it
	Replicas int              // of the bucket
	Registry prometheus.Registerer
	Log      *slog.Logger

	// Anew returns rules for another fold of the log beside the working one, at the same time; nil
	// where the rules hold nothing that two folds could share.
	Anew func() Rules
	// Person returns patterns of the keys of one person's documents; without it they are not replaced alone.
	Person func(events.PersonID) []string
}

// Engine runs one replica of a deriving service.
type Engine struct {
	cfg     Config
	log     *eventlog.Log
	rules   Rules
	metrics *metrics
	ready   atomic.Bool
}

// New returns an engine that Run starts.
func New(log *eventlog.Log, rules Rules, cfg Config) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	cfg.Replicas = max(cfg.Replicas, 1)
	return &Engine{cfg: cfg, log: log, rules: rules, metrics: newMetrics(cfg.Registry)}
}

// Ready says why the replica cannot work or stand by yet, or nil.
func (e *Engine) Ready() error {
	if e.ready.Load() {
		return nil
	}
	return fault.New(fault.Unavailable, "not-subscribed", "not subscribed to the log yet")
}

// Run works, or stands by, until ctx is done. What fails is tried again with a growing delay.
func (e *Engine) Run(ctx context.Context) error {
	delay := backoff.NewExponentialBackOff()
	delay.InitialInterval, delay.MaxInterval = 50*time.Millisecond, 5*time.Second
	for ctx.Err() == nil {
		started := time.Now()
		err := e.replica(ctx)
		e.metrics.working.Set(0)
		if ctx.Err() != nil || err == nil {
			break
		}
		if time.Since(started) > time.Minute {
			delay.Reset()
		}
		wait := delay.NextBackOff()
		e.report(err, wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// report says why the replica begins anew.
func (e *Engine) report(err error, wait time.Duration) {
	if errors.Is(err, eventlog.ErrFenced) || errors.Is(err, projection.ErrStale) {
		e.cfg.Log.Info("another replica has taken over, subscribing again", "in", wait, "error", err)
		return
	}
	e.cfg.Log.Warn("deriving stopped, trying again", "in", wait, "error", err)
}

// replica subscribes and handles what is delivered until something fails.
func (e *Engine) replica(ctx context.Context) error {
	sub, err := e.log.Subscribe(ctx, e.cfg.Service, e.cfg.Inputs, e.cfg.Whole, func() (uint64, error) { return e.handled(ctx) })
	if err != nil {
		return err
	}
	e.ready.Store(true)
	defer e.ready.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return sub.Run(ctx) })
	g.Go(func() error { return e.log.WatchTimers(ctx, e.cfg.Service) })
	g.Go(func() error { return e.watchLag(ctx) })
	g.Go(func() error { return e.watchConnection(ctx) })
	g.Go(func() error {
		defer drain(sub.C) // the reader must never wait for one who has gone
		return e.serve(ctx, sub.C)
	})
	return g.Wait()
}

// lagEvery is how often a replica asks what waits: more often than anybody scrapes.
const lagEvery = 5 * time.Second

// watchLag asks the server rather than the worker: one that is stuck on an input, or gone, could not
// tell.
func (e *Engine) watchLag(ctx context.Context) error {
	var since time.Time // when something was first seen to wait; zero while nothing does
	for {
		n, handled, err := e.log.Waiting(ctx, e.cfg.Service)
		if err != nil && ctx.Err() == nil {
			e.cfg.Log.Warn("the lag is not known", "error", err)
		}
		if err == nil {
			since = e.lag(n, handled, since)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lagEvery):
		}
	}
}

// lag is how old the input is that was handled last, but no older than what waits can be: before a
// rare input there may have been none for days.
func (e *Engine) lag(n uint64, handled, since time.Time) time.Time {
	now := time.Now()
	switch {
	case n == 0:
		since = time.Time{}
	case since.IsZero():
		since = now
	}
	if oldest := since; n > 0 {
		if handled.After(oldest) {
			oldest = handled
		}
		e.metrics.waiting(n, now.Sub(oldest))
	} else {
		e.metrics.waiting(0, 0)
	}
	return since
}

func drain(c <-chan eventlog.Delivery) {
	go func() {
		for range c {
		}
	}()
}

// watchConnection ends the replica with its connection, and with its log. A server that has crashed may have lost timers
// that it had acknowledged, and another one may be behind: nothing that was read before counts.
func (e *Engine) watchConnection(ctx context.Context) error {
	changes := e.log.Conn().StatusChanged(nats.CONNECTED)
	defer e.log.Conn().RemoveStatusListener(changes)
	was := e.log.Identity()
	look := time.NewTicker(identityEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
			return fault.New(fault.Unavailable, "reconnected", "the connection was made anew")
		case <-look.C:
			if e.log.Identity() != was {
				return fault.New(fault.Unavailable, "another-log", "the log was made anew")
			}
		}
	}
}

// identityEvery is how often a replica makes sure that the log is still the one that it subscribed to.
const identityEvery = time.Second

// handled is how far the service's documents have come.
func (e *Engine) handled(ctx context.Context) (uint64, error) {
	store, err := projection.OpenKV(ctx, e.log.Conn(), e.cfg.Bucket, e.cfg.Replicas)
	if err != nil {
		return 0, err
	}
	p, err := store.Progress(ctx)
	if err != nil {
		return 0, err
	}
	if of, err := e.origin(ctx, p); err != nil || of != current {
		return 0, err
	}
	return p.Handled, nil
}

// serve handles deliveries batch by batch, in a session that begins anew whenever this replica
// takes the work over.
func (e *Engine) serve(ctx context.Context, c <-chan eventlog.Delivery) error {
	var s *session
	defer func() {
		if s != nil {
			s.end()
		}
	}()
	again := time.NewTicker(timersAgain)
	defer again.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
			if s != nil {
				err = s.setAllTimers(ctx)
			}
		case call := <-s.wanted():
			err = call.do(ctx)
			call.done <- err
		case d, open := <-c:
			if !open {
				return ctx.Err()
			}
			s, err = e.take(ctx, s, together(ctx, d, c))
		}
		if err != nil {
			return err
		}
	}
}

// take handles a batch in the session that it belongs to, and returns that; nil where the work is
// another replica's: what is left over from before comes to that one.
func (e *Engine) take(ctx context.Context, s *session, batch []eventlog.Delivery) (*session, error) {
	fresh, lost := turn(batch)
	if s != nil && (lost || fresh) {
		s.end()
	}
	if lost {
		e.cfg.Log.Info("another replica has taken over: standing by")
		e.metrics.working.Set(0)
		return nil, nil
	}
	if fresh {
		var err error
		if s, err = e.open(ctx); err != nil {
			return nil, err
		}
	}
	if s == nil {
		return nil, nil
	}
	return s, s.deliveries(ctx, batch)
}

// together adds to a delivery what waits behind it: here, and where very much does, in the log.
func together(ctx context.Context, first eventlog.Delivery, c <-chan eventlog.Delivery) []eventlog.Delivery {
	batch := []eventlog.Delivery{first}
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	for len(batch) < batchLimit {
		d, ok := next(ctx, c, batch[len(batch)-1].After >= farBehind)
		if !ok {
			break
		}
		batch = append(batch, d)
	}
	return batch
}

// next is the next delivery, if there is one, or one comes while it waits.
func next(ctx context.Context, c <-chan eventlog.Delivery, wait bool) (d eventlog.Delivery, ok bool) {
	select {
	case d, ok = <-c:
		return d, ok
	default:
	}
	if wait {
		select {
		case d, ok = <-c:
		case <-ctx.Done():
		}
	}
	return d, ok
}

const (
	// batchLimit bounds what one commit of documents includes: the more, the more often is a document written
	// once for several facts, and an act of one fact costs a commit as well.
	batchLimit = 8000
	// farBehind is how much must wait in the log for a commit to wait for more of it: nobody who awaits
	// what follows from the last of it has it later for that.
	farBehind = 1000
	// patient is for how long it waits at most.
	patient = time.Second
)

// timersAgain is how often every document's timer is set again, so that none is lost for long.
const timersAgain = 24 * time.Hour

// turn says whether the work came here or went away within a batch: what happened last counts.
func turn(batch []eventlog.Delivery) (fresh, lost bool) {
	for _, d := range batch {
		if d.Fresh || d.Lost {
			fresh, lost = d.Fresh, d.Lost
		}
	}
	return fresh, lost
}
