package up_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith.internal/services/kith/internal/up"
)

// run serves the product until fn returns, which is called once it is ready.
func run(t *testing.T, dir string, fn func(context.Context, up.Addresses) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	err := up.Run(ctx, up.Config{
		DataDir: dir, HTTPAddr: "127.0.0.1:0", NATSAddr: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		OnReady: func(ctx context.Context, at up.Addresses) error {
			defer cancel()
			return fn(ctx, at)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDemoIsLoadedOnce(t *testing.T) {
	dir := t.TempDir()
	var first up.Loaded
	run(t, dir, func(ctx context.Context, at up.Addresses) (err error) {
		began := time.Now()
		first, err = up.LoadDemo(ctx, at)
		t.Logf("loaded %+v in %v", first, time.Since(began))
		return err
	})
	if first.People < 250 || first.New < 5000 || first.Known != 0 {
		t.Errorf("loaded %+v", first)
	}
	run(t, dir, func(ctx context.Context, at up.Addresses) error {
		again, err := up.LoadDemo(ctx, at)
		if again.New != 0 || again.Known != first.New {
			t.Errorf("loaded again: %+v", again)
		}
		return err
	})
}

// TestAKeyIsNeverMadeAnew: beside data of another key, a new one would seal what nobody can open.
func TestAKeyIsNeverMadeAnew(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, func(context.Context, up.Addresses) error { return nil })
	lost := filepath.Join(dir, "tenant.key")
	if err := os.Remove(lost); err != nil {
		t.Fatal(err)
	}
	err := up.Run(t.Context(), up.Config{DataDir: dir, HTTPAddr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), lost+" is missing") {
		t.Errorf("it started: %v", err)
	}
	if _, err := os.Stat(lost); err == nil {
		t.Error("a key was made")
	}
}
