package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// ending is how a Serve comes to its end: what began it, and what went wrong on the way.
type ending struct {
	ctx   context.Context // done when somebody asks for the end
	log   *slog.Logger
	begun chan struct{} // closed when the end has begun, for whatever reason
	late  chan struct{} // closed when nobody is waited for any longer

	mu   sync.Mutex
	errs []error
}

func newEnding(ctx context.Context, log *slog.Logger) *ending {
	return &ending{ctx: ctx, log: log, begun: make(chan struct{}), late: make(chan struct{})}
}

// wait returns when somebody asks for the end, or an actor's failure has begun it.
func (e *ending) wait() error {
	select {
	case <-e.ctx.Done():
	case <-e.begun:
	}
	return nil
}

// begin is the first interrupt: from here on nothing is ready any more.
func (e *ending) begin(error) {
	e.log.Info("stopping")
	close(e.begun)
	time.AfterFunc(grace, func() { close(e.late) })
}

func (e *ending) stopping() bool {
	select {
	case <-e.begun:
		return true
	default:
		return false
	}
}

// web is what the end of the web server means.
func (e *ending) web(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return e.failed(fmt.Errorf("serve HTTP: %w", err))
}

// run runs s and returns what its end means; a service that does not end in time is left alone.
func (e *ending) run(ctx context.Context, s Service) error {
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case err := <-done:
		return e.ended(ctx, s, err)
	case <-e.late:
		return e.failed(fmt.Errorf("%s did not stop in time", s.Name()))
	}
}

func (e *ending) ended(ctx context.Context, s Service, err error) error {
	asked := ctx.Err() != nil
	switch {
	case asked && (err == nil || errors.Is(err, context.Canceled)):
		return nil
	case err == nil:
		err = errors.New("ended, and nobody had asked it to")
	}
	return e.failed(fmt.Errorf("%s: %w", s.Name(), err))
}

func (e *ending) failed(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.errs = append(e.errs, err)
	return err
}

func (e *ending) failures() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.errs...)
}
