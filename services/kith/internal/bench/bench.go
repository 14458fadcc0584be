package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
)

// Config says what is measured, and how long.
type Config struct {
	People  []int  // sizes of the organizations
	Quick   bool   // little of everything: to see that it runs, not how fast
	Only    string // only rows whose name begins so; what others are held against is measured all the same
	Seed    uint64 // of the generated load
	Dir     string // on whose disk it is measured; "" is the directory for temporary files
	Profile string // a directory for CPU profiles, one a measurement; "" is none
	Say     func(format string, args ...any)
}

// measurement gives samples of rows that are measured together.
type measurement struct {
	rows []string // prefixes of their names
	run  func(context.Context, *run) error
}

// withoutPeople is measured once, withPeople in an organization of each size, in this order: the
// earlier ones leave behind what the later ones read.
var (
	withoutPeople = []measurement{
		{[]string{"raw/"}, raw},
		{[]string{"append/"}, appends},
	}
	withPeople = []measurement{
		{[]string{"heap/", "disk/"}, sizes},
		{[]string{"path/"}, paths},
		{[]string{"deep/"}, deep},
		{[]string{"visible/"}, visible},
		{[]string{"query/"}, queries},
		{[]string{"intake/", "catch-up/"}, apart},
		{[]string{"rebuild/"}, rebuilds},
		{[]string{"asof/"}, asOf},
	}
)

// run is one run of the benchmark.
type run struct {
	cfg     Config
	amounts amounts
	report  *Report
	dir     string // of what is measured at the moment
	org     *organization
}

// Measures reports whether there are rows whose name begins so.
func Measures(only string) bool {
	return slices.ContainsFunc(specs, func(s spec) bool { return strings.HasPrefix(s.name, only) })
}

// Run measures. It fails where something does not work; how fast it works is for the reader.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	r := &run{cfg: cfg, amounts: usual, report: newReport(cfg)}
	if cfg.Quick {
		r.amounts = quick
	}
	for _, m := range withoutPeople {
		if err := r.fresh(func() error { return r.measure(ctx, m) }); err != nil {
			return nil, err
		}
	}
	for _, people := range cfg.People {
		if err := r.fresh(func() error { return r.organization(ctx, people) }); err != nil {
			return nil, fmt.Errorf("%d people: %w", people, err)
		}
	}
	return r.report.finish(cfg.Only), nil
}

// fresh calls f with a data directory of its own.
func (r *run) fresh(f func() error) (err error) {
	if r.dir, err = os.MkdirTemp(r.cfg.Dir, "kith-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	return f()
}

func (r *run) organization(ctx context.Context, people int) error {
	if !slices.ContainsFunc(withPeople, r.wants) {
		return nil
	}
	r.report.people, r.org = people, newOrganization(people, r.cfg.Seed)
	defer func() { r.report.people = 0 }()
	for _, m := range withPeople {
		if err := r.measure(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) measure(ctx context.Context, m measurement) error {
	if !r.wants(m) {
		return nil
	}
	stop, err := r.profile(strings.Trim(m.rows[0], "/"))
	if err != nil {
		return err
	}
	return errors.Join(m.run(ctx, r), stop())
}

// profile records where the processors' time goes until stop is called.
func (r *run) profile(name string) (stop func() error, err error) {
	if r.cfg.Profile == "" {
		return func() error { return nil }, nil
	}
	if r.report.people > 0 {
		name += fmt.Sprintf("-%d", r.report.people)
	}
	file, err := os.Create(filepath.Join(r.cfg.Profile, name+".pprof"))
	if err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return file.Close() }, pprof.StartCPUProfile(file)
}

// wants reports whether a measurement gives a row that is asked for, or one that those are held
// against.
func (r *run) wants(m measurement) bool {
	return slices.ContainsFunc(m.rows, func(prefix string) bool {
		return prefix == "raw/" || strings.HasPrefix(prefix, r.cfg.Only) || strings.HasPrefix(r.cfg.Only, prefix)
	})
}
