package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kith.internal/services/kith/internal/client"
)

// TestDemo runs the commands against the whole product with the demo loaded, and reads what they
// print as somebody does who sees Kith for the first time. The product is a process of its own, as
// built for users: what is shown depends on when gaps open, and the race detector slows that down.
func TestDemo(t *testing.T) {
	url := startDemo(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := settled(ctx, url); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"demo", "audit", "import"} { // one after the other: no gap opens during an import, and rights change what others see
		t.Run(dir, func(t *testing.T) {
			testscript.Run(t, testscript.Params{Dir: "testdata/" + dir, RequireExplicitExec: true,
				Setup: func(e *testscript.Env) error { e.Setenv("KITH_SERVER", url); return nil },
				Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
			})
		})
	}
	t.Run("watch", func(t *testing.T) { watches(t, url) })
}

// startDemo runs kith up --demo until the test ends, and returns where it is.
func startDemo(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "kith")
	if out, err := exec.Command("go", "build", "-o", binary, "kith.internal/services/kith").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	product := exec.Command(binary, "up", "--demo", "--data-dir", t.TempDir(), "--http-addr", "127.0.0.1:0")
	out, err := product.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := product.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(product.Process.Signal(syscall.SIGTERM), product.Wait()); err != nil {
			t.Error(err)
		}
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "Kith is ready at "); ok {
			go io.Copy(io.Discard, out) //nolint:errcheck // what it says later is not read
			url, _, _ := strings.Cut(rest, " ")
			return url
		}
	}
	t.Fatal("the product did not start")
	return ""
}

// settled waits until the demo's import holds no gap back any more and the first nudge is planned.
func settled(ctx context.Context, url string) error {
	c, err := client.New(url)
	if err != nil {
		return err
	}
	page, err := c.As(self).People(ctx, client.PeopleQuery{Query: "Kenji Tanaka"})
	if err != nil {
		return err
	}
	kenji := page.People[0].ID
	for {
		box, err := c.As("person:"+string(kenji)).Inbox(ctx, kenji, client.InboxQuery{})
		if err != nil || box.Counts.Open > 0 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}
