package translog

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Bundle is a proof that needs nothing else but the public keys: that an entry is in the log of a
// checkpoint, that this log goes on from an earlier checkpoint, or both.
type Bundle struct {
	Checkpoint  string           `json:"checkpoint"` // a signed note
	Entry       *Entry           `json:"entry,omitempty"`
	Inclusion   tlog.RecordProof `json:"inclusion,omitempty"` // empty where the log has but one entry
	Since       string           `json:"since,omitempty"`     // the signed note of the earlier checkpoint
	Consistency tlog.TreeProof   `json:"consistency,omitempty"`
}

// Proven is what a bundle has been found to prove.
type Proven struct {
	Checkpoint Checkpoint
	Entry      *Entry      // that is in it
	Since      *Checkpoint // that it goes on from
	Held       bool        // against a checkpoint that was claimed before
}

// ParseBundle reads a bundle; of what it says nothing is proven yet.
func ParseBundle(text []byte) (Bundle, error) {
	var b Bundle
	if err := decode(text, &b); err != nil {
		return b, fmt.Errorf("this is no proof: %w", err)
	}
	return b, nil
}

// Verify returns what the bundle proves. It fails where it proves nothing, or anything in it is wrong.
func (b Bundle) Verify(keys note.Verifiers) (Proven, error) {
	head, err := Open([]byte(b.Checkpoint), keys)
	if err != nil {
		return Proven{}, err
	}
	p := Proven{Checkpoint: head, Entry: b.Entry}
	if b.Entry == nil && b.Since == "" {
		return Proven{}, errors.New("the proof holds nothing but a checkpoint")
	}
	if b.Entry != nil {
		if err := b.include(head); err != nil {
			return Proven{}, err
		}
	}
	if b.Since != "" {
		if p.Since, err = b.extend(head, keys); err != nil {
			return Proven{}, err
		}
	}
	return p, nil
}

func (b Bundle) include(head Checkpoint) error {
	if err := b.Entry.check(); err != nil {
		return err
	}
	if b.Entry.Seq > head.Size {
		return fmt.Errorf("entry %d is not covered by a checkpoint of %d", b.Entry.Seq, head.Size)
	}
	if tlog.CheckRecord(b.Inclusion, int64(head.Size), head.Root, int64(b.Entry.Seq-1), b.Entry.Leaf()) != nil {
		return fmt.Errorf("entry %d is not what the log of the checkpoint has there", b.Entry.Seq)
	}
	return nil
}

func (b Bundle) extend(head Checkpoint, keys note.Verifiers) (*Checkpoint, error) {
	older, err := Open([]byte(b.Since), keys)
	if err != nil {
		return nil, err
	}
	switch {
	case older.Origin != head.Origin:
		return nil, fmt.Errorf("the checkpoints are of two logs: %s and %s", older.Origin, head.Origin)
	case older.Size == 0 || older.Size > head.Size:
		return nil, fmt.Errorf("a checkpoint of %d messages does not go on from one of %d", head.Size, older.Size)
	case tlog.CheckTree(b.Consistency, int64(head.Size), head.Root, int64(older.Size), older.Root) != nil:
		return nil, fmt.Errorf("the log of %d messages does not begin with the log that it was at %d", head.Size, older.Size)
	}
	return &older, nil
}
