package projection

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// counted counts the documents that are asked for.
type counted struct {
	Store
	loads int
}

func (c *counted) Load(ctx context.Context, key string) (*Record, error) {
	c.loads++
	return c.Store.Load(ctx, key)
}

// A cache that holds more than its limit is emptied, by what the documents weigh and not by how many
// they are, and what was in it is found again.
func TestAFullCacheIsEmptied(t *testing.T) {
	store := &counted{Store: NewMemory()}
	d := NewDocs(t.Context(), store)
	d.limit = 10_000
	text := strings.Repeat("x", 2000)
	for i := range 20 {
		d.Begin(uint64(i + 1))
		d.Put(fmt.Sprint(i), &text)
		if _, err := d.Commit(Progress{}); err != nil {
			t.Fatal(err)
		}
		if weight := d.size + len(d.cached)*entrySize; weight > d.limit || len(d.cached) > 4 {
			t.Fatalf("%d documents of %d bytes in memory", len(d.cached), d.size)
		}
	}
	store.loads = 0
	for range 2 {
		if got, err := Get[string](d, "0"); err != nil || got == nil || *got != text || d.Seq("0") != 1 {
			t.Fatalf("%v at %d, %v", got, d.Seq("0"), err)
		}
	}
	if store.loads != 1 {
		t.Errorf("loaded %d times", store.loads)
	}
}

// What is loaded weighs as well as what is left, and a document that grows weighs what it is now.
func TestWhatACacheWeighs(t *testing.T) {
	d := NewDocs(t.Context(), NewMemory())
	for _, n := range []int{100, 5000, 10} {
		text := strings.Repeat("x", n)
		d.Put("a", &text)
		if _, err := d.Commit(Progress{}); err != nil || d.size != n+2 {
			t.Errorf("a document of %d bytes weighs %d, %v", n+2, d.size, err)
		}
	}
	d.Drop()
	if got, err := Get[string](d, "a"); err != nil || got == nil || d.size != 12 {
		t.Errorf("loaded, it weighs %d, %v", d.size, err)
	}
}
