package projection

import (
	"fmt"
	"testing"
)

// Of a key that is there nobody ever says that it is not; of most others that.
func TestKeys(t *testing.T) {
	all := &keys{}
	const n = 3 * firstKeys // more than the first filter is made for
	for range 2 {           // a document is written again and again
		for i := range n {
			all.add(fmt.Sprint("there.", i))
		}
	}
	for i := range n {
		if all.lack(fmt.Sprint("there.", i)) {
			t.Fatalf("key %d is there", i)
		}
	}
	wrong := 0
	for i := range n {
		if !all.lack(fmt.Sprint("missing.", i)) {
			wrong++
		}
	}
	if wrong > n/20 {
		t.Errorf("%d of %d keys that are not there may be there", wrong, n)
	}
	if len(all.filters) != 2 {
		t.Errorf("%d filters, want 2: keys that are added again take room", len(all.filters))
	}
	var unknown *keys
	if unknown.add("a"); unknown.lack("b") {
		t.Error("who knows nothing says that a key is not there")
	}
}
