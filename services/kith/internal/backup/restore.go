package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/jsm.go"
	"github.com/nats-io/jsm.go/api"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/disk"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
	"kith.internal/services/intake"
	"kith.internal/services/kith/internal/up"
)

// Order is what to restore, and into what.
type Order struct {
	Backup      string       // the folder that Make has written
	DataDir     string       // of the product that begins with it; not there yet, or empty
	Erasures    string       // the erasures file as it is today
	Keys        string       // the folder with master.key, tenant.key and, where there is one, signing.key
	Checkpoints string       // a file of checkpoints kept apart from the log, or ""
	Log         *slog.Logger // nil is silent
	Told        Told         // how much of the log has been compared; nil is nobody
}

// Restored is what came of it.
type Restored struct {
	Manifest
	Sequence    uint64 `json:"sequence"`    // the log's end
	Erasures    int    `json:"erasures"`    // that were done again
	Checkpoints int    `json:"checkpoints"` // with whose roots the log was compared, signatures and all
}

// keyFiles are what opens a data directory, and what only signs.
var keyFiles = []string{"master.key", "tenant.key", "signing.key"}

// Restore makes a data directory of a backup, in which whoever was erased since stays erased. It either
// succeeds or leaves nothing.
func Restore(ctx context.Context, o Order) (r *Restored, err error) {
	m, err := Read(o.Backup)
	if err != nil {
		return nil, err
	}
	erasures, err := intake.ReadErasures(o.Erasures)
	if err != nil {
		return nil, fmt.Errorf("whoever was erased would be back: %w", err)
	}
	if err := errors.Join(mustBeEmpty(o.DataDir), os.MkdirAll(o.DataDir, 0o700)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, leaveEmpty(o.DataDir))
		}
	}()
	if err := o.furnish(); err != nil {
		return nil, err
	}
	r = &Restored{Manifest: *m}
	if err := o.serve(ctx, r, erasures); err != nil {
		return nil, err
	}
	if err := syncAll(o.DataDir); err != nil {
		return nil, err
	}
	return r, errors.Join(os.Remove(filepath.Join(o.DataDir, up.Restoring)), disk.Sync(o.DataDir))
}

// furnish says that a restore is under way, and puts there what no backup has.
func (o Order) furnish() error {
	if err := os.WriteFile(filepath.Join(o.DataDir, up.Restoring), nil, 0o600); err != nil {
		return err
	}
	if err := copyFile(o.Erasures, filepath.Join(o.DataDir, "erasures")); err != nil {
		return err
	}
	for _, name := range keyFiles {
		err := copyFile(filepath.Join(o.Keys, name), filepath.Join(o.DataDir, name))
		if errors.Is(err, fs.ErrNotExist) && name == "signing.key" {
			err = nil // a new one is made, whose signatures begin a new series
		}
		if err != nil {
			return err
		}
	}
	return syncAll(o.DataDir)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// serve runs a server on the data directory, which nobody else reaches, for as long as it works there. It is
// lazy: one that puts each message on disk by itself takes so long that it believes the restore to have stalled.
func (o Order) serve(ctx context.Context, r *Restored, erasures []intake.Erasure) (err error) {
	server, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(o.DataDir, up.Store), Log: o.Log, Lazy: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := server.Connect(nats.Name("kith restore"))
	if err != nil {
		return err
	}
	defer nc.Close()
	for _, p := range parts {
		if err := o.load(ctx, nc, p); err != nil {
			return fmt.Errorf("restore %s: %w", p.stream, err)
		}
	}
	log, err := eventlog.Open(ctx, nc, eventlog.Config{Service: "restore", Replicas: 1, Log: o.Log})
	if err != nil {
		return err
	}
	defer log.Close()
	if err := o.verify(ctx, log, r); err != nil {
		return err
	}
	if err := o.erase(ctx, nc, log, r, erasures); err != nil {
		return err
	}
	return keyed(ctx, log)
}

// patience is how long the server may take for a part of a stream.
const patience = 5 * time.Minute

// load restores a stream on one server, whatever it was on before.
func (o Order) load(ctx context.Context, nc *nats.Conn, p part) error {
	streams, err := jsm.New(nc, jsm.WithTimeout(patience))
	if err != nil {
		return err
	}
	cfg, err := configOf(p.in(o.Backup))
	if err != nil {
		return err
	}
	cfg.Replicas = 1
	if p.stream == eventlog.StreamName {
		cfg.Compression = api.S2Compression
	}
	_, _, err = streams.RestoreSnapshotFromDirectory(ctx, p.stream, p.in(o.Backup), jsm.RestoreConfiguration(*cfg))
	return err
}

// erase does every erasure of the file again. A file that lacks one of the log's own is not the file.
func (o Order) erase(ctx context.Context, nc *nats.Conn, log *eventlog.Log, r *Restored, all []intake.Erasure) error {
	err := log.Read(ctx, 1, []string{events.FilterFact(events.People, "PersonErased")}, func(e events.Event, err error) error {
		if err == nil && !slices.ContainsFunc(all, func(one intake.Erasure) bool { return one.Person == e.Person() }) {
			err = fmt.Errorf("%s lacks an erasure that the backup has, of %s: it is not the whole file", o.Erasures, e.Person())
		}
		return err
	})
	if err != nil {
		return err
	}
	env := &app.Env{Log: o.Log, Registry: prometheus.NewRegistry(), NATS: nc, EventLog: log, Replicas: 1}
	if env.MasterKey, err = app.ReadKey(filepath.Join(o.DataDir, "master.key")); err != nil {
		return err
	}
	if env.TenantKey, err = app.ReadKey(filepath.Join(o.DataDir, "tenant.key")); err != nil {
		return err
	}
	if err := intake.ApplyErasures(ctx, env, all); err != nil {
		return err
	}
	r.Erasures = len(all)
	r.Sequence, err = log.Last(ctx)
	return err
}
