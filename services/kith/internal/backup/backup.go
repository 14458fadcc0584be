// Package backup saves what cannot be made anew, which is the log and what opens it, and restores it.
//
// A backup has two folders. log holds what is sealed, and may be kept for as long as anybody likes;
// keys holds the wrapped keys of people and the lookups of their ids, and has to be deleted within
// thirty days: an erasure is final only once no copy of a key is left. The master and the tenant key are in
// neither. Whoever was erased after a backup would be back with it: so a restore wants the erasures
// file, which lies outside of every backup, and erases them again before anybody reads.
//
// What is restored is compared with the root that the log's Merkle tree had when it was saved, and with
// signed checkpoints: the snapshots of NATS by themselves do not notice a changed byte.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/jsm.go"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/disk"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/keyring"
	"kith.internal/libs/translog"
	"kith.internal/services/intake"
)

const manifestName = "manifest.json"

// Manifest is what a backup says of itself. It is written last: without one, a backup was cut short.
type Manifest struct {
	Made       time.Time `json:"made"`
	Messages   uint64    `json:"messages"`             // of the log, at least
	Root       string    `json:"root"`                 // of the Merkle tree of so many
	Checkpoint string    `json:"checkpoint,omitempty"` // the newest signed one of them
	KeysUntil  time.Time `json:"keysUntil"`            // by then the folder keys has to be deleted
}

// part is a stream, and the folder of a backup that it is in. The log comes first: a key is made before
// the first fact that needs it.
type part struct{ folder, stream string }

var parts = []part{{"log", eventlog.StreamName}, {"keys", "KV_" + keyring.Bucket}, {"keys", "KV_" + intake.Lookups}}

func (p part) in(dir string) string { return filepath.Join(dir, p.folder, p.stream) }

// Told is told how many messages of all have been read.
type Told func(done, all uint64)

// Make saves the log behind a connection in a folder that is not there yet or empty. It either succeeds or
// leaves nothing.
func Make(ctx context.Context, nc *nats.Conn, dir string, told Told) (m *Manifest, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, leaveEmpty(dir)) // above all, no keys of which nobody knows
		}
	}()
	log, err := open(ctx, nc)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	m = &Manifest{Made: time.Now().UTC().Truncate(time.Second)}
	m.KeysUntil = m.Made.Add(intake.KeyringBackups)
	if err := m.describe(ctx, log, told); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := save(ctx, nc, p, dir); err != nil {
			return nil, fmt.Errorf("save %s: %w", p.stream, err)
		}
	}
	return m, m.write(dir)
}

// open opens the log that is there.
func open(ctx context.Context, nc *nats.Conn) (*eventlog.Log, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	s, err := js.Stream(ctx, eventlog.StreamName)
	if err != nil {
		return nil, fmt.Errorf("there is no log to save: %w", err)
	}
	return eventlog.Open(ctx, nc, eventlog.Config{Service: "backup", Replicas: s.CachedInfo().Config.Replicas})
}

// describe says how the log is at its end as it is now.
func (m *Manifest) describe(ctx context.Context, log *eventlog.Log, told Told) error {
	last, err := log.Last(ctx)
	if err != nil {
		return err
	}
	found, err := roots(ctx, log, told, last)
	if err != nil {
		return err
	}
	m.Messages, m.Root = last, found[last]
	return log.Read(ctx, 1, []string{events.FilterFact(events.Audit, "CheckpointSealed")}, func(e events.Event, err error) error {
		if f, ok := e.Fact.(*events.CheckpointSealed); err == nil && ok && f.Size <= last {
			m.Checkpoint = string(translog.Sealed{Size: f.Size, RootHash: f.RootHash, Signature: f.Signature, Origin: f.Origin, More: f.More}.Note())
		}
		return err
	})
}

// roots are those of the log's Merkle tree at some sizes. It fails with an *eventlog.Hole where the log has
// not so many messages.
func roots(ctx context.Context, log *eventlog.Log, told Told, sizes ...uint64) (map[uint64]string, error) {
	tree, found, all := translog.Frontier{}, map[uint64]string{}, slices.Max(sizes)
	err := log.Messages(ctx, 1, all, func(s eventlog.Stored) error {
		if tree.Add(translog.Leaf(s.Canonical(s.Seq, s.Recorded))); told != nil {
			told(s.Seq, all)
		}
		if slices.Contains(sizes, tree.Size()) {
			found[tree.Size()] = tree.Root().String()
		}
		return nil
	})
	return found, err
}

// save writes a snapshot of a stream. What is left of its consumers are positions, which nobody needs.
func save(ctx context.Context, nc *nats.Conn, p part, dir string) error {
	streams, err := jsm.New(nc)
	if err != nil {
		return err
	}
	s, err := streams.LoadStream(p.stream)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	patience := silence // who tells how far it is may do so for a moment after the end
	watch := time.AfterFunc(patience, func() { cancel(errSilent) })
	defer watch.Stop()
	var came atomic.Uint64
	_, err = s.SnapshotToDirectory(ctx, p.in(dir), jsm.SnapshotNotify(func(now jsm.SnapshotProgress) {
		if got := now.BytesReceived(); came.Swap(got) != got {
			watch.Reset(patience)
		}
	}))
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, name := range []string{jsm.SnapshotMetaFile, jsm.SnapshotDataFile} { // for their owner only
		err = errors.Join(err, os.Chmod(filepath.Join(p.in(dir), name), 0o600))
	}
	return err
}

// silence is how long nothing may come of a snapshot: a server that has gone does not say so.
var silence = 30 * time.Second

var errSilent = errors.New("the server sends no more of it: see to it, and save again")

// write puts the whole backup on disk, and then says that it is one.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := syncAll(dir); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(dir, manifestName), append(text, '\n'), 0o600), syncAll(dir))
}

func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return disk.Sync(path)
	})
}

// Read is the manifest of a backup.
func Read(dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is no backup, or one that was cut short: it has no %s", dir, manifestName)
	}
	if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s of %s: %w", manifestName, dir, err)
	}
	return m, nil
}

func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: name a folder that is not there yet", dir)
	}
	return err
}

func leaveEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}
