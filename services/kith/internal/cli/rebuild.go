package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
)

// operator is as whom the command line operates services.
const operator = "service:kith-cli"

// differing is a rebuild that found differences and replaced nothing.
type differing struct{ services []string }

func (e *differing) Error() string { return "documents differ: " + list(e.services) }

func (s *shell) rebuildCommand() *cobra.Command {
	var o client.RebuildOrder
	var person string
	c := &cobra.Command{
		Use: "rebuild [SERVICE]", Short: "Make what is shown anew from the log, compare, and switch to it", Args: takes(0, "SERVICE"),
		ValidArgsFunction: cobra.FixedCompletions(client.Deriving, cobra.ShellCompDirectiveNoFileComp),
		Long: "Make a service's documents anew from the log, beside those that are read; compare; and switch\n" +
			"to them in one step if none differs. Queries are answered all the while. SERVICE is one of\n" + list(client.Deriving) + "; without it, all are rebuilt, one\nafter the other.\n\n" +
			"Ctrl-C cancels, and nothing has changed.",
		Example: "  kith rebuild\n  kith rebuild role-classifier --dry-run\n  kith rebuild --person hr:42\n  kith rebuild pause role-classifier",
	}
	c.Flags().StringVar(&person, "person", "", "only what is kept of one person")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "compare, and replace nothing")
	c.Flags().BoolVar(&o.Switch, "yes", false, "switch also where documents differ")
	must(c.RegisterFlagCompletionFunc("person", s.completePeople(1)))
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.rebuild(ctx, args, person, o) })
	as := func(verb, about string, turn func(*client.Client, context.Context, string) (client.Rebuild, error)) *cobra.Command {
		return &cobra.Command{
			Use: verb + " SERVICE", Short: about, Args: takes(1, "SERVICE"), ValidArgsFunction: cobra.FixedCompletions(client.Deriving, cobra.ShellCompDirectiveNoFileComp),
			Example: "  kith rebuild " + verb + " role-classifier",
			RunE:    s.run(func(ctx context.Context, args []string) error { return s.turnRebuild(ctx, args, turn) }),
		}
	}
	c.AddCommand(
		as("status", "Show the rebuild that goes on, or the last one", (*client.Client).Rebuild),
		as("pause", "Have a rebuild wait", (*client.Client).PauseRebuild),
		as("resume", "Have a paused rebuild go on", (*client.Client).ResumeRebuild),
		as("cancel", "End a rebuild: nothing of it is left", (*client.Client).CancelRebuild),
	)
	return c
}

// deriving are the services that are meant.
func deriving(args []string) ([]string, error) {
	if len(args) == 0 {
		return client.Deriving, nil
	}
	if !slices.Contains(client.Deriving, args[0]) {
		return nil, usagef("%q is none of %s", args[0], list(client.Deriving))
	}
	return args[:1], nil
}

func (s *shell) turnRebuild(ctx context.Context, args []string, turn func(*client.Client, context.Context, string) (client.Rebuild, error)) error {
	services, err := deriving(args)
	if err != nil {
		return err
	}
	r, err := turn(s.api.As(operator), ctx, services[0])
	if err != nil {
		return err
	}
	return s.showRebuilds([]client.Rebuild{r})
}

func (s *shell) rebuild(ctx context.Context, args []string, person string, o client.RebuildOrder) error {
	services, err := deriving(args)
	if err != nil {
		return err
	}
	if person != "" {
		p, err := s.whom(ctx, person)
		if err != nil {
			return err
		}
		o.Person = p.ID
	}
	var all []client.Rebuild
	for _, service := range services {
		r, err := s.rebuildOne(ctx, service, o)
		if err != nil {
			return err
		}
		all = append(all, r)
	}
	if err := s.showRebuilds(all); err != nil {
		return err
	}
	return outcome(all)
}

// outcome is what the exit code says of rebuilds that are over.
func outcome(all []client.Rebuild) error {
	var differ []string
	for _, r := range all {
		switch {
		case r.State == derive.Failed:
			return fault.New(fault.Internal, "rebuild-failed", "the rebuild of "+r.Service+" failed: "+r.Error)
		case r.State == derive.Cancelled:
			return fault.New(fault.Conflict, "rebuild-cancelled", "somebody has cancelled the rebuild of "+r.Service)
		case r.State == derive.Different:
			differ = append(differ, r.Service)
		}
	}
	if len(differ) > 0 {
		return &differing{differ}
	}
	return nil
}

// pollRebuild is how often it is asked how far a rebuild is, and pollPatience how long a server may be gone
// meanwhile.
const (
	pollRebuild  = 200 * time.Millisecond
	pollPatience = 30 * time.Second
)

// rebuildOne orders a rebuild and waits for its end, or cancels it.
func (s *shell) rebuildOne(ctx context.Context, service string, o client.RebuildOrder) (client.Rebuild, error) {
	as := s.api.As(operator)
	r, err := as.StartRebuild(ctx, service, o)
	if err != nil {
		return r, err
	}
	bar := s.newRebuildBar(service)
	defer bar.end()
	for answered := s.Now(); r.Ended.IsZero(); {
		select {
		case <-ctx.Done():
			return r, s.cancelRebuild(ctx, as, service)
		case <-time.After(pollRebuild):
		}
		now, err := as.Rebuild(ctx, service)
		switch {
		case err == nil && now.ID != r.ID:
			return r, fault.New(fault.Conflict, "rebuild-cancelled", "somebody has cancelled the rebuild of "+service+", and ordered another one")
		case err == nil:
			r, answered = now, s.Now()
			bar.show(r)
		case ctx.Err() == nil && s.Now().Sub(answered) > pollPatience:
			return r, err
		}
	}
	return r, nil
}

