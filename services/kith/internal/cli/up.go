package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/libs/app"
	"kith.internal/services/kith/internal/demo"
	"kith.internal/services/kith/internal/up"
)

// upFlags are the flags of kith up.
type upFlags struct {
	demo               bool
	dataDir            string
	httpAddr, natsAddr string
	logLevel           slog.Level
}

// newUpCommand is kith up: the whole product in one process.
func newUpCommand() *cobra.Command {
	var f upFlags
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Run the whole product in one process, NATS included",
		Long: `Run intake, role-classifier, gap-projection, notification and audit in one process over an
embedded NATS server, until SIGINT or SIGTERM. Everything is kept in the data directory: starting again
on the same directory goes on where it ended.

With --demo an invented organization of about 300 people and two years of acts is loaded, through
intake, as any integration would send it.`,
		Example: `  kith up --demo
  kith up --data-dir /var/lib/kith --http-addr 127.0.0.1:8080 --nats-addr 127.0.0.1:4222`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runUp(cmd, f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "load the demo organization; loading it again changes nothing")
	flags.StringVar(&f.dataDir, "data-dir", os.Getenv("KITH_DATA_DIR"), "keep everything in this `directory` [KITH_DATA_DIR] (default: kith or kith-demo in your user data directory)")
	flags.StringVar(&f.httpAddr, "http-addr", envOr("KITH_HTTP_ADDR", "127.0.0.1:8080"), "listen for HTTP on this `address`, port 0 for a free one [KITH_HTTP_ADDR]")
	flags.StringVar(&f.natsAddr, "nats-addr", os.Getenv("KITH_NATS_ADDR"), "let NATS clients in on this `address`, e.g. 127.0.0.1:4222 [KITH_NATS_ADDR] (default: nobody)")
	flags.TextVar(&f.logLevel, "log-level", slog.LevelWarn, "log from this `level` on: debug, info, warn, error")
	return cmd
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func runUp(cmd *cobra.Command, f upFlags) error {
	if f.dataDir == "" {
		dir, err := defaultDataDir(f.demo)
		if err != nil {
			return err
		}
		f.dataDir = dir
	}
	ctx, stop := app.SignalContext(cmd.Context())
	defer stop()
	out, errs := cmd.OutOrStdout(), cmd.ErrOrStderr()
	started := time.Now()
	return up.Run(ctx, up.Config{
		DataDir: f.dataDir, HTTPAddr: f.httpAddr, NATSAddr: f.natsAddr,
		Log: slog.New(slog.NewJSONHandler(errs, &slog.HandlerOptions{Level: f.logLevel})),
		OnReady: func(ctx context.Context, at up.Addresses) error {
			if !f.demo {
				announce(out, f, at, started)
				return nil
			}
			return loadDemo(ctx, out, errs, f, at, started)
		},
	})
}

// defaultDataDir keeps the demo apart from an organization of one's own.
func defaultDataDir(demo bool) (string, error) {
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no home directory: say where to keep data with --data-dir (%w)", err)
		}
		base = filepath.Join(home, ".local", "share")
	}
	if demo {
		return filepath.Join(base, "kith-demo"), nil
	}
	return filepath.Join(base, "kith"), nil
}

func loadDemo(ctx context.Context, out, errs io.Writer, f upFlags, at up.Addresses, started time.Time) error {
	fmt.Fprintln(errs, "Loading the demo organization …")
	loaded, err := up.LoadDemo(ctx, at)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return err
	}
	if loaded.New > 0 {
		fmt.Fprintf(errs, "Loaded %d people and %d events.\n", loaded.People, loaded.New)
	} else {
		fmt.Fprintf(errs, "The demo was here already: %d people.\n", loaded.People)
	}
	announce(out, f, at, started)
	return nil
}

// announce says where the product is and what to try next.
func announce(out io.Writer, f upFlags, at up.Addresses, started time.Time) {
	fmt.Fprintf(out, "Kith is ready at %s (%.1f s)\n", at.HTTP, time.Since(started).Seconds())
	if f.natsAddr != "" {
		fmt.Fprintf(out, "NATS is at %s (to see the facts go by: nats --server %s sub 'live.kith.>')\n", at.NATS, at.NATS)
	}
	fmt.Fprintf(out, "Its data is in %s. Ctrl-C stops it.\n\n", f.dataDir)
	fmt.Fprint(out, "There are no web pages yet. In another terminal, try:\n\n")
	if at.HTTP != defaultServer {
		fmt.Fprintf(out, "  export KITH_SERVER=%s\n\n", at.HTTP)
	}
	for _, line := range nextSteps(f.demo) {
		fmt.Fprintf(out, "  %s %s\n      %s\n", invocation(), line[0], line[1])
	}
}

// invocation is how the next command is called the way this one was.
func invocation() string {
	if path, err := os.Executable(); err != nil || strings.Contains(path, "go-build") || strings.HasPrefix(path, os.TempDir()) {
		return "go run ./services/kith"
	}
	return os.Args[0]
}

// nextSteps are commands and what they show. The people are the demo's: see package demo.
func nextSteps(demo bool) [][2]string {
	if !demo {
		return [][2]string{
			{"import --help", "how an organization comes in from CSV files of its own; deployments/examples has mappings to begin with"},
			{"record --help", "how one act is recorded by hand, and which there are; the README shows how a program sends them"},
			{"people", "who is there"},
			{"--help", "everything else"},
		}
	}
	return demoSteps()
}

// demoSteps begins with the personas of the demo.
func demoSteps() [][2]string {
	steps := [][2]string{}
	for _, p := range demo.New(demo.Config{Now: time.Now()}).Personas()[:3] {
		steps = append(steps, [2]string{fmt.Sprintf("network %q", p.Name), "shows " + p.Shows})
	}
	return append(steps,
		[2]string{`gaps "Amara Okafor"`, "what is missing for her, and what she could do"},
		[2]string{`record PromotionAdvocated --recipient "Amara Okafor" --supporter "Ingrid Lindqvist" --recorded-by system --field stake=reputation --field awareness=aware`,
			"somebody senior argues for her promotion: watch the gap close"},
		[2]string{`explain "Amara Okafor" "Ingrid Lindqvist"`, "why, down to the act"},
		[2]string{`inbox "Amara Okafor"`, "what she was told of all this, and how she answers"},
		[2]string{"coverage --by department", "what the program manager sees: how everybody is covered, and nobody alone"},
		[2]string{`audit as-of "Amara Okafor" --at ` + time.Now().AddDate(-1, 0, 0).Format(time.DateOnly), "what she saw a year ago, or would have seen"},
		[2]string{"audit verify", "whether all that is shown follows from the log"},
		[2]string{"people", "everybody"},
		[2]string{"--help", "everything else"})
}
