package sealing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/translog"
)

func leafOf(m eventlog.Stored) tlog.Hash { return translog.Leaf(m.Canonical(m.Seq, m.Recorded)) }

// check takes in what the log has had since, and holds the tree against the newest checkpoints. Where it
// does not fit, and where the whole log is to be looked at, the log itself decides: of a log that is what was
// sealed, tiles that are not are made anew. The file is read before the log: what another replica seals
// meanwhile would seem to be cut off.
func (n *Notary) check(ctx context.Context, whole bool) (err error) {
	defer func() {
		if n.metrics.found(err); err != nil {
			n.tiles = nil // their bucket may be gone: the next look opens it anew
		}
	}()
	if n.known, err = n.verifiers(); err != nil {
		return err
	}
	apart, err := n.kept.newest()
	if err != nil {
		return err
	}
	if err := n.catchUp(ctx); err != nil {
		return err
	}
	all, err := n.claimed(apart)
	if err != nil {
		return err
	}
	intact := !n.doubted.Load()
	for _, c := range all {
		if intact, err = n.holds(ctx, c, whole, intact); err != nil {
			return err
		}
	}
	if !intact {
		return n.remake(ctx)
	}
	n.show()
	return nil
}

// ReadAll reads the whole log and holds it against the newest checkpoints. It fails as Seal does.
func (n *Notary) ReadAll(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.check(ctx, true)
}

// claimed are the newest checkpoints of the log and of the file, once where they are the same.
func (n *Notary) claimed(apart []byte) ([]translog.Checkpoint, error) {
	var all []translog.Checkpoint
	if n.newest.note != nil {
		all = append(all, n.newest.Checkpoint)
	}
	if n.apart = 0; apart == nil {
		return all, nil
	}
	c, err := translog.Open(apart, n.known)
	if err != nil {
		return nil, &Altered{0, fmt.Sprintf("in the file of checkpoints, %v", err)}
	}
	if n.apart = c.Size; !slices.Contains(all, c) {
		all = append(all, c)
	}
	return all, nil
}

// holds holds the tree against a checkpoint, and the log where the tree does not fit or is in doubt. It reports
// whether the tiles are still intact.
func (n *Notary) holds(ctx context.Context, c translog.Checkpoint, whole, intact bool) (bool, error) {
	if have := n.tree.Size(); c.Size > have {
		return false, &Altered{have + 1, fmt.Sprintf("the log was cut off: it has %d messages, and had %d when it was sealed%s", have, c.Size, n.admits())}
	}
	root, err := n.tree.Root(ctx, c.Size)
	if err != nil && !missing(err) {
		return false, err
	}
	if fits := err == nil && root == c.Root; fits && intact && !whole {
		return true, nil
	}
	same, err := n.examine(ctx, c)
	return intact && same && root == c.Root, err
}

// missing reports whether a tile is not there that must be.
func missing(err error) bool { return errors.Is(err, jetstream.ErrKeyNotFound) }

// examine holds the log itself against a checkpoint, and reports whether the tiles have the same leaves. Which
// message was changed first is told by them, if they are still those of what was sealed.
func (n *Notary) examine(ctx context.Context, c translog.Checkpoint) (same bool, err error) {
	var tree translog.Frontier
	var leaves []tlog.Hash
	first, lostTile := uint64(0), false
	err = n.log.Messages(ctx, 1, c.Size, func(m eventlog.Stored) (err error) {
		leaf := leafOf(m)
		tree.Add(leaf)
		if first != 0 || lostTile {
			return nil
		}
		if len(leaves) == 0 {
			if leaves, err = n.tree.Leaves(ctx, m.Seq); missing(err) {
				lostTile = true
				return nil
			} else if err != nil {
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
		return false, lost(err)
	}
	if tree.Root() == c.Root {
		return first == 0 && !lostTile, nil
	}
	what := fmt.Sprintf("the first %d messages of the log are not what was sealed", c.Size)
	if first != 0 {
		what += fmt.Sprintf("; the first that was changed is %d", first)
	}
	return false, &Altered{first, what + n.admits()}
}

// admits is what the log itself says of why it might not be what was sealed. Whether to believe it is for who
// keeps the file to say: it is evidence of what was lost, until they put another one in its place.
func (n *Notary) admits() string {
	if n.restored.seq == 0 {
		return ""
	}
	return n.wasRestored() + ": if you know of that, keep the file of checkpoints elsewhere, and a new one is begun"
}

// remake makes all tiles anew, of a log that has been found to be what was sealed.
func (n *Notary) remake(ctx context.Context) error {
	n.logger.Warn("the tiles of the log's tree were changed or lost; the log was not: they are made anew")
	if err := n.tiles.saveHead(ctx, head{}); err != nil {
		return err
	}
	n.tree = nil
	if err := n.catchUp(ctx); err != nil {
		return err
	}
	n.doubted.Store(false)
	n.show()
	return nil
}
