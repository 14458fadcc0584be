package derive

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
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
	Layout   int              // version of the documents' form; another one means a rebuild
	Inputs   []string         // subject filters
	Whole    bool             // it reads most of the log: see eventlog.Log.Subscribe
	Owns     []events.Context // contexts it derives facts in, under the fence
	Replicas int              // of the bucket
	Registry prometheus.Registerer
	Log      *slog.Logger
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
		e.cfg.Log.Warn("deriving stopped, trying again", "in", wait, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
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

// handled is how far the service's documents have come.
func (e *Engine) handled(ctx context.Context) (uint64, error) {
	store, err := projection.OpenKV(ctx, e.log.Conn(), e.cfg.Bucket, e.cfg.Replicas)
	if err != nil {
		return 0, err
	}
	p, err := store.Progress(ctx)
	if !e.ours(p) {
		return 0, err
	}
	return p.Handled, err
}

// ours reports whether documents are of this log and in today's form.
func (e *Engine) ours(p projection.Progress) bool {
	return p.Stream == e.log.Identity() && p.Layout == e.cfg.Layout
}

// openStore opens the documents for the working writer. Those of another log or another layout
// mean nothing any more.
func (e *Engine) openStore(ctx context.Context) (*projection.KV, error) {
	store, err := projection.OpenKV(ctx, e.log.Conn(), e.cfg.Bucket, e.cfg.Replicas)
	if err != nil {
		return nil, err
	}
	p, err := store.Progress(ctx)
	if err != nil || p.Stream == "" || e.ours(p) {
		return store, err
	}
	e.cfg.Log.Info("the documents are of another log or layout: rebuilding", "bucket", e.cfg.Bucket)
	return store, store.Clear(ctx)
}

// serve handles deliveries batch by batch, in a session that begins anew whenever this replica
// takes the work over.
func (e *Engine) serve(ctx context.Context, c <-chan eventlog.Delivery) error {
	var s *session
	for {
		batch := take(ctx, c)
		if len(batch) == 0 {
			return ctx.Err()
		}
		if lost(batch) {
			e.stand(nil)
			s = nil
		}
		if fresh(batch) {
			var err error
			if s, err = e.open(ctx); err != nil {
				return err
			}
		}
		if s == nil {
			continue // left over from before the work was lost
		}
		err := s.deliveries(ctx, batch)
		if errors.Is(err, eventlog.ErrFenced) || errors.Is(err, projection.ErrStale) {
			e.stand(err)
			s = nil // until a fresh delivery says that the work is ours again
			continue
		}
		if err != nil {
			return err
		}
	}
}

// take waits for a delivery and adds what waits behind it.
func take(ctx context.Context, c <-chan eventlog.Delivery) []eventlog.Delivery {
	var batch []eventlog.Delivery
	select {
	case d, open := <-c:
		if !open {
			return nil
		}
		batch = append(batch, d)
	case <-ctx.Done():
		return nil
	}
	for len(batch) < batchLimit {
		select {
		case d, open := <-c:
			if !open {
				return batch
			}
			batch = append(batch, d)
		default:
			return batch
		}
	}
	return batch
}

// batchLimit bounds what one commit of documents includes.
const batchLimit = 500

// stand notes that another replica works now.
func (e *Engine) stand(why error) {
	e.cfg.Log.Info("another replica has taken over: standing by", "error", why)
	e.metrics.working.Set(0)
}

// lost reports whether the work went away, and did not come back within the batch.
func lost(batch []eventlog.Delivery) bool {
	away := false
	for _, d := range batch {
		away = (away || d.Lost) && !d.Fresh
	}
	return away
}

func fresh(batch []eventlog.Delivery) bool {
	for _, d := range batch {
		if d.Fresh {
			return true
		}
	}
	return false
}
