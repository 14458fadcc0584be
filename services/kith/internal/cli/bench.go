package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/bench"
)

// benchLong explains what the numbers are worth.
const benchLong = `Measure what Kith does on this machine beside what JetStream itself does on it, in one run, every
yes on disk. Each organization is invented, the same one for the same --seed, and comes in by
intake. Nothing is read from or sent to any other server; the data directories are removed.

Absolute numbers say as much about the machine, its disk and whatever else runs on it as about
Kith. The ratios say more: what a row is held against is measured anew right before it, round by
round. MEDIAN and RATIO are medians of the rounds, FROM and TO the least and the most: where these
lie far apart something else was busy, so run it again. The load and the product are one process
and share its processors; processor time (µs/act) is of both, and least disturbed by others.

Rows:

`

func (s *shell) benchCommand() *cobra.Command {
	cfg := bench.Config{}
	c := &cobra.Command{
		Use: "bench", Short: "Measure this machine: rates, waiting times, memory and disk", Long: benchLong + strings.TrimRight(bench.Rows(), "\n"),
		Example: "  kith bench\n  kith bench --quick\n  kith bench --only append\n  kith bench --people 1000 -o benchstat > new.txt",
		Args:    takes(0), ValidArgsFunction: cobra.NoFileCompletions, Annotations: map[string]string{benchstat: "yes"},
	}
	flags := c.Flags()
	flags.IntSliceVar(&cfg.People, "people", []int{1000, 10_000, 100_000}, "measure in organizations of so many `people`")
	flags.BoolVar(&cfg.Quick, "quick", false, "little of everything: to see that it runs, not how fast")
	flags.StringVar(&cfg.Only, "only", "", "only rows whose `name` begins so")
	flags.Uint64Var(&cfg.Seed, "seed", 1, "generate the load from this `number`")
	flags.StringVar(&cfg.Dir, "data-dir", "", "measure on the disk of this `directory` (default: that for temporary files)")
	flags.StringVar(&cfg.Profile, "profile", "", "leave a CPU profile of each measurement in this `directory`")
	c.RunE = s.run(func(ctx context.Context, _ []string) error { return s.bench(ctx, cfg) })
	return c
}

// benchstat is the third form of output, which only this command has.
const benchstat = "benchstat"

func (s *shell) bench(ctx context.Context, cfg bench.Config) error {
	for _, n := range cfg.People {
		if n < 100 {
			return usagef("--people is 100 or more, not %d", n)
		}
	}
	if !bench.Measures(cfg.Only) {
		return usagef("no row's name begins with %q: kith bench --help lists them", cfg.Only)
	}
	cfg.Say = func(format string, args ...any) { fmt.Fprintf(s.Stderr, format+" …\n", args...) }
	report, err := bench.Run(ctx, cfg)
	if err != nil {
		return err
	}
	switch s.output {
	case "json":
		return s.json(report)
	case benchstat:
		return report.WriteBenchstat(s.Stdout)
	}
	return report.WriteTable(s.Stdout)
}
