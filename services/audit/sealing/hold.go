package sealing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/translog"
)

// Held is what checkpoints a log was held against.
type Held struct {
	Checkpoints int `json:"checkpoints"` // those in the log and in the file apart from it that its keys have signed
	Before      int `json:"before"`      // of these, those that cover nothing behind a sequence
}

// Hold holds the log, as it is read now, against every checkpoint that its keys have signed: of whatever size, its
// first messages have that root. It fails as ReadAll does, and tells now and then how far it is.
func (n *Notary) Hold(ctx context.Context, before uint64, told func(done, of uint64) error) (h Held, err error) {
	all, err := n.signed(ctx)
	if err != nil {
		return h, err
	}
	roots := map[uint64]tlog.Hash{}
	var last uint64
	for c := range all {
		roots[c.Size], last = tlog.Hash{}, max(last, c.Size)
		if c.Size <= before {
			h.Before++
		}
	}
	h.Checkpoints = len(all)
	if err := n.recompute(ctx, roots, last, told); err != nil {
		return h, err
	}
	for c := range all {
		if roots[c.Size] != c.Root {
			return h, &Altered{0, fmt.Sprintf("the first %d messages of the log are not what was sealed", c.Size)}
		}
	}
	return h, nil
}

// recompute fills in the roots of the log at some sizes, of which one is the last.
func (n *Notary) recompute(ctx context.Context, roots map[uint64]tlog.Hash, last uint64, told func(done, of uint64) error) error {
	if last == 0 {
		return nil
	}
	var tree translog.Frontier
	return lost(n.log.Messages(ctx, 1, last, func(m eventlog.Stored) error {
		tree.Add(leafOf(m))
		if _, wanted := roots[m.Seq]; wanted {
			roots[m.Seq] = tree.Root()
		}
		return told(m.Seq, last)
	}))
}

// signed are all checkpoints by the log's own keys. What others have put into the log says nothing; into the file
// nobody else may put anything.
func (n *Notary) signed(ctx context.Context) (map[translog.Checkpoint]bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.check(ctx, false); err != nil {
		return nil, err
	}
	all := map[translog.Checkpoint]bool{}
	for e, err := range n.log.Person(ctx, events.Nobody, events.Audit) {
		if err != nil && e.Seq == 0 {
			return nil, err
		}
		if f, ok := e.Fact.(*events.CheckpointSealed); ok {
			if c, err := translog.Open(sealedOf(f).Note(), n.known); err == nil {
				all[c] = true
			}
		}
	}
	notes, err := n.kept.all()
	for _, note := range notes {
		c, err := translog.Open(note, n.known)
		if err != nil {
			return nil, &Altered{0, fmt.Sprintf("in the file of checkpoints, %v", err)}
		}
		all[c] = true
	}
	return all, err
}

// all are the signed notes of the file.
func (k kept) all() ([][]byte, error) {
	if k == "" {
		return nil, nil
	}
	text, err := os.ReadFile(string(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return translog.Notes(text), err
}
