package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/keyring"
	"kith.internal/libs/translog"
)

// verify compares the restored log with what it was: by the manifest's root, and by all checkpoints that
// the log's keys have signed. Those of what came after the backup are counted: nothing is left to compare with.
func (o Order) verify(ctx context.Context, log *eventlog.Log, r *Restored) error {
	signed, err := o.checkpoints(r)
	if err != nil {
		return err
	}
	last, err := log.Last(ctx)
	if err != nil {
		return err
	}
	sizes := []uint64{r.Messages, last}
	for _, c := range signed {
		if c.Size > 0 && c.Size <= last {
			sizes = append(sizes, c.Size)
		}
	}
	found, err := roots(ctx, log, o.Told, sizes...)
	if err != nil {
		return fmt.Errorf("the backup is damaged: %w", err)
	}
	if found[r.Messages] != r.Root {
		return errors.New("the backup is damaged: it is not the log that was saved")
	}
	r.fact = events.LogRestored{Messages: last, RootHash: found[last], SavedAt: r.Made}
	for _, c := range signed {
		if root, ok := found[c.Size]; ok && root != c.Root.String() {
			return fmt.Errorf("the backup contradicts the signed checkpoint of %d messages: it is another log, or was changed", c.Size)
		} else if ok {
			r.Checkpoints++
		}
		r.loses(c)
	}
	return nil
}

// loses notes a checkpoint of more than was restored.
func (r *Restored) loses(c translog.Checkpoint) {
	if c.Size <= r.fact.Messages {
		return
	}
	if r.Lost++; c.Size > r.fact.Lost {
		r.fact.Lost, r.fact.LostRoot = c.Size, c.Root.String()
	}
}

// checkpoints are the signed ones of the backup and of the file that was kept apart. Without a signing key
// there are none.
func (o Order) checkpoints(r *Restored) ([]translog.Checkpoint, error) {
	secret, err := os.ReadFile(filepath.Join(o.Keys, "signing.key"))
	if errors.Is(err, fs.ErrNotExist) && o.Checkpoints == "" {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints are verified by their signing key: %w", err)
	}
	public, err := translog.PublicKeys(secret)
	if err != nil {
		return nil, err
	}
	keys, err := translog.Verifiers([]byte(public))
	if err != nil {
		return nil, err
	}
	var apart []byte
	if o.Checkpoints != "" {
		if apart, err = os.ReadFile(o.Checkpoints); err != nil {
			return nil, err
		}
	}
	var all []translog.Checkpoint
	for _, note := range append(translog.Notes(apart), translog.Notes([]byte(r.Checkpoint))...) {
		c, err := translog.Open(note, keys)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// keyed fails where something is sealed in the log for somebody who has no key, nor the trace of one that was
// destroyed: the keys are of another log, or older than it.
func keyed(ctx context.Context, log *eventlog.Log) error {
	kv, err := log.JetStream().KeyValue(ctx, keyring.Bucket)
	if err != nil {
		return err
	}
	list, err := kv.ListKeys(ctx)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for key := range list.Keys() {
		has[key] = true
	}
	return log.Messages(ctx, 1, 0, func(s eventlog.Stored) error {
		e, _ := s.Event() // what is none has no secrets
		for _, sealed := range events.Secrets(e.Fact) {
			if len(*sealed) > 0 && !has[e.Subject] {
				return fmt.Errorf("the keys are not those of this log, or older: %s has none, for whom message %d seals something", e.Subject, s.Seq)
			}
		}
		return nil
	})
}
