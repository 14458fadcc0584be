// Package natstest gives every test a NATS server of its own, or a cluster of them, in the
// process, silent and gone with the test. There are no mocks of NATS in Kith.
package natstest

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/natsembed"
)

// Connect returns a connection to a private server that fsyncs what it acknowledges.
func Connect(t testing.TB) *nats.Conn {
	t.Helper()
	return single(t, options(t, t.TempDir()))
}

// Fast is Connect without fsync, for tests of what is computed and not of what is kept.
func Fast(t testing.TB) *nats.Conn {
	t.Helper()
	opts := options(t, t.TempDir())
	opts.SyncAlways = false
	return single(t, opts)
}

func single(t testing.TB, opts *server.Options) *nats.Conn {
	t.Helper()
	ns := run(t, opts)
	t.Cleanup(func() { stop(ns) })
	return dial(t, ns)
}

func options(t testing.TB, dir string) *server.Options {
	t.Helper()
	opts, err := natsembed.Options(natsembed.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

func run(t testing.TB, opts *server.Options) *server.Server {
	t.Helper()
	ns, err := natsembed.Run(opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func stop(ns *server.Server) {
	ns.Shutdown()
	ns.WaitForShutdown()
}

// dial connects to whatever server p leads to, and again for as long as the test lasts.
func dial(t testing.TB, p nats.InProcessConnProvider) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("", nats.InProcessServer(p), nats.MaxReconnects(-1),
		nats.ReconnectWait(20*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}
