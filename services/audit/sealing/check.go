package sealing

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/translog"
)

func leafOf(m eventlog.Stored) tlog.Hash { return translog.Leaf(m.Canonical(m.Seq, m.Recorded)) }

// check takes in what the log has had since, and holds the tree against the newest checkpoints. Where it
// does not fit, the log itself decides: of a log that is what was sealed, the tree is made anew.
func (n *Notary) check(ctx context.Context) (err error) {
	defer func() { n.metrics.found(err) }()
	if err := n.learn(); err != nil {
		return err
	}
	if err := n.catchUp(ctx); err != nil {
		return err
	}
	all, err := n.claimed()
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := n.fits(ctx, c); err != nil {
			return err
		}
	}
	n.show()
	return nil
}

// ReadAll reads the whole log and holds it against the newest checkpoints. It fails as Seal does.
func (n *Notary) ReadAll(ctx context.Context) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.check(ctx); err != nil {
		return err
	}
	defer func() { n.metrics.found(err) }()
	all, err := n.claimed()
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := n.examine(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// claimed are the newest checkpoints of the log and of the file, once where they are the same.
func (n *Notary) claimed() ([]translog.Checkpoint, error) {
	var all []translog.Checkpoint
	if n.newest.note != nil {
		all = append(all, n.newest.Checkpoint)
	}
	text, err := n.kept.newest()
	if err != nil || text == nil {
		n.apart = 0
		return all, err
	}
	c, err := translog.Open(text, n.known)
	if err != nil {
		return nil, &Altered{0, fmt.Sprintf("in the file of checkpoints, %v", err)}
	}
	if n.apart = c.Size; !slices.Contains(all, c) {
		all = append(all, c)
	}
	return all, nil
}

// fits holds the tree against a checkpoint. Where the tiles do not lead to its root, the log decides: of one
// that is what was sealed, all tiles are made anew.
func (n *Notary) fits(ctx context.Context, c translog.Checkpoint) error {
	if have := n.tree.Size(); c.Size > have {
		return &Altered{have + 1, fmt.Sprintf("the log was cut off: it has %d messages, and had %d when it was sealed", have, c.Size)}
	}
	root, err := n.tree.Root(ctx, c.Size)
	if err != nil || root == c.Root {
		return err
	}
	if err := n.examine(ctx, c); err != nil {
		return err
	}
	return n.remake(ctx)
}

// examine holds the log itself against a checkpoint. Which message was changed first is told by the tiles,
// if they are still those of what was sealed.
func (n *Notary) examine(ctx context.Context, c translog.Checkpoint) error {
	var tree translog.Frontier
	var first uint64
	var leaves []tlog.Hash
	err := n.log.Messages(ctx, 1, c.Size, func(m eventlog.Stored) (err error) {
		leaf := leafOf(m)
		tree.Add(leaf)
		if first != 0 {
			return nil
		}
		if len(leaves) == 0 {
			if leaves, err = n.tree.Leaves(ctx, m.Seq); err != nil {
				return err
			}
		}
		if leaf != leaves[0] {
			first = m.Seq
		}
		leaves = leaves[1:]
		return nil
	})
	if err != nil {
		return lost(err)
	}
	if tree.Root() == c.Root {
		return nil
	}
	what := fmt.Sprintf("the first %d messages of the log are not what was sealed", c.Size)
	if first != 0 {
		what += fmt.Sprintf("; the first that was changed is %d", first)
	}
	return &Altered{first, what}
}

// remake makes all tiles anew, of a log that has been found to be what was sealed.
func (n *Notary) remake(ctx context.Context) error {
	n.logger.Warn("the tiles of the log's tree were changed; the log was not: they are made anew")
	if err := n.tiles.saveHead(ctx, head{}); err != nil {
		return err
	}
	n.tree = nil
	return n.catchUp(ctx)
}
