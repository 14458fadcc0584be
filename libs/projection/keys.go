package projection

import "github.com/bits-and-blooms/bloom/v3"

// keys tells of most keys that are not there that they are not, in a byte or so for each that is: a writer
// who alone makes documents need not ask the server for each that does not exist yet. nil knows nothing.
type keys struct {
	filters []*bloom.BloomFilter // of more and more keys, as they become more
	left    uint                 // room in the last one
	last    uint                 // how many that one was made for
}

const (
	firstKeys   = 10_000
	falseAlarms = 0.01 // of the keys that are not there
)

func (k *keys) add(key string) {
	if k == nil || !k.lack(key) {
		return
	}
	if k.left == 0 {
		k.last = max(firstKeys, 2*k.last)
		k.left = k.last
		k.filters = append(k.filters, bloom.NewWithEstimates(k.last, falseAlarms))
	}
	k.left--
	k.filters[len(k.filters)-1].AddString(key)
}

// lack reports that there is no such key; false says nothing.
func (k *keys) lack(key string) bool {
	if k == nil {
		return false
	}
	for _, f := range k.filters {
		if f.TestString(key) {
			return false
		}
	}
	return true
}
