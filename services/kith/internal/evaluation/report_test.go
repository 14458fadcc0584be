package evaluation

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the reports into README.md")

// same compares a report with the one that README.md shows between two marks. The data are fixed
// and so are the rules' replays: every figure is exact.
func same(t *testing.T, name, report string) {
	t.Helper()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(page), "<!-- "+name+" -->\n\n")
	shown, tail, ends := strings.Cut(rest, "\n<!-- end -->")
	if !begins || !ends {
		t.Fatalf("README.md has no place for %s", name)
	}
	if *update {
		shown = report
		if err := os.WriteFile("README.md", []byte(head+"<!-- "+name+" -->\n\n"+report+"\n<!-- end -->"+tail), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(shown, report); diff != "" {
		t.Errorf("README.md shows other figures (-page +test): run the test with -update, and read again what the page says of them\n%s", diff)
	}
}
