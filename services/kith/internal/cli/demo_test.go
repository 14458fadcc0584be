package cli

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kith.internal/services/kith/internal/client"
	"kith.internal/services/kith/internal/up"
)

// TestDemo runs the commands against the whole product with the demo loaded, and reads what they
// print as somebody does who sees Kith for the first time.
func TestDemo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- up.Run(ctx, up.Config{DataDir: t.TempDir(), HTTPAddr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), OnReady: func(ctx context.Context, at up.Addresses) error {
			if _, err := up.LoadDemo(ctx, at); err != nil {
				return err
			}
			err := settled(ctx, at.HTTP)
			ready <- at.HTTP
			return err
		}})
	}()
	select {
	case err := <-done:
		t.Fatal("the product did not start:", err)
	case url := <-ready:
		for _, dir := range []string{"demo", "import"} { // one after the other: no gap opens during an import
			t.Run(dir, func(t *testing.T) {
				testscript.Run(t, testscript.Params{Dir: "testdata/" + dir, RequireExplicitExec: true,
					Setup: func(e *testscript.Env) error { e.Setenv("KITH_SERVER", url); return nil },
					Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
				})
			})
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
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
