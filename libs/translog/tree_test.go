package translog_test

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"kith.internal/libs/translog"
)

// shelf keeps tiles in memory.
type shelf map[string][]byte

func (s shelf) Tile(_ context.Context, t tlog.Tile) ([]byte, error) {
	if data, ok := s[t.Path()]; ok {
		return data, nil
	}
	return nil, errors.New("no tile " + t.Path())
}

func (s shelf) SaveTile(_ context.Context, t tlog.Tile, data []byte) error {
	s[t.Path()] = append([]byte{}, data...)
	return nil
}

func leaf(n int) tlog.Hash { return translog.Leaf(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// reference is the tree as tlog itself stores it: all hashes, in one array.
type reference []tlog.Hash

func (r *reference) add(n int) {
	more, err := tlog.StoredHashesForRecordHash(int64(n), leaf(n), r)
	if err != nil {
		panic(err)
	}
	*r = append(*r, more...)
}

func (r *reference) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = (*r)[index]
	}
	return hashes, nil
}

func (r *reference) root(size int) tlog.Hash {
	root, err := tlog.TreeHash(int64(size), r)
	if err != nil {
		panic(err)
	}
	return root
}

type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

func grown(t fatal, tree *translog.Tree, to int) *translog.Tree {
	t.Helper()
	for n := int(tree.Size()); n < to; n++ {
		if err := tree.Add(context.Background(), leaf(n)); err != nil {
			t.Fatalf("%v", err)
		}
	}
	return tree
}

func opened(t fatal, store translog.Store, size uint64) *translog.Tree {
	t.Helper()
	tree, err := translog.OpenTree(context.Background(), store, size)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return tree
}

func at(size int, root tlog.Hash) translog.Checkpoint {
	return translog.Checkpoint{Origin: "log", Size: uint64(size), Root: root}
}

// A tree of tiles, opened anew at any time, has the roots and gives the proofs that RFC 6962 asks for.
func TestTreeIsThatOfTheRFC(t *testing.T) {
	var all reference
	for n := range 1500 {
		all.add(n)
	}
	rapid.Check(t, func(t *rapid.T) {
		store := shelf{}
		size := rapid.IntRange(1, 1500).Draw(t, "size")
		restart := rapid.IntRange(0, size).Draw(t, "restart")
		grown(t, opened(t, store, 0), restart)
		tree := grown(t, opened(t, store, uint64(restart)), size)
		head := at(rapid.IntRange(1, size).Draw(t, "head"), tlog.Hash{})
		head.Root = all.root(int(head.Size))
		if root, err := tree.Root(context.Background(), head.Size); err != nil || root != head.Root {
			t.Fatalf("root of %d: %v, %v", head.Size, root, err)
		}
		seq := rapid.Uint64Range(1, head.Size).Draw(t, "seq")
		leaves, err := tree.Leaves(context.Background(), seq)
		for i, got := range leaves {
			if got != leaf(int(seq-1)+i) {
				t.Fatalf("another leaf of %d", int(seq)+i)
			}
		}
		if next := int(seq) + len(leaves); err != nil || len(leaves) == 0 || next != size+1 && next%256 != 1 {
			t.Fatalf("%d leaves from %d on: %v", len(leaves), seq, err)
		}
		proof, err := tree.Include(context.Background(), seq, head)
		if err != nil || tlog.CheckRecord(proof, int64(head.Size), head.Root, int64(seq-1), leaf(int(seq-1))) != nil {
			t.Fatalf("%d in %d: %v", seq, head.Size, err)
		}
		extends, err := tree.Extend(context.Background(), seq, head)
		if err != nil || tlog.CheckTree(extends, int64(head.Size), head.Root, int64(seq), all.root(int(seq))) != nil {
			t.Fatalf("%d goes on from %d: %v", head.Size, seq, err)
		}
	})
}

// Around a tile's end, and around that of a tile of tiles' roots, every message has its proof; opened anew too.
func TestTreeAtItsEdges(t *testing.T) {
	var all reference
	for n := range 1025 {
		all.add(n)
	}
	for _, size := range []int{1, 2, 3, 255, 256, 257, 511, 512, 513, 1024, 1025} {
		store := shelf{}
		grown(t, opened(t, store, 0), size)
		tree := grown(t, opened(t, store, uint64(size)), size)
		head := at(size, all.root(size))
		for _, seq := range []uint64{1, uint64(size+1) / 2, uint64(size)} {
			proof, err := tree.Include(t.Context(), seq, head)
			if err != nil || tlog.CheckRecord(proof, int64(size), head.Root, int64(seq-1), leaf(int(seq-1))) != nil {
				t.Errorf("%d of %d: %v", seq, size, err)
			}
			extends, err := tree.Extend(t.Context(), seq, head)
			if err != nil || tlog.CheckTree(extends, int64(size), head.Root, int64(seq), all.root(int(seq))) != nil {
				t.Errorf("%d from %d on: %v", size, seq, err)
			}
		}
	}
	empty := opened(t, shelf{}, 0)
	if root, err := empty.Root(t.Context(), 0); err != nil || root != all.root(0) || second(empty.Include(t.Context(), 1, at(0, root))) == nil {
		t.Errorf("of nothing: %v, %v", root, err)
	}
}

func TestFrontierHasTheSameRoots(t *testing.T) {
	var all reference
	var frontier translog.Frontier
	for n := range 700 {
		if frontier.Root() != all.root(n) || frontier.Size() != uint64(n) {
			t.Fatalf("another root of %d", n)
		}
		all.add(n)
		frontier.Add(leaf(n))
	}
}

// At 65,536 leaves and more there are tiles of three levels.
func TestTreeOfThreeLevels(t *testing.T) {
	const size = 65536 + 256 + 7
	var frontier translog.Frontier
	for n := range size {
		frontier.Add(leaf(n))
	}
	store := shelf{}
	grown(t, opened(t, store, 0), size)
	tree := grown(t, opened(t, store, size), size)
	head := at(size, frontier.Root())
	for _, seq := range []uint64{1, 256, 257, 65536, 65537, 65792, size} {
		if _, err := tree.Include(t.Context(), seq, head); err != nil {
			t.Errorf("%d: %v", seq, err)
		}
	}
}

func TestTreeRefuses(t *testing.T) {
	var all reference
	for n := range 600 {
		all.add(n)
	}
	store := shelf{}
	tree := grown(t, opened(t, store, 0), 600)
	head := at(600, all.root(600))
	for what, err := range map[string]error{
		"the sequence 0":         second(tree.Include(t.Context(), 0, head)),
		"a sequence after it":    second(tree.Include(t.Context(), 601, head)),
		"a larger checkpoint":    second(tree.Include(t.Context(), 5, at(601, head.Root))),
		"another root":           second(tree.Include(t.Context(), 5, at(600, all.root(599)))),
		"no earlier checkpoint":  second(tree.Extend(t.Context(), 0, head)),
		"a later checkpoint":     second(tree.Extend(t.Context(), 601, head)),
		"a root yet to come":     second(tree.Root(t.Context(), 601)),
		"a tree without a tile":  second(translog.OpenTree(t.Context(), shelf{}, 256)),
		"a tile of half a store": second(translog.OpenTree(t.Context(), shelf{"tile/8/0/000": {1}}, 256)),
	} {
		if err == nil {
			t.Errorf("%s is not refused", what)
		}
	}
	store["tile/8/0/001"][40] ^= 1
	if _, err := tree.Include(t.Context(), 300, head); err == nil {
		t.Error("an altered tile proves something")
	}
}

func second[T any](_ T, err error) error { return err }
