package derive

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"

	"kith.internal/libs/projection"
)

// Report is how two generations of documents agree: what they say, when time changes them, what their timers
// are set to, and about whom. Which input changed a document last is left out.
type Report struct {
	Same      int               `json:"same"`
	Differing int               `json:"differing"`          // both have it, and say something else
	Missing   int               `json:"missing"`            // only the one before has it
	Extra     int               `json:"extra"`              // only the new one has it
	Kinds     map[string]Counts `json:"kinds,omitempty"`    // where not all is the same
	Examples  []string          `json:"examples,omitempty"` // keys of some that are not the same, by pseudonyms
}

// Counts are those of a kind of documents: of all whose keys begin alike.
type Counts struct {
	Same      int `json:"same"`
	Differing int `json:"differing,omitempty"`
	Missing   int `json:"missing,omitempty"`
	Extra     int `json:"extra,omitempty"`
}

// Clean reports whether nothing differs.
func (r Report) Clean() bool { return r.Differing+r.Missing+r.Extra == 0 }

// exampleLimit is how many keys a report names.
const exampleLimit = 20

// comparison holds two generations against each other by sums of their documents, so that what changes
// meanwhile is read once more, and not all of it.
type comparison struct {
	old, new uint64
	after    uint64 // the place in the bucket up to which it has read
	seed     maphash.Seed
	sums     map[uint64]sums     // by a sum of the key
	kinds    map[string]int      // documents of both, each key once
	uneven   map[string]struct{} // keys of those that are not the same
}

// sums are those of a document in both generations; 0 where it is not there.
type sums [2]uint64

func compare(old, new uint64) *comparison {
	return &comparison{old: old, new: new, seed: maphash.MakeSeed(), sums: map[uint64]sums{}, kinds: map[string]int{}, uneven: map[string]struct{}{}}
}

// scan reads what was written since the last time.
func (c *comparison) scan(ctx context.Context, store interface {
	Scan(context.Context, uint64, func(uint64, projection.Record) error) (uint64, error)
}) (err error) {
	c.after, err = store.Scan(ctx, c.after, func(number uint64, r projection.Record) error {
		switch number {
		case c.old:
			c.note(0, r)
		case c.new:
			c.note(1, r)
		}
		return nil
	})
	return err
}

func (c *comparison) note(side int, r projection.Record) {
	key := maphash.String(c.seed, r.Key)
	is, known := c.sums[key]
	was := is
	is[side] = c.sum(r)
	if is == (sums{}) {
		delete(c.sums, key)
	} else {
		c.sums[key] = is
	}
	switch {
	case !known && is != sums{}:
		c.kinds[kindOf(r.Key)]++
	case known && is == sums{} && was != sums{}:
		c.kinds[kindOf(r.Key)]--
	}
	if is[0] == is[1] {
		delete(c.uneven, r.Key)
	} else {
		c.uneven[r.Key] = struct{}{}
	}
}

func (c *comparison) sum(r projection.Record) uint64 {
	if r.Body == nil {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = h.Write(r.Body)
	_, _ = h.WriteString(string(r.Person))
	_ = binary.Write(&h, binary.BigEndian, []int64{r.Wake.UnixNano(), r.Timer.UnixNano()})
	return h.Sum64()
}

// kindOf is what the key of a document begins with.
func kindOf(key string) string {
	kind, _, _ := strings.Cut(key, ".")
	return kind
}

func (c *comparison) report() Report {
	r := Report{Kinds: map[string]Counts{}}
	for kind, n := range c.kinds {
		if n > 0 {
			r.Kinds[kind] = Counts{Same: n}
		}
		r.Same += n
	}
	for key := range c.uneven {
		r.count(key, c.sums[maphash.String(c.seed, key)])
	}
	slices.Sort(r.Examples)
	r.Examples = r.Examples[:min(len(r.Examples), exampleLimit)]
	if r.Clean() {
		r.Kinds = nil // how many ties have something sealed is nobody's business where all is well
	}
	return r
}

// count takes a document that is not the same out of those that are.
func (r *Report) count(key string, is sums) {
	k := r.Kinds[kindOf(key)]
	k.Same--
	r.Same--
	switch {
	case is[1] == 0:
		k.Missing++
		r.Missing++
	case is[0] == 0:
		k.Extra++
		r.Extra++
	default:
		k.Differing++
		r.Differing++
	}
	r.Kinds[kindOf(key)] = k
	r.Examples = append(r.Examples, key)
}
