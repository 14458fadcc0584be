// Package app runs services: one in a process of its own, or all of them in one. A service is a
// value; how it is served, watched and stopped is the same everywhere.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/live"
)

// Stopping takes at most webGrace for requests and grace for everything; an orchestrator kills
// later, and a person waits no longer.
const (
	webGrace = 2 * time.Second
	grace    = 4500 * time.Millisecond
)

// Service is one part of Kith that can run alone or beside the others.
type Service interface {
	// Name is the service's name in metrics, logs and URLs.
	Name() string
	// Handler serves the routes below /<name>/, and only these; nil serves none.
	Handler() http.Handler
	// Run works until ctx is done and leaves nothing behind. To return earlier is a failure.
	Run(ctx context.Context) error
	// Ready says why the service cannot answer yet, or any more; nil when it can.
	Ready() error
}

// Config says where services are served and what they share.
type Config struct {
	HTTPAddr string               // host:port, port 0 for a free one
	Log      *slog.Logger         // nil is silent
	Registry *prometheus.Registry // what /metrics shows; nil for a new one
	OnListen func(addr string)    // called once, before any service runs, with the address listened on
}

// Serve listens, runs the services, and stops all when ctx is done or one of them fails: it is
// no longer ready, answers what it has begun, then ends the services and waits for them, 5 s in
// all. It returns what failed, or nil after a stop in time.
func Serve(ctx context.Context, cfg Config, services ...Service) error {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	if err := describe(cfg.Registry, services); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	if cfg.OnListen != nil {
		cfg.OnListen(listener.Addr().String())
	}
	return serve(ctx, cfg, listener, services)
}

// serve adds the actors in the order in which they are to stop: interrupts come one after the
// other, and the one of the web server returns only when no request is left.
func serve(ctx context.Context, cfg Config, listener net.Listener, services []Service) error {
	var g run.Group
	e := newEnding(ctx, cfg.Log)
	streams, end := context.WithCancel(context.Background())
	g.Add(e.wait, func(err error) { e.begin(err); end() })
	srv := &http.Server{
		BaseContext:       func(net.Listener) context.Context { return live.Until(context.Background(), streams) },
		Handler:           routes(cfg.Registry, e, services),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelError),
	}
	g.Add(func() error { return e.web(srv.Serve(listener)) }, func(error) { shutdown(srv) })
	for _, s := range services {
		// Not ctx itself: a service must outlive the requests that are being answered.
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		g.Add(func() error { return e.run(own, s) }, func(error) { cancel() })
	}
	g.Run() //nolint:errcheck // the ending knows this error and every other
	return e.failures()
}

// shutdown lets requests finish for a while; those that stream regardless are cut off.
func shutdown(srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), webGrace)
	defer cancel()
	if srv.Shutdown(ctx) != nil {
		srv.Close() //nolint:errcheck // nothing more can be done for these connections
	}
}