// cancelRebuild ends a rebuild whose command was interrupted, and says what came of that.
func (s *shell) cancelRebuild(ctx context.Context, as *client.Client, service string) error {
	_, err := as.CancelRebuild(context.WithoutCancel(ctx), service)
	var f *fault.Error
	switch {
	case err == nil:
		fmt.Fprintf(s.Stderr, "The rebuild of %s is cancelled: nothing has changed.\n", service)
	case errors.As(err, &f) && f.Kind == fault.Conflict:
		fmt.Fprintf(s.Stderr, "The rebuild of %s was over already; see kith rebuild status %s\n", service, service)
	default:
		fmt.Fprintf(s.Stderr, "The rebuild of %s goes on: it could not be cancelled. Try again with kith rebuild cancel %s\n", service, service)
	}
	return ctx.Err()
}

// rebuildBar shows how far a rebuild is: a moving bar on a terminal, else a line now and then.
type rebuildBar struct {
	s       *shell
	service string
	told    time.Time
	bar     *progressbar.ProgressBar
}

func (s *shell) newRebuildBar(service string) *rebuildBar {
	b := &rebuildBar{s: s, service: service, told: s.Now()}
	if s.Live {
		b.bar = progressbar.NewOptions(-1, progressbar.OptionSetWriter(s.Stderr), progressbar.OptionShowIts(), progressbar.OptionSetItsString("facts"),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return b
}

func (b *rebuildBar) show(r client.Rebuild) {
	said := b.service + ": " + r.Phase
	if r.State == derive.Paused {
		said = b.service + ": paused"
	}
	b.at(said, r.Facts, r.Total, fmt.Sprintf(" facts (%d a second)", r.Rate))
}

// at shows how far something is of which the bar is.
func (b *rebuildBar) at(said string, done, of uint64, more string) {
	if b.bar != nil {
		b.bar.Describe(said)
		b.bar.ChangeMax64(int64(max(of, 1)))
		b.bar.Set64(int64(min(done, of))) //nolint:errcheck // it is only shown
		return
	}
	if now := b.s.Now(); now.Sub(b.told) >= every {
		b.told = now
		fmt.Fprintf(b.s.Stderr, "%s, %d of %d%s\n", said, done, of, more)
	}
}

func (b *rebuildBar) end() {
	if b.bar != nil {
		b.bar.Finish() //nolint:errcheck // it is only shown
	}
}

// rebuildsDocument is the JSON of kith rebuild.
type rebuildsDocument struct {
	Rebuilds []client.Rebuild `json:"rebuilds"`
}

func (s *shell) showRebuilds(all []client.Rebuild) error {
	if s.output == "json" {
		return s.json(rebuildsDocument{all})
	}
	for _, r := range all {
		s.showRebuild(r)
	}
	return nil
}

func (s *shell) showRebuild(r client.Rebuild) {
	s.printf("%s: %s\n", r.Service, rebuildWords(r))
	if r.Report == nil {
		return
	}
	switch {
	case r.Person != "":
		s.printf("  %s\n", map[bool]string{true: "what is kept of the person is the same", false: "what is kept of the person differs"}[r.Report.Clean()])
		return
	case r.Report.Clean():
		s.printf("  %s\n", plural(r.Report.Same, "document is the same", "documents, all the same"))
		return
	}
	var rows [][]string
	for _, kind := range slices.Sorted(maps.Keys(r.Report.Kinds)) {
		n := r.Report.Kinds[kind]
		rows = append(rows, []string{kind, fmt.Sprint(n.Same), fmt.Sprint(n.Differing), fmt.Sprint(n.Missing), fmt.Sprint(n.Extra)})
	}
	s.table("  ", []string{"DOCUMENTS", "SAME", "DIFFERENT", "ONLY BEFORE", "ONLY NOW"}, rows)
	s.printf("  for example %s\n", strings.Join(r.Report.Examples[:min(len(r.Report.Examples), 5)], ", "))
	if r.State == derive.Different && !r.DryRun {
		s.printf("  Nothing was replaced. To replace them all the same: kith rebuild %s --yes\n", r.Service)
	}
}

// rebuildWords says how a rebuild stands.
func rebuildWords(r client.Rebuild) string {
	took := r.Ended.Sub(r.Started).Round(100 * time.Millisecond)
	switch {
	case r.State == derive.Running:
		return fmt.Sprintf("%s, %d of %d facts (%d a second)", r.Phase, r.Facts, r.Total, r.Rate)
	case r.State == derive.Paused:
		return fmt.Sprintf("paused at %d of %d facts; go on with kith rebuild resume %s", r.Facts, r.Total, r.Service)
	case r.State == derive.Failed:
		return "failed: " + r.Error
	case r.State == derive.Cancelled:
		return "cancelled: nothing has changed"
	case r.Restated:
		return fmt.Sprintf("rebuilt from %d facts in %s and switched; what the log had otherwise is being stated", r.Facts, took)
	case r.Switched:
		return fmt.Sprintf("rebuilt from %d facts in %s and switched", r.Facts, took)
	}
	return fmt.Sprintf("compared by %d facts in %s; nothing was replaced", r.Facts, took)
}
