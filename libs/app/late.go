package app

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"kith.internal/libs/fault"
)

// late is a service that can only be built once NATS answers. Until then the process lives and
// says that it is not ready, so that nobody restarts it for another's outage.
type late struct {
	name  string
	env   *Env
	build func(context.Context) (Service, error)
	built atomic.Pointer[built]
}

// built is a service with its handler, which is made once.
type built struct {
	Service
	handler http.Handler
}

func (l *late) Name() string { return l.name }

func (l *late) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := l.built.Load()
		if b == nil {
			fault.Write(w, r, fault.New(fault.Unavailable, "starting", "the service is starting; try again"))
			return
		}
		b.handler.ServeHTTP(w, r)
	})
}

func (l *late) Ready() error {
	b := l.built.Load()
	switch {
	case b == nil:
		return errors.New("starting: waiting for NATS")
	case !l.env.NATS.IsConnected():
		return errors.New("NATS is not connected")
	}
	return b.Ready()
}

// Run builds the service and runs it; what was opened for it is closed after it.
func (l *late) Run(ctx context.Context) error {
	silent := l.sayWhatIsAwaited()
	s, err := l.build(ctx)
	silent()
	if l.env.EventLog != nil {
		defer l.env.close()
	}
	if err != nil {
		return err
	}
	h := s.Handler()
	if h == nil {
		h = http.NotFoundHandler()
	}
	l.built.Store(&built{s, h})
	l.env.Log.Info("started")
	return s.Run(ctx)
}

// sayEvery is how often a service that is not built yet says so.
const sayEvery = 15 * time.Second

// sayWhatIsAwaited says, until what it returns is called, that NATS does not answer as it must: in a
// cluster that elects, streams and buckets are opened late.
func (l *late) sayWhatIsAwaited() (stop func()) {
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		for ticks := time.NewTicker(sayEvery); ; {
			select {
			case <-ctx.Done():
				ticks.Stop()
				return
			case <-ticks.C:
				l.env.Log.Warn("still starting: NATS does not give all streams and buckets yet")
			}
		}
	}()
	return stop
}
