package requirements

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith.internal/events"
	"kith.internal/services/internal/ruleset"
)

var update = flag.Bool("update", false, "write the page anew")

const root = "../../.."

// found reads the tests once for all.
var found = sync.OnceValues(func() ([]Row, error) { return Rows(root, "events", "libs", "services") })

func rows(t *testing.T) []Row {
	t.Helper()
	rows, err := found()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestThePageIsThatOfTheTests(t *testing.T) {
	all, err := All(rows(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Page(all)
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("README.md is stale (-page +tests): run the test with -update\n%s", diff)
	}
}

func TestEveryRequirementIsCoveredOrSaysWhyNot(t *testing.T) {
	all, err := All(rows(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if p := r.Problem(); p != "" {
			t.Error(p)
		}
	}
}

// A gate, a gap, a subtype, a quality or a fact that is new fails here until a row shows it.
func TestEveryCodeOfTheRulesStandsInARow(t *testing.T) {
	all := rows(t)
	for _, gap := range events.GapKind("").Codes() {
		has(t, all, "gap", gap, Row.Mentions)
	}
	for _, subtype := range events.Subtype("").Codes() {
		has(t, all, "subtype", subtype, Row.Mentions)
	}
	for _, fact := range events.Catalogue() {
		if fact.In(events.Support) || fact.In(events.Personal) {
			has(t, all, "fact", fact.Name, Row.Mentions)
		}
	}
	rs, err := ruleset.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range rs.Roles() {
		has(t, all, "role", string(role.Name), Row.Mentions)
		for _, gate := range role.Gates {
			has(t, all, "gate", gate.Code, inName("gate"))
		}
		if role.Standing != nil {
			has(t, all, "standing", string(role.Name), inName("standing"))
		}
	}
	for _, factor := range factors() {
		has(t, all, "quality", factor, inName("quality"))
	}
}

// inName is for codes that are words like any other: "gate confirmed: …".
func inName(kind string) func(Row, string) bool {
	return func(r Row, code string) bool { return r.Names(kind) && r.Names(code) }
}

// factors are what a quality may be, by the words of the ruleset.
func factors() []string {
	var names []string
	q := reflect.TypeFor[ruleset.Quality]()
	for i := range q.NumField() {
		if q.Field(i).Type == reflect.TypeFor[ruleset.Millionths]() {
			names = append(names, q.Field(i).Tag.Get("json"))
		}
	}
	return names
}

func has(t *testing.T, all []Row, kind, code string, shows func(Row, string) bool) {
	t.Helper()
	if !slices.ContainsFunc(all, func(r Row) bool { return shows(r, code) }) {
		t.Errorf("no row shows the %s %s", kind, code)
	}
}

// TestWhatIsWrongIsSaid writes tests that are wrong in one way each.
func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"covered", `func TestX(t *testing.T) { t.Run("S1.01 goals", func(t *testing.T) {}) }`, ""},
		{"by a table elsewhere", `var table = []string{"S1.01 goals"}; func TestX(t *testing.T) { helper() }; func helper() { _ = table }`, ""},
		{"by a whole test", "\n// S1.01 Goals.\nfunc TestX(t *testing.T) {}", ""},
		{"a requirement that is not", `func TestX(t *testing.T) { t.Run("S1.99 goals", nil) }`, "there is no requirement S1.99"},
		{"no test", `func helper() { f("S1.01 goals") }`, "no test runs it"},
		{"a test that is skipped", `func TestX(t *testing.T) { t.Skip("later"); t.Run("S1.01 goals", nil) }`, "no test runs it"},
		{"a subtest that is skipped", `func TestX(t *testing.T) { t.Run("S1.01 goals", func(t *testing.T) { t.SkipNow() }) }`, "neither a test nor a reason"},
		{"a reason too many", `func TestX(t *testing.T) { t.Run("S1.22 retention", nil) }`, "has a test, and a reason"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x_test.go"), []byte("package x; "+c.body), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := said(dir); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// said is what is wrong with the first and the retention requirement by the tests of a folder.
func said(dir string) string {
	found, err := Rows(dir, ".")
	if err != nil {
		return err.Error()
	}
	all, err := All(found)
	if err != nil {
		return err.Error()
	}
	for _, r := range all {
		if p := r.Problem(); p != "" && (r.ID == "S1.01" && len(found) == 0 || r.ID == "S1.22") {
			return p
		}
	}
	return ""
}
