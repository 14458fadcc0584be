package postings

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/fault"
)

// snapshots is the object store of the saved postings. They are a cache: without them, the log is folded
// from its beginning.
const snapshots = "kith_audit"

const (
	snapshotName   = "postings"
	snapshotLayout = 1
)

// openSnapshots opens the object store, making or changing it only where it is not as it should be. Of
// several replicas it is not compressed: see eventlog.
func openSnapshots(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.ObjectStore, error) {
	store, err := js.ObjectStore(ctx, snapshots)
	if err == nil {
		if now, err := store.Status(ctx); err == nil && now.Replicas() == replicas && now.IsCompressed() == (replicas == 1) {
			return store, nil
		}
	}
	if err == nil || errors.Is(err, jetstream.ErrBucketNotFound) {
		store, err = js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
			Bucket: snapshots, Description: "Where in the log everybody is named: a cache", Replicas: replicas, Compression: replicas == 1,
		})
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "starting", "audit cannot open what it keeps: try again shortly", err)
	}
	return store, nil
}

// head says which log a snapshot is of.
type head struct {
	Layout int
	Log    string
}

// save writes the postings of a log.
func (p *Postings) save(ctx context.Context, store jetstream.ObjectStore, log string) error {
	body, err := p.encode(log)
	if err != nil {
		return err
	}
	if _, err := store.Put(ctx, jetstream.ObjectMeta{Name: snapshotName}, body); err != nil {
		return fmt.Errorf("save the postings: %w", err)
	}
	return nil
}

func (p *Postings) encode(log string) (*bytes.Buffer, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var body bytes.Buffer
	to := gob.NewEncoder(&body)
	err := errors.Join(to.Encode(head{snapshotLayout, log}), to.Encode(p.image))
	return &body, err
}

// load reads a snapshot of this log, where there is one that fits. One that reaches beyond the log's end is of
// a log that was set back.
func (p *Postings) load(ctx context.Context, store jetstream.ObjectStore, log string, end uint64) error {
	object, err := store.Get(ctx, snapshotName)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the postings: %w", err)
	}
	defer object.Close()
	from := gob.NewDecoder(object)
	var h head
	if err := from.Decode(&h); err != nil || h != (head{snapshotLayout, log}) {
		return nil //nolint:nilerr // one of another layout
	}
	saved := emptyImage()
	if err := from.Decode(&saved); err != nil {
		return fmt.Errorf("load the postings: %w", err)
	}
	if saved.Last > end {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.image = saved
	return nil
}
