package verify

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// root is the repository, seen from this folder.
const root = "../.."

// services are those with a binary of their own: services/<name>/cmd/<name>. The all-in-one kith has
// none, and is not deployed as one of several.
func services(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(root, "services", "*", "cmd", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, dir := range dirs {
		name := filepath.Base(filepath.Dir(dir))
		if owner := filepath.Base(filepath.Join(dir, "../../..")); owner != name {
			t.Errorf("%s: a service's binary is named like its folder", dir)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		t.Fatal("no service found below services/*/cmd")
	}
	slices.Sort(names)
	return names
}

func readFile(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameSet reports what is missing from or too much in got, in words for a test's log.
func sameSet(t *testing.T, what string, got, want []string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: %s is missing", what, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: %s should not be there", what, g)
		}
	}
}
