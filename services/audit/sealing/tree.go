package sealing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/translog"
)

// Altered is the error of a log that is not what was sealed.
type Altered struct {
	Seq  uint64 // the first message that is not what it was; 0 where that cannot be told
	What string
}

// Error says what was changed.
func (a *Altered) Error() string { return a.What }

// The subject of all checkpoints in the log, and of what says that it was restored.
var (
	checkpoints = events.SubjectOf(events.Audit, events.Nobody, "CheckpointSealed")
	restorals   = events.SubjectOf(events.Audit, events.Nobody, "LogRestored")
)

// catchUp takes in what the log has had since. The tree is opened anew where it is of another log, or where
// it could not be saved.
func (n *Notary) catchUp(ctx context.Context) (err error) {
	if err := n.opened(ctx); err != nil {
		return err
	}
	end, err := n.log.Last(ctx) // which notices another log
	if err != nil {
		return err
	}
	if of := n.log.Identity(); n.tree == nil || n.of != of {
		if err := n.load(ctx, of); err != nil {
			return err
		}
	}
	if size := n.tree.Size(); end < size {
		return &Altered{end + 1, fmt.Sprintf("the log was cut off: it has %d messages, and had %d", end, size)}
	}
	if err := n.log.Messages(ctx, n.tree.Size()+1, end, func(m eventlog.Stored) error { return n.add(ctx, m) }); err != nil {
		return lost(err)
	}
	if to := translog.Saved(n.tree.Size()); to > n.saved {
		if err := n.tiles.saveHead(ctx, head{n.of, to}); err != nil {
			return err
		}
		n.saved = to
	}
	return nil
}

// lost says that messages are missing which the log must have had.
func lost(err error) error {
	if h := (*eventlog.Hole)(nil); errors.As(err, &h) {
		return &Altered{h.From, h.Error()}
	}
	return err
}

// add takes in the next message.
func (n *Notary) add(ctx context.Context, m eventlog.Stored) error {
	if err := n.tree.Add(ctx, leafOf(m)); err != nil {
		n.tree = nil // it is half written
		return err
	}
	if m.Subject != checkpoints {
		n.last = m.Seq
		n.noteRestored(m)
		return nil
	}
	var s translog.Sealed
	if json.Unmarshal(m.Body, &s) == nil {
		n.places = append(n.places, place{s.Size, m.Seq})
		n.meet(s)
	}
	return nil
}

// noteRestored notes what the log says of a restore.
func (n *Notary) noteRestored(m eventlog.Stored) {
	if m.Subject != restorals {
		return
	}
	if e, err := m.Event(); err == nil {
		n.restored = place{e.Fact.(*events.LogRestored).Messages, m.Seq}
	}
}

// meet takes a checkpoint of the log over, if one of the log's own keys has signed it and it is newer.
func (n *Notary) meet(s translog.Sealed) bool {
	if s.Size <= n.newest.Size {
		return false
	}
	c, err := translog.Open(s.Note(), n.known)
	if err == nil {
		n.newest = sealed{c, s.Note()}
	}
	return err == nil
}

// load opens the tree of a log as far as it is saved, and reads the checkpoints before. Where a tile is
// missing, all are made anew.
func (n *Notary) load(ctx context.Context, of string) error {
	n.view, n.of = view{}, of
	size, err := n.tiles.head(ctx, of)
	if err != nil {
		return err
	}
	tree, err := translog.OpenTree(ctx, n.tiles, size)
	if missing(err) {
		n.logger.Warn("a tile of the log's tree is missing: all are made anew", "error", err)
		size = 0
		tree, err = translog.OpenTree(ctx, n.tiles, 0)
	}
	if err != nil {
		return err
	}
	if err := n.before(ctx, size); err != nil {
		return err
	}
	n.tree, n.saved, n.last = tree, size, size
	return nil
}

// before reads the checkpoints of the log up to a sequence: those after it come with all the rest.
func (n *Notary) before(ctx context.Context, seq uint64) error {
	if seq == 0 {
		return nil
	}
	var all []translog.Sealed
	for e, err := range n.log.Person(ctx, events.Nobody, events.Audit) {
		if err != nil && e.Seq == 0 {
			return err
		}
		if e.Seq > seq {
			break
		}
		switch f := e.Fact.(type) {
		case *events.CheckpointSealed:
			n.places = append(n.places, place{f.Size, e.Seq})
			all = append(all, sealedOf(f))
		case *events.LogRestored:
			n.restored = place{f.Messages, e.Seq}
		}
	}
	for _, s := range slices.Backward(all) { // to verify a signature takes longer than to read it
		if n.meet(s) {
			break
		}
	}
	return nil
}

func sealedOf(f *events.CheckpointSealed) translog.Sealed {
	return translog.Sealed{Size: f.Size, RootHash: f.RootHash, Signature: f.Signature, Origin: f.Origin, More: f.More}
}

// EntryOf is a message as it is exported.
func EntryOf(m eventlog.Stored) translog.Entry {
	return translog.NewEntry(m.Seq, m.Recorded, m.Subject, m.Header, m.Body)
}
