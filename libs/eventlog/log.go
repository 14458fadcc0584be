package eventlog

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/fault"
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
	callers atomic.Int64    // that wait for a commit
	commits context.Context // done once the log is closed
	close   context.CancelFunc
	ended   chan struct{} // closed once nothing is committed any more
	known   atomic.Uint64 // a sequence that the log is known to have
	born    atomic.Int64  // when the stream was made: its identity
	metrics *metrics
}

// Open opens the log, making its streams where there are none, and waits a while for a cluster that
// elects. It fails with kind Conflict where a stream differs from what Kith needs, and with
// Unavailable where there is no JetStream.
func Open(ctx context.Context, nc *nats.Conn, cfg Config) (*Log, error) {
	cfg.Replicas = max(cfg.Replicas, 1)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(answerTimeout))
	if err != nil {
		return nil, err
	}
	l := &Log{cfg: cfg, nc: nc, js: js, queue: make(chan *request, 4096), ended: make(chan struct{}), metrics: newMetrics(cfg.Registry)}
	if l.stream, err = ensure(ctx, cfg.Log, js, logConfig(cfg.Replicas)); err != nil {
		return nil, err
	}
	if l.timers, err = ensure(ctx, cfg.Log, js, timersConfig(cfg.Replicas)); err != nil {
		return nil, err
	}
	l.note(l.stream.CachedInfo())
	l.commits, l.close = context.WithCancel(context.WithoutCancel(ctx))
	go l.commitLoop(l.commits)
	go l.watchIdentity(l.commits)
	return l, nil
}

// Close ends the commits that are under way and waits for it. Appends after it fail with kind
// Unavailable.
func (l *Log) Close() {
	l.close()
	<-l.ended
}

// JetStream is the JetStream context of the log's connection.
func (l *Log) JetStream() jetstream.JetStream { return l.js }

// Conn is the log's connection.
func (l *Log) Conn() *nats.Conn { return l.nc }

// Replicas is how many replicas the log's streams have.
func (l *Log) Replicas() int { return l.cfg.Replicas }

// Check fails, as Append would, where the log does not take one of the facts.
func (l *Log) Check(evs ...events.Event) error {
	_, err := l.Encode(evs...)
	return err
}

// roomForHeaders is what the headers of a commit may add to a message.
const roomForHeaders = 1 << 10

// message encodes a fact. One that is too large for any server is refused here, where it does not
// concern those who share its commit.
func (l *Log) message(e events.Event) (*nats.Msg, error) {
	encoded, err := events.Encode(e)
	if err != nil {
		return nil, err
	}
	m := &nats.Msg{Subject: encoded.Subject, Header: nats.Header(encoded.Header), Data: encoded.Body}
	if size := m.Size() + roomForHeaders; int64(size) > l.nc.MaxPayload() {
		return nil, fault.New(fault.TooLarge, "fact-too-large", fmt.Sprintf("the fact has %d bytes, more than a server takes", m.Size()))
	}
	return m, nil
}
