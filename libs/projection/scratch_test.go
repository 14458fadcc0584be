package projection_test

import (
	"slices"
	"testing"

	"kith.internal/libs/projection"
)

// Documents that are never committed find their keys as others do, whatever part of a key is asked for.
func TestScratchFindsItsKeys(t *testing.T) {
	scratch, plain := projection.Scratch(t.Context()), projection.NewDocs(t.Context(), projection.NewMemory())
	for _, key := range []string{"open.a.b", "open.a.c", "open.aa.b", "given.a", "given.a.b", "crowd.1", "ruleset", "older.1.a.b"} {
		scratch.Put(key, &struct{ Key string }{key})
		scratch.Put(key, &struct{ Key string }{key})
		plain.Put(key, &struct{ Key string }{key})
	}
	for _, prefix := range []string{"", "open.", "open.a.", "open.a.c", "open.x.", "given.a.", "crowd.", "rule", "older.1.a."} {
		want, err1 := plain.Keys(prefix)
		got, err2 := scratch.Keys(prefix)
		if err1 != nil || err2 != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v %v, not %v %v", prefix, got, err2, want, err1)
		}
	}
}

// A document is shown as another service reads it: by what stands in it, under its own type.
func TestShown(t *testing.T) {
	d := projection.Scratch(t.Context())
	d.Put("one", &struct {
		Name  string `json:"name"`
		Inner int    `json:"inner"`
	}{"ann", 7})
	type outer struct {
		Name string `json:"name"`
	}
	got, err := projection.Shown[outer](d, "one")
	if err != nil || got == nil || got.Name != "ann" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := projection.Shown[outer](d, "none"); got != nil || err != nil {
		t.Errorf("%+v %v", got, err)
	}
}
