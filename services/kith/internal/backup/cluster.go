package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/eventlog"
)

// RestoreTo is Restore into servers that run, and hold nothing of Kith's yet. Everything is done on a server of
// its own before, erasures too, and only what came of it is handed over, the log last: whoever opens it finds
// nobody who was erased. It returns once all servers have all of it, and takes it back where it fails.
func RestoreTo(ctx context.Context, nc *nats.Conn, replicas int, o Order) (r *Restored, err error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	if err := mustHoldNothing(ctx, js); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kith-restore-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	saved, root := filepath.Join(dir, "saved"), ""
	r, err = o.restore(ctx, filepath.Join(dir, "nats"), func() error { return nil }, func(private *nats.Conn) error {
		for _, p := range parts {
			if err := save(ctx, private, p, saved); err != nil {
				return err
			}
		}
		root, err = rootOf(ctx, private, 1, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, handOver(ctx, nc, js, replicas, saved, r.Sequence, root)
}

// mustHoldNothing fails where anything of Kith's is there: then a service runs, or has.
func mustHoldNothing(ctx context.Context, js jetstream.JetStream) error {
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		if strings.HasPrefix(name, eventlog.StreamName) || strings.HasPrefix(name, "KV_kith_") || strings.HasPrefix(name, "OBJ_kith_") {
			return fmt.Errorf("the servers hold %s already: restore into servers without any data of Kith, while none of its services runs", name)
		}
	}
	return names.Err()
}

// rootOf is the root of the log's tree, of so many messages; 0 is all.
func rootOf(ctx context.Context, nc *nats.Conn, replicas int, size uint64) (string, error) {
	log, err := eventlog.Open(ctx, nc, eventlog.Config{Service: "restore", Replicas: replicas})
	if err != nil {
		return "", err
	}
	defer log.Close()
	if size == 0 {
		if size, err = log.Last(ctx); err != nil {
			return "", err
		}
	}
	found, err := roots(ctx, log, nil, size)
	return found[size], err
}

// handOver restores what was saved on the servers, and compares the log with what it has to be.
func handOver(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, replicas int, saved string, size uint64, root string) (err error) {
	for _, p := range slices.Backward(parts) {
		if err := load(ctx, nc, p, saved, replicas); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, p.drop(context.WithoutCancel(ctx), nc))
			}
		}()
		if err := everywhere(ctx, js, p.stream, replicas); err != nil {
			return err
		}
	}
	have, err := rootOf(ctx, nc, replicas, size)
	if err == nil && have != root {
		err = errors.New("the servers have another log than was handed to them")
	}
	return err
}

// everywhere waits until all servers have all of a stream: one that is lost before takes it along.
func everywhere(ctx context.Context, js jetstream.JetStream, name string, replicas int) error {
	for {
		s, err := js.Stream(ctx, name)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err == nil && has(s.CachedInfo().Cluster, replicas) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func has(c *jetstream.ClusterInfo, replicas int) bool {
	if replicas == 1 {
		return true
	}
	return c != nil && c.Leader != "" && len(c.Replicas) == replicas-1 &&
		!slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return p.Offline || !p.Current })
}
