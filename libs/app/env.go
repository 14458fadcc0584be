package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/eventlog"
)

// Env is what a service's main hands to its constructor.
type Env struct {
	Log       *slog.Logger
	Registry  prometheus.Registerer // adds the label service
	NATS      *nats.Conn
	EventLog  *eventlog.Log
	MasterKey []byte // nil where no file is named
	TenantKey []byte // nil where no file is named
	Replicas  int    // of streams and buckets: 1 or 3

	SigningKeyFile  string // keys that sign checkpoints of the log; "" where none is named
	CheckpointsFile string // where checkpoints are written apart from the log; "" where none is named
	ErasuresFile    string // where erasures are written apart from every backup; "" where none is named
}

// newEnv reads the keys; what needs NATS comes with open.
func newEnv(service string, s settings, log *slog.Logger, reg *prometheus.Registry) (*Env, error) {
	master, err1 := readKey(s.masterKeyFile)
	tenant, err2 := readKey(s.tenantKeyFile)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &Env{
		Log:       log,
		Registry:  prometheus.WrapRegistererWith(prometheus.Labels{"service": service}, reg),
		MasterKey: master, TenantKey: tenant, Replicas: s.replicas,
		SigningKeyFile: s.signingKeyFile, CheckpointsFile: s.checkpointsFile, ErasuresFile: s.erasuresFile,
	}, nil
}

// open connects to NATS and opens the log.
func (e *Env) open(ctx context.Context, service string, s settings) (err error) {
	if e.NATS, err = connect(ctx, service, s, e.Log); err != nil {
		return err
	}
	cfg := eventlog.Config{Service: service, Replicas: e.Replicas, Registry: e.Registry, Log: e.Log}
	if e.EventLog, err = eventlog.Open(ctx, e.NATS, cfg); err != nil {
		e.NATS.Close()
	}
	return err
}

func (e *Env) close() {
	e.EventLog.Close()
	e.NATS.Close()
}
