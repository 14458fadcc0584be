package projection_test

import (
	"context"
	"fmt"
	"testing"

	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

type named struct{ Name string }

// What is foreseen is there without a question, what is not there is asked for, and what has changed in
// memory is not replaced by what was stored.
func TestForesee(t *testing.T) {
	ctx, nc := t.Context(), natstest.Connect(t)
	store, err := projection.OpenKV(ctx, nc, "foreseen", 1)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1200 // more than one question is about
	docs := projection.NewDocs(ctx, store)
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprint("doc.", i))
		docs.Put(keys[i], &named{keys[i]})
	}
	if _, err := docs.Commit(projection.Progress{Handled: 1}); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	docs = projection.NewDocs(cancelled, store)
	docs.Put(keys[0], &named{"changed"})
	docs.Foresee(append(keys, "doc.missing"))
	cancel() // nobody can ask from now on
	for i, key := range keys {
		want := key
		if i == 0 {
			want = "changed"
		}
		if d, err := projection.Get[named](docs, key); err != nil || d == nil || d.Name != want {
			t.Fatalf("%s is %+v, %v", key, d, err)
		}
	}
	if d, err := projection.Get[named](docs, "doc.missing"); err == nil {
		t.Errorf("nobody was asked for a document that may be there: %+v", d)
	}
}
