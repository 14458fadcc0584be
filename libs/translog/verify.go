package translog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Where the log keeps its own checkpoints, and where it says that it was restored.
const (
	checkpointSubject = "kith.audit._.CheckpointSealed"
	restoredSubject   = "kith.audit._.LogRestored"
)

// inLine is what a line of an export holds that is a checkpoint, and restoredInLine of one that says that the log
// was restored, so that the others need not be read twice.
var inLine, restoredInLine = []byte(checkpointSubject), []byte(restoredSubject)

// Claims are the roots that signed checkpoints of one log claim for its sizes.
type Claims struct {
	keys   note.Verifiers
	origin string
	roots  map[uint64]tlog.Hash
	last   uint64

	restored []Restored // what the log says of itself
}

// Restored is that a log says it was restored from a backup.
type Restored struct {
	Seq      uint64    `json:"-"`        // of the entry that says so
	Messages uint64    `json:"messages"` // of the backup: what stood behind them is lost
	SavedAt  time.Time `json:"savedAt"`
}

func (r Restored) String() string {
	return fmt.Sprintf("entry %d says that the log was restored from a backup of %d entries, made %s", r.Seq, r.Messages, r.SavedAt.Format(time.RFC3339))
}

// NewClaims has none yet; it believes checkpoints that one of the keys has signed.
func NewClaims(keys note.Verifiers) *Claims {
	return &Claims{keys: keys, roots: map[uint64]tlog.Hash{}}
}

// Add takes a signed note over. It fails where Open does, and where what it says cannot be true together
// with what others have said.
func (c *Claims) Add(signed []byte) error {
	cp, err := Open(signed, c.keys)
	if err != nil {
		return err
	}
	return c.Believe(cp)
}

// Believe takes over a checkpoint whose signature is known to be good. It fails as Add does.
func (c *Claims) Believe(cp Checkpoint) error {
	if c.origin != "" && c.origin != cp.Origin {
		return fmt.Errorf("the checkpoints are of two logs: %s and %s", c.origin, cp.Origin)
	}
	if root, ok := c.roots[cp.Size]; ok && root != cp.Root {
		return fmt.Errorf("two checkpoints of %d messages contradict each other: there are two histories", cp.Size)
	}
	c.origin, c.roots[cp.Size], c.last = cp.Origin, cp.Root, max(c.last, cp.Size)
	return nil
}

// Verify returns what a bundle proves. It fails as Bundle.Verify does, and where what it says cannot be true
// together with what others have said.
func (c *Claims) Verify(b Bundle) (Proven, error) {
	p, err := b.Verify(c.keys)
	if err != nil {
		return p, err
	}
	_, p.Held = c.roots[p.Checkpoint.Size]
	if p.Since != nil {
		_, older := c.roots[p.Since.Size]
		p.Held = p.Held || older
		if err := c.Believe(*p.Since); err != nil {
			return p, err
		}
	}
	return p, c.Believe(p.Checkpoint)
}

// Log is what has been found of an exported log.
type Log struct {
	Entries     uint64
	Checkpoints int    // sizes that a signed checkpoint speaks of
	Sealed      uint64 // the largest of them: what comes after it is not proven yet
	Restored    []Restored
}

// VerifyLog reads an export of the whole log, one entry a line, and holds it against every checkpoint in
// it and those already claimed. It fails where one does not fit, naming the first, and where there is none.
// Of a log that was restored, the checkpoints of what was lost do not fit: it fails, and says what the log says.
func (c *Claims) VerifyLog(export io.ReadSeeker) (Log, error) {
	found, err := c.verifyLog(export)
	if n := len(c.restored); err != nil && n > 0 {
		err = fmt.Errorf("%w (%s: checkpoints of more from before that are of what was lost; keep them, and verify without them)", err, c.restored[n-1])
	}
	return found, err
}

func (c *Claims) verifyLog(export io.ReadSeeker) (Log, error) {
	if err := c.collect(export); err != nil {
		return Log{}, err
	}
	if _, err := export.Seek(0, io.SeekStart); err != nil {
		return Log{}, err
	}
	var tree Frontier
	err := lines(export, func(line []byte) error { return c.follow(&tree, line) })
	switch {
	case err != nil:
		return Log{}, err
	case len(c.roots) == 0:
		return Log{}, errors.New("there is no checkpoint: nothing proves this log")
	case c.last > tree.Size():
		return Log{}, fmt.Errorf("the log was cut off: it has %d entries, and had %d when it was sealed (or the export is older than a checkpoint that was kept: export it again)", tree.Size(), c.last)
	}
	return Log{Entries: tree.Size(), Checkpoints: len(c.roots), Sealed: c.last, Restored: c.restored}, nil
}

// collect takes over the checkpoints that stand in the log itself, and that it was restored.
func (c *Claims) collect(export io.Reader) error {
	return lines(export, func(line []byte) error {
		if !bytes.Contains(line, inLine) && !bytes.Contains(line, restoredInLine) {
			return nil
		}
		e, err := ParseEntry(line)
		switch {
		case err != nil:
			return err
		case e.Subject == checkpointSubject:
			return c.collectCheckpoint(e)
		case e.Subject == restoredSubject:
			r := Restored{Seq: e.Seq}
			if err := json.Unmarshal([]byte(e.Data), &r); err != nil {
				return fmt.Errorf("entry %d says nothing of a backup: %w", e.Seq, err)
			}
			c.restored = append(c.restored, r)
		}
		return nil
	})
}

// collectCheckpoint takes over one checkpoint. Each speaks of what came before it.
func (c *Claims) collectCheckpoint(e Entry) error {
	var s Sealed
	if err := json.Unmarshal([]byte(e.Data), &s); err != nil {
		return fmt.Errorf("entry %d is no checkpoint: %w", e.Seq, err)
	}
	if s.Size >= e.Seq {
		return fmt.Errorf("entry %d seals what comes after it", e.Seq)
	}
	if err := c.Add(s.Note()); err != nil {
		return fmt.Errorf("entry %d: %w", e.Seq, err)
	}
	return nil
}

func (c *Claims) follow(tree *Frontier, line []byte) error {
	e, err := ParseEntry(line)
	if err != nil {
		return err
	}
	if e.Seq != tree.Size()+1 {
		return fmt.Errorf("entry %d stands where %d belongs", e.Seq, tree.Size()+1)
	}
	if e.Subject == checkpointSubject && !bytes.Contains(line, inLine) {
		return fmt.Errorf("entry %d is a checkpoint written so that it is not noticed", e.Seq)
	}
	tree.Add(e.Leaf())
	if root, ok := c.roots[tree.Size()]; ok && root != tree.Root() {
		return fmt.Errorf("the first %d entries are not what was sealed", tree.Size())
	}
	return nil
}

// lines calls fn with every line that is not empty, however long.
func lines(r io.Reader, fn func([]byte) error) error {
	b := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := b.ReadBytes('\n')
		if text := strings.TrimSpace(string(line)); text != "" {
			if err := fn([]byte(text)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
