// Package up runs the whole product in one process: an embedded NATS server and every service,
// each as it is when it runs alone.
package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/intake"
	"kith.internal/services/notification"
	classifier "kith.internal/services/role-classifier"
)

// Config says where the product keeps its data and where it listens.
type Config struct {
	DataDir  string   // made where it is not there; one process at a time
	HTTPAddr string   // host:port, port 0 for a free one
	NATSAddr string   // where other tools reach NATS; empty: nowhere, the server is in-process only
	Services []string // those that run, by name; nil is all
	Log      *slog.Logger
	OnReady  func(context.Context, Addresses) error // called once every service is ready; its error ends the product
}

// Addresses are where a running product is reached.
type Addresses struct {
	HTTP string // base URL of the APIs
	NATS string // URL for NATS clients; empty where none are let in
}

// Store is the folder of the data directory in which NATS keeps everything, and Restoring a file that is
// there while a backup is being restored: what is there then is nobody's to read.
const (
	Store     = "nats"
	Restoring = "restoring"
)

// build makes one service of the product.
type build struct {
	name string
	make func(context.Context, *app.Env) (app.Service, error)
}

// Services are the services of the product, in the order in which they start.
func services() []build {
	return []build{
		{"role-classifier", func(ctx context.Context, env *app.Env) (app.Service, error) { return classifier.New(ctx, env) }},
		{"gap-projection", func(ctx context.Context, env *app.Env) (app.Service, error) { return gaps.New(ctx, env) }},
		{"notification", func(ctx context.Context, env *app.Env) (app.Service, error) { return notification.New(ctx, env) }},
		{"intake", func(ctx context.Context, env *app.Env) (app.Service, error) { return intake.New(ctx, env) }},
		{audit.Name, func(ctx context.Context, env *app.Env) (app.Service, error) { return audited.New(ctx, env) }},
	}
}

// Run serves the product until ctx is done, then stops the services and, after them, NATS.
func Run(ctx context.Context, cfg Config) (err error) {
	env, err := keys(cfg)
	if err != nil {
		return err
	}
	server, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(cfg.DataDir, Store), Addr: cfg.NATSAddr, Log: cfg.Log.With("service", "nats")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	reg := prometheus.NewRegistry()
	var all []app.Service
	for _, b := range services() {
		if cfg.Services != nil && !slices.Contains(cfg.Services, b.name) {
			continue
		}
		own, err := open(ctx, server, *env, b.name, reg, cfg.Log)
		if err != nil {
			return err
		}
		defer own.NATS.Close()
		defer own.EventLog.Close()
		s, err := b.make(ctx, own)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		all = append(all, s)
	}
	first := &opening{services: all, cfg: cfg}
	if cfg.NATSAddr != "" {
		first.at.NATS = server.URL()
	}
	onListen := func(addr string) { first.at.HTTP = "http://" + addr }
	return app.Serve(ctx, app.Config{HTTPAddr: cfg.HTTPAddr, Log: cfg.Log, Registry: reg, OnListen: onListen}, append(all, first)...)
}

// keys makes the data directory at the first start, and in it the keys of this installation.
func keys(cfg Config) (*app.Env, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if _, err := os.Stat(filepath.Join(cfg.DataDir, Restoring)); err == nil {
		return nil, fmt.Errorf("a restore into %s was cut short: delete the directory, and restore again", cfg.DataDir)
	}
	master, err1 := loadKey(cfg.DataDir, "master.key")
	tenant, err2 := loadKey(cfg.DataDir, "tenant.key")
	in := func(name string) string { return filepath.Join(cfg.DataDir, name) }
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &app.Env{
		MasterKey: master, TenantKey: tenant, Replicas: 1,
		SigningKeyFile: in("signing.key"), CheckpointsFile: in("checkpoints"), ErasuresFile: in("erasures"),
	}, signingKey(in("signing.key"), tenant)
}

// open gives a service its own connection, log and metrics, as its own binary would.
func open(ctx context.Context, server *natsembed.Server, env app.Env, name string, reg *prometheus.Registry, log *slog.Logger) (*app.Env, error) {
	env.Log = log.With("service", name)
	env.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"service": name}, reg)
	var err error
	if env.NATS, err = server.Connect(nats.Name("kith " + name)); err != nil {
		return nil, err
	}
	env.EventLog, err = eventlog.Open(ctx, env.NATS, eventlog.Config{Service: name, Replicas: env.Replicas, Registry: env.Registry, Log: env.Log})
	if err != nil {
		env.NATS.Close()
	}
	return &env, err
}
