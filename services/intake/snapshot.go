package intake

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// snapshots is the object store of the saved fingerprints. They are a cache: without them, the
// log is folded from its beginning.
const snapshots = "kith_intake"

const snapshotName = "seen"

// openSnapshots opens the object store, making or changing it only where it is not as it should be. Of
// several replicas it is not compressed: see eventlog.
func openSnapshots(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.ObjectStore, error) {
	store, err := js.ObjectStore(ctx, snapshots)
	if err == nil {
		if now, err := store.Status(ctx); err == nil && now.Replicas() == replicas && now.IsCompressed() == (replicas == 1) {
			return store, nil
		}
	}
	if err != nil && !errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil, err
	}
	return js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: snapshots, Description: "Fingerprints of the facts that intake has stored: a cache", Replicas: replicas, Compression: replicas == 1,
	})
}

// snapshotHead is the first line of a snapshot: which log it is of, and up to where.
type snapshotHead struct {
	Layout int    `json:"layout"`
	Log    string `json:"log"`
	Last   uint64 `json:"last"`
	Count  int    `json:"count"`
}

const snapshotLayout = 1

type seenAt struct {
	print fingerprint
	seq   uint64
}

// entries are all pairs, in the order of the log.
func (s *seen) entries() []seenAt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]seenAt, 0, len(s.at))
	for f, seq := range s.at {
		all = append(all, seenAt{f, seq})
	}
	for f, sequences := range s.more {
		for _, seq := range sequences {
			all = append(all, seenAt{f, seq})
		}
	}
	slices.SortFunc(all, func(a, b seenAt) int { return cmp.Compare(a.seq, b.seq) })
	return all
}

// save writes the fingerprints up to a sequence; last is folded, so nothing before it is missing.
func (s *seen) save(ctx context.Context, store jetstream.ObjectStore, log string, last uint64) error {
	all := s.entries()
	head, err := json.Marshal(snapshotHead{snapshotLayout, log, last, len(all)})
	if err != nil {
		return err
	}
	body := bytes.NewBuffer(append(head, '\n'))
	var before uint64
	for _, e := range all {
		entry := binary.BigEndian.AppendUint64(nil, uint64(e.print))
		body.Write(binary.AppendUvarint(entry, e.seq-before))
		before = e.seq
	}
	if _, err := store.Put(ctx, jetstream.ObjectMeta{Name: snapshotName}, body); err != nil {
		return fmt.Errorf("save the fingerprints: %w", err)
	}
	return nil
}

// load reads a snapshot of this log and returns up to where it reaches: 0 where there is none
// that fits. One that reaches beyond the log's end is of a log that was set back.
func (s *seen) load(ctx context.Context, store jetstream.ObjectStore, log string, end uint64) (uint64, error) {
	object, err := store.Get(ctx, snapshotName)
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("load the fingerprints: %w", err)
	}
	defer object.Close()
	r := bufio.NewReader(object)
	var head snapshotHead
	line, err := r.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &head) != nil || head.Layout != snapshotLayout || head.Log != log || head.Last > end {
		return 0, nil
	}
	return head.Last, s.read(r, head.Count)
}

func (s *seen) read(r *bufio.Reader, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var before uint64
	for range count {
		var print [8]byte
		if _, err := io.ReadFull(r, print[:]); err != nil {
			return fmt.Errorf("load the fingerprints: %w", err)
		}
		step, err := binary.ReadUvarint(r)
		if err != nil {
			return fmt.Errorf("load the fingerprints: %w", err)
		}
		before += step
		s.keep(fingerprint(binary.BigEndian.Uint64(print[:])), before)
	}
	return nil
}
