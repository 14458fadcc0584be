package translog

import "golang.org/x/mod/sumdb/tlog"

// Frontier is a tree of which nothing is kept but what its roots to come depend on: at most one hash a
// level. The zero value is the empty tree.
type Frontier struct {
	size   uint64
	hashes []tlog.Hash // of the complete subtrees, the widest first: one for each bit of size
}

// Add appends a leaf.
func (f *Frontier) Add(leaf tlog.Hash) {
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.hashes) - 1
		leaf = tlog.NodeHash(f.hashes[last], leaf)
		f.hashes = f.hashes[:last]
	}
	f.hashes = append(f.hashes, leaf)
	f.size++
}

// Size is how many leaves the tree has.
func (f *Frontier) Size() uint64 { return f.size }

// Root is the root of the tree as it is now.
func (f *Frontier) Root() tlog.Hash {
	if f.size == 0 {
		empty, _ := tlog.TreeHash(0, nil)
		return empty
	}
	root := f.hashes[len(f.hashes)-1]
	for i := len(f.hashes) - 2; i >= 0; i-- {
		root = tlog.NodeHash(f.hashes[i], root)
	}
	return root
}
