package eventlog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
)

// Config says on whose behalf the log is opened.
type Config struct {
	Service  string // for metrics
	Replicas int    // of the stream: 1, or 3 in a cluster; 0 is 1
	Registry prometheus.Registerer
	Log      *slog.Logger
}

// Log is an open log. It is safe for concurrent use.
type Log struct {
	cfg     Config
	nc      *nats.Conn
	js      jetstream.JetStream
	stream  jetstream.Stream
	timers  jetstream.Stream
	queue   chan *request
	closed  chan struct{}
	metrics *metrics
}

// Open opens the log, making its streams where there are none. It fails with kind Conflict where
// a stream differs from what Kith needs, and with Unavailable where there is no JetStream.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Log, error) {
	cfg.Replicas = max(cfg.Replicas, 1)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	l := &Log{cfg: cfg, nc: nc, js: js, queue: make(chan *request, 4096), closed: make(chan struct{}), metrics: newMetrics(cfg.Registry)}
	if l.stream, err = ensure(ctx, js, logConfig(cfg.Replicas)); err != nil {
		return nil, err
	}
	if l.timers, err = ensure(ctx, js, timersConfig(cfg.Replicas)); err != nil {
		return nil, err
	}
	go l.commitLoop()
	return l, nil
}

// Close ends the goroutine that commits, once. Appends after it fail with kind Unavailable.
func (l *Log) Close() { close(l.closed) }

// JetStream is the JetStream context of the log's connection.
func (l *Log) JetStream() jetstream.JetStream { return l.js }

// Conn is the log's connection.
func (l *Log) Conn() *nats.Conn { return l.nc }

// Replicas is how many replicas the log's streams have.
func (l *Log) Replicas() int { return l.cfg.Replicas }

// Identity tells this log from every other, also one that was made anew under the same name.
func (l *Log) Identity() string {
	return fmt.Sprintf("%s@%d", StreamName, l.stream.CachedInfo().Created.UnixNano())
}

// Last is the sequence of the log's last message.
func (l *Log) Last(ctx context.Context) (uint64, error) {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return 0, unavailable("read the log's end", err)
	}
	return info.State.LastSeq, nil
}

func message(e events.Event) (*nats.Msg, error) {
	m, err := events.Encode(e)
	if err != nil {
		return nil, err
	}
	return &nats.Msg{Subject: m.Subject, Header: nats.Header(m.Header), Data: m.Body}, nil
}
