package translog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles have 256 hashes, each the root of what lies below it: a tile of level 0 has leaves, one of level
// 1 the roots of 256 tiles of level 0, and so on.
const (
	height   = 8
	width    = 1 << height
	tileSize = width * tlog.HashSize
)

// Store keeps full tiles. They follow from the log, so what is lost can be made anew.
type Store interface {
	Tile(ctx context.Context, t tlog.Tile) ([]byte, error)
	SaveTile(ctx context.Context, t tlog.Tile, data []byte) error
}

// Tree is the tree of a log, whose full tiles are in a store and the others in memory. It is safe for
// concurrent use.
type Tree struct {
	store Store
	mu    sync.RWMutex
	size  uint64
	edge  [][]byte // of each level the tile that is not full yet
}

// Saved is the part of a size that is in full tiles: with it, OpenTree goes on after a restart.
func Saved(size uint64) uint64 { return size &^ (width - 1) }

// OpenTree is the tree of which all tiles up to a size, one that Saved returns, are in a store. It fails
// as the store does.
func OpenTree(ctx context.Context, store Store, size uint64) (*Tree, error) {
	t := &Tree{store: store, size: Saved(size)}
	for level := 0; t.size>>(height*level) > 0; level++ {
		tile, err := t.lastTile(ctx, level)
		if err != nil {
			return nil, err
		}
		t.edge = append(t.edge, tile)
	}
	return t, nil
}

// lastTile makes the tile of a level that is not full from the full ones below it.
func (t *Tree) lastTile(ctx context.Context, level int) ([]byte, error) {
	if level == 0 {
		return nil, nil
	}
	hashes := t.size >> (height * level)
	var tile []byte
	for n := Saved(hashes); n < hashes; n++ {
		below, err := t.store.Tile(ctx, full(level-1, n))
		if err != nil {
			return nil, err
		}
		if len(below) != tileSize {
			return nil, fmt.Errorf("the tile %s has %d bytes", full(level-1, n).Path(), len(below))
		}
		root := fold(below)
		tile = append(tile, root[:]...)
	}
	return tile, nil
}

func full(level int, n uint64) tlog.Tile {
	return tlog.Tile{H: height, L: level, N: int64(n), W: width}
}

// fold is the root of the hashes of a full tile.
func fold(hashes []byte) tlog.Hash {
	if len(hashes) == tlog.HashSize {
		return tlog.Hash(hashes)
	}
	half := len(hashes) / 2
	return tlog.NodeHash(fold(hashes[:half]), fold(hashes[half:]))
}

// Size is how many leaves the tree has.
func (t *Tree) Size() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.size
}

// Add appends a leaf. It fails as the store does; the tree is to be opened anew then.
func (t *Tree) Add(ctx context.Context, leaf tlog.Hash) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for level := 0; ; level++ {
		if level == len(t.edge) {
			t.edge = append(t.edge, nil)
		}
		t.edge[level] = append(t.edge[level], leaf[:]...)
		if len(t.edge[level]) < tileSize {
			t.size++
			return nil
		}
		if err := t.store.SaveTile(ctx, full(level, t.size>>(height*(level+1))), t.edge[level]); err != nil {
			return err
		}
		leaf, t.edge[level] = fold(t.edge[level]), nil
	}
}

// Root is the root that the tree had at a size, as the tiles have it: whether they are true, only a
// checkpoint can tell.
func (t *Tree) Root(ctx context.Context, size uint64) (tlog.Hash, error) {
	if have := t.Size(); size > have {
		return tlog.Hash{}, fmt.Errorf("a tree of %d leaves has no root of %d", have, size)
	}
	return tlog.TreeHash(int64(size), tlog.HashReaderFunc(tiles{ctx, t}.hashes))
}

// Leaves are some leaves from that of a sequence on, as many as are kept together. It fails as Root does.
func (t *Tree) Leaves(ctx context.Context, seq uint64) ([]tlog.Hash, error) {
	have := t.Size()
	if seq == 0 || seq > have {
		return nil, fmt.Errorf("a tree of %d leaves has none of %d", have, seq)
	}
	index := seq - 1
	tile := full(0, index/width)
	tile.W = int(min(have-Saved(index), width))
	data, err := tiles{ctx, t}.ReadTiles([]tlog.Tile{tile})
	if err != nil {
		return nil, err
	}
	var all []tlog.Hash
	for hash := range slices.Chunk(data[0][index%width*tlog.HashSize:], tlog.HashSize) {
		all = append(all, tlog.Hash(hash))
	}
	return all, nil
}

// Include proves that the message at a sequence is in the log that a checkpoint is of. It fails where it
// is not, where the tiles do not lead to the checkpoint's root, and as the store does.
func (t *Tree) Include(ctx context.Context, seq uint64, in Checkpoint) (tlog.RecordProof, error) {
	if seq == 0 || seq > in.Size || in.Size > t.Size() {
		return nil, fmt.Errorf("a checkpoint of %d messages does not cover %d", in.Size, seq)
	}
	return tlog.ProveRecord(int64(in.Size), int64(seq-1), t.checked(ctx, in))
}

// Extend proves that the log of a checkpoint goes on where the log of a smaller size ended. It fails as
// Include does.
func (t *Tree) Extend(ctx context.Context, older uint64, to Checkpoint) (tlog.TreeProof, error) {
	if older == 0 || older > to.Size || to.Size > t.Size() {
		return nil, fmt.Errorf("a checkpoint of %d messages does not go on from %d", to.Size, older)
	}
	return tlog.ProveTree(int64(to.Size), int64(older), t.checked(ctx, to))
}

// checked reads hashes that have been proven to be of the checkpoint's tree.
func (t *Tree) checked(ctx context.Context, c Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(c.Size), Hash: c.Root}, tiles{ctx, t})
}

// tiles is a tree for the time of one call.
type tiles struct {
	ctx  context.Context
	tree *Tree
}

// Height is the height of all tiles.
func (tiles) Height() int { return height }

// SaveTiles is called by tlog for a cache; here is none.
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles returns the hashes of tiles, as many of each as are asked for.
func (r tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	r.tree.mu.RLock()
	defer r.tree.mu.RUnlock()
	all := make([][]byte, len(want))
	for i, tile := range want {
		data, err := r.tree.tile(r.ctx, tile)
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("the tile %s has %d bytes", tile.Path(), len(data))
		}
		all[i] = data[:tile.W*tlog.HashSize]
	}
	return all, nil
}

func (t *Tree) tile(ctx context.Context, tile tlog.Tile) ([]byte, error) {
	if uint64(tile.N) == t.size>>(height*(tile.L+1)) {
		return t.edge[tile.L], nil
	}
	return t.store.Tile(ctx, full(tile.L, uint64(tile.N)))
}

func (r tiles) hashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		tile := tlog.TileForIndex(height, index)
		data, err := r.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return nil, err
		}
		if all[i], err = tlog.HashFromTile(tile, data[0], index); err != nil {
			return nil, err
		}
	}
	return all, nil
}
