package sealing

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/translog"
)

// Newest is the newest checkpoint of the log, and as a signed note. It fails with kind NotFound where the
// log was never sealed.
func (n *Notary) Newest() (translog.Checkpoint, []byte, error) {
	v := n.shown.Load()
	if v == nil || v.newest.note == nil {
		return translog.Checkpoint{}, nil, fault.New(fault.NotFound, "never-sealed", "the log was not sealed yet")
	}
	return v.newest.Checkpoint, v.newest.note, nil
}

// Prove proves that a message is in the log, that the log goes on from its checkpoint of an earlier size, or
// both; nil and 0 are neither. It fails with kind NotFound where there is no such checkpoint, with kind
// Conflict where the newest does not cover the message yet, and with *Altered where the message, or the
// tree, is not what was sealed.
func (n *Notary) Prove(ctx context.Context, m *eventlog.Stored, since uint64) (b translog.Bundle, err error) {
	head, note, err := n.Newest()
	if err != nil {
		return b, err
	}
	b.Checkpoint = string(note)
	v := n.shown.Load()
	if m != nil {
		if err := n.include(ctx, v, &b, *m, head); err != nil {
			return b, err
		}
	}
	if since != 0 {
		if err := n.extend(ctx, v, &b, since, head); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (n *Notary) include(ctx context.Context, v *view, b *translog.Bundle, m eventlog.Stored, head translog.Checkpoint) (err error) {
	if m.Seq > head.Size {
		return fault.New(fault.Conflict, "not-sealed", fmt.Sprintf("the newest checkpoint covers %d messages, and this is message %d: it is sealed within a minute", head.Size, m.Seq))
	}
	e := EntryOf(m)
	b.Entry = &e
	if b.Inclusion, err = v.tree.Include(ctx, m.Seq, head); err != nil {
		return n.doubts(ctx, err)
	}
	if tlog.CheckRecord(b.Inclusion, int64(head.Size), head.Root, int64(m.Seq-1), e.Leaf()) != nil {
		return &Altered{m.Seq, fmt.Sprintf("message %d is not what was sealed", m.Seq)}
	}
	return nil
}

func (n *Notary) extend(ctx context.Context, v *view, b *translog.Bundle, since uint64, head translog.Checkpoint) (err error) {
	note, err := n.note(ctx, v, since)
	if err != nil {
		return err
	}
	b.Since = string(note)
	if b.Consistency, err = v.tree.Extend(ctx, since, head); err != nil {
		return n.doubts(ctx, err)
	}
	return nil
}

// doubts has the log read, and the tiles made anew if they are not its own, before it is sealed next: of
// these, no proof could be made.
func (n *Notary) doubts(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		n.doubted.Store(true)
	}
	return fault.Wrap(fault.Unavailable, "tiles", "the tree of the log is lost or damaged, and is made anew from it: try again in a minute", err)
}

// wasRestored is what the log says of a restore, by which checkpoints may have been lost.
func (v *view) wasRestored() string {
	if v.restored.seq == 0 {
		return ""
	}
	return fmt.Sprintf("; message %d says that it was restored from a backup of %d messages", v.restored.seq, v.restored.size)
}

// note is the log's checkpoint of a size: that of its own keys, whoever else says something of that size.
func (n *Notary) note(ctx context.Context, v *view, size uint64) ([]byte, error) {
	if size == v.newest.Size {
		return v.newest.note, nil
	}
	keys, err := n.verifiers()
	if err != nil {
		return nil, err
	}
	for _, p := range v.places {
		if p.size != size {
			continue
		}
		var s translog.Sealed
		if err := n.log.Messages(ctx, p.seq, p.seq, func(m eventlog.Stored) error { return json.Unmarshal(m.Body, &s) }); err != nil {
			return nil, lost(err)
		}
		if _, err := translog.Open(s.Note(), keys); err == nil {
			return s.Note(), nil
		}
	}
	return nil, fault.New(fault.NotFound, "no-such-checkpoint", fmt.Sprintf("the log was not sealed at %d messages%s", size, v.wasRestored()))
}
