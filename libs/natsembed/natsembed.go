// Package natsembed runs a NATS server with JetStream inside the process: the engine under
// `kith up` and under the tests. What it acknowledges is fsynced.
package natsembed

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/batch"
)

// startLimit bounds the wait for the server: after a crash it reads the whole log once.
const startLimit = 5 * time.Minute

// Config says where the server keeps its data and who may reach it.
type Config struct {
	Dir  string       // the data directory, made if absent; required
	Addr string       // host:port to listen on, port 0 for a free one; "" keeps the server inside the process
	Log  *slog.Logger // nil is silent
	Lazy bool         // what is acknowledged is on disk only once whoever asked for this has put it there
}

// Server is a running server, which nobody else can run on the same directory.
type Server struct {
	nats *server.Server
	lock *dirLock
}

// Start returns once the server has read its streams and answers. It fails with ErrDirInUse
// where another process holds the directory.
func Start(cfg Config) (*Server, error) {
	opts, err := Options(cfg)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	ns, err := Run(opts, cfg.Log)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return &Server{nats: ns, lock: lock}, nil
}

// Options is how Kith runs a server, for those who change a part of it: a test's cluster.
func Options(cfg Config) (*server.Options, error) {
	if cfg.Dir == "" {
		return nil, errors.New("natsembed: a data directory is required: without one the log would stand in a temporary folder")
	}
	opts := &server.Options{
		ServerName: "kith",
		StoreDir:   filepath.Clean(cfg.Dir),
		JetStream:  true,
		SyncAlways: !cfg.Lazy,
		// Without a limit the server derives one from the disk's free space, which shrinks as
		// the log grows, and refuses at a restart the log it wrote itself.
		JetStreamMaxStore:  1 << 50,
		JetStreamMaxMemory: 256 << 20,
		NoSigs:             true,
	}
	opts.JetStreamLimits.MaxBatchSize = batch.Wide
	return opts, listen(opts, cfg.Addr)
}

func listen(opts *server.Options, addr string) error {
	if addr == "" {
		opts.DontListen = true
		return nil
	}
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("natsembed: address %q: %w", addr, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("natsembed: address %q: the port is not a number up to 65535", addr)
	}
	opts.Host, opts.Port = host, int(port)
	if port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	return nil
}

// Run starts a server with opts and returns once it answers; whoever uses it takes care that
// the directory is theirs alone.
func Run(opts *server.Options, log *slog.Logger) (*server.Server, error) {
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("natsembed: %w", err)
	}
	logger := newLogger(log)
	ns.SetLoggerV2(logger, false, false, false)
	go ns.Start()
	if err := await(ns, logger); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, fmt.Errorf("natsembed: %w", err)
	}
	return ns, nil
}

// await returns what kept the server from starting, which it says only in its log.
func await(ns *server.Server, logger *logger) error {
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		select {
		case err := <-logger.fatal:
			return err
		default:
			if ns.ReadyForConnections(100 * time.Millisecond) {
				return nil
			}
		}
	}
	return fmt.Errorf("the server is not ready after %s", startLimit)
}

// Connect returns a connection that needs no network.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	return nats.Connect("", append([]nats.Option{nats.InProcessServer(s.nats)}, opts...)...)
}

// URL is where other processes reach the server, or "" where it does not listen.
func (s *Server) URL() string {
	if s.nats.Addr() == nil {
		return ""
	}
	return s.nats.ClientURL()
}

// Close stops the server, returns when all it has is on disk and its directory is free again,
// and may be called twice. Connections are closed first by their owners.
func (s *Server) Close() error {
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	return s.lock.release()
}
