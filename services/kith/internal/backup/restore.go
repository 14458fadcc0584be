package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	DataDir     string       // of the product that begins with it; not there yet, or empty. RestoreTo wants none
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
	Lost        int    `json:"lost"`        // checkpoints that were kept apart, of more messages than the backup has

	fact events.LogRestored // what the log says of it
}

// keyFiles are what opens a data directory, and what only signs.
var keyFiles = []string{"master.key", "tenant.key", "signing.key"}

// Restore makes a data directory of a backup, in which whoever was erased since stays erased. It either
// succeeds or leaves nothing.
func Restore(ctx context.Context, o Order) (r *Restored, err error) {
	if err := errors.Join(mustBeEmpty(o.DataDir), os.MkdirAll(o.DataDir, 0o700)); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, leaveEmpty(o.DataDir))
		}
	}()
	if r, err = o.restore(ctx, filepath.Join(o.DataDir, up.Store), o.furnish, func(*nats.Conn) error { return nil }); err != nil {
		return nil, err
	}
	if err := syncAll(o.DataDir); err != nil {
		return nil, err
	}
	return r, errors.Join(os.Remove(filepath.Join(o.DataDir, up.Restoring)), disk.Sync(o.DataDir))
}

// restore restores the backup into a store that nobody else reaches, once it is furnished, and hands it to then.
func (o Order) restore(ctx context.Context, store string, furnish func() error, then func(*nats.Conn) error) (*Restored, error) {
	m, err := Read(o.Backup)
	if err != nil {
		return nil, err
	}
	erasures, err := intake.ReadErasures(o.Erasures)
	if err != nil {
		return nil, fmt.Errorf("whoever was erased would be back: %w", err)
	}
	if err := furnish(); err != nil {
		return nil, err
	}
	r := &Restored{Manifest: *m}
	return r, o.serve(store, func(nc *nats.Conn) error {
		if err := o.fill(ctx, nc, r, erasures); err != nil {
			return err
		}
		return then(nc)
	})
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

// serve runs a server on a store, which nobody else reaches, for as long as fn works there. It is lazy: everything
// is on disk once it has ended.
func (o Order) serve(store string, fn func(*nats.Conn) error) (err error) {
	server, err := natsembed.Start(natsembed.Config{Dir: store, Log: o.Log, Lazy: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := server.Connect(nats.Name("kith restore"))
	if err != nil {
		return err
	}
	defer nc.Close()
	return fn(nc)
}

// fill restores the streams, compares them with what was saved, says in the log what was done, and does every
// erasure again.
func (o Order) fill(ctx context.Context, nc *nats.Conn, r *Restored, erasures []intake.Erasure) error {
	for _, p := range parts {
		if err := load(ctx, nc, p, o.Backup, 1); err != nil {
			return err
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
	if err := o.whole(ctx, log, erasures); err != nil {
		return err
	}
	if err := r.say(ctx, log); err != nil {
		return err
	}
	if err := o.erase(ctx, nc, log, r, erasures); err != nil {
		return err
	}
	return keyed(ctx, log)
}

// say has the log say that it was restored, and what of it is known to be lost.
func (r *Restored) say(ctx context.Context, log *eventlog.Log) error {
	_, err := log.Append(ctx, events.Event{
		ID: events.FactID(strings.ToLower(rand.Text())), Source: "/kith/restore", Context: events.Audit, Subject: events.Nobody,
		Time: time.Now().UTC(), Actor: "service:kith", Fact: &r.fact,
	})
	return err
}

// erase does every erasure of the file again.
func (o Order) erase(ctx context.Context, nc *nats.Conn, log *eventlog.Log, r *Restored, all []intake.Erasure) (err error) {
	env := &app.Env{Log: o.Log, Registry: prometheus.NewRegistry(), NATS: nc, EventLog: log, Replicas: 1}
	if env.MasterKey, err = app.ReadKey(filepath.Join(o.Keys, "master.key")); err != nil {
		return err
	}
	if env.TenantKey, err = app.ReadKey(filepath.Join(o.Keys, "tenant.key")); err != nil {
		return err
	}
	if err := intake.ApplyErasures(ctx, env, all); err != nil {
		return err
	}
	r.Erasures = len(all)
	r.Sequence, err = log.Last(ctx)
	return err
}

// whole fails where a file of erasures lacks one of the log's own: then it is not the file.
func (o Order) whole(ctx context.Context, log *eventlog.Log, all []intake.Erasure) error {
	return log.Read(ctx, 1, []string{events.FilterFact(events.People, "PersonErased")}, func(e events.Event, err error) error {
		if err == nil && !slices.ContainsFunc(all, func(one intake.Erasure) bool { return one.Person == e.Person() }) {
			err = fmt.Errorf("%s lacks an erasure that the backup has, of %s: it is not the whole file", o.Erasures, e.Person())
		}
		return err
	})
}
