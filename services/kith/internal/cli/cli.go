// Package cli is Kith's command line. It speaks to a server over HTTP and knows nothing that
// another client could not know: tables and sentences for people, JSON for programs.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/libs/app"
	"kith.internal/services/kith/internal/client"
)

// Env is what the command line has around it.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Zone           *time.Location // in which dates are shown
	Live           bool           // stderr is a terminal: progress may move
}

// shell is one call of the command line.
type shell struct {
	Env
	server string
	output string
	api    *client.Client
	names  names
	typed  names           // the words by which people were found
	acting map[string]bool // as whom it has said that it acts
}

const long = `Kith shows who is in your corner, and who is missing: who is your mentor, advocate,
sponsor, truth-teller or ally by what they did, and which of them you do not have.

PERSON is an id of the directory such as hr:42, a mail address, a pseudonym, or any
part of a name that only one person has; a name with a space in it needs quotes. There
is no sign-in yet: a command acts as the person it is about, and says so on stderr.

With -o json, stdout holds one document and nothing else. It is what the server's API
answers (services/*/openapi.yaml), with the names of everybody in it under "names";
fields are added to it now and then, and none is renamed or taken away. What is a file
by itself stays as it is: a ruleset, keys, the log.

Exit codes: 0 done; 1 failed; 2 called wrongly, or a name that several people have;
3 an import in which some lines were refused, a rebuild that replaced nothing because
documents differ, a verification or an erasure proof that found something, or a log that
is not what was sealed; 4 no server answers; 130 interrupted.`

const defaultServer = "http://127.0.0.1:8080"

// Run runs the command line with args, which do not include the program's name, and returns its
// exit code.
func Run(ctx context.Context, env Env, args []string) int {
	s := &shell{Env: env, names: names{}, typed: names{}, acting: map[string]bool{}}
	root := s.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return s.fail(cmd, err)
}

func (s *shell) root() *cobra.Command {
	root := &cobra.Command{
		Use: "kith", Short: "Who is in your corner, and who is missing?", Long: long, Version: app.Version(),
		SilenceUsage: true, SilenceErrors: true, PersistentPreRunE: s.prepare,
	}
	root.SetIn(s.Stdin)
	root.SetOut(s.Stdout)
	root.SetErr(s.Stderr)
	address := s.Getenv("KITH_SERVER")
	if address == "" {
		address = defaultServer
	}
	flags := root.PersistentFlags()
	flags.StringVar(&s.server, "server", address, "address of the Kith server (KITH_SERVER)")
	flags.StringVarP(&s.output, "output", "o", "table", "table for people, json for programs")
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	under(root, "What a person sees:", s.networkCommand(), s.gapsCommand(), s.explainCommand(), s.inboxCommand(), s.watchCommand(), s.recordCommand())
	under(root, "What a person has a right to:", s.viewersCommand(), s.exportCommand(), s.participationCommand(), s.contestCommand(), s.eraseCommand())
	under(root, "The organization:", s.peopleCommand(), s.importCommand(), s.coverageCommand(), s.rulesetCommand(), s.auditCommand())
	under(root, "Running it:", marked(newUpCommand()), s.rebuildCommand(), s.backupCommand(), s.restoreCommand(), s.benchCommand())
	root.SetUsageTemplate(foldedFlags(root.UsageTemplate()))
	foldHelp(root)
	return root
}

func must(err error) {
	if err != nil {
		panic(err) // a flag that this package did not define
	}
}

// prepare checks what all commands share.
func (s *shell) prepare(cmd *cobra.Command, _ []string) error {
	if s.output != "table" && s.output != "json" && cmd.Annotations[s.output] == "" {
		return fmt.Errorf("--output is table or json, not %q", s.output)
	}
	var err error
	s.api, err = client.New(s.server)
	return err
}

// run makes what a command does of f. An error that comes from anywhere else in cobra is one of
// usage.
func (s *shell) run(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return mark(func(cmd *cobra.Command, args []string) error { return f(cmd.Context(), args) })
}

func marked(c *cobra.Command) *cobra.Command {
	c.RunE = mark(c.RunE)
	return c
}

func mark(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &ran{err}
		}
		return nil
	}
}

// ran marks the error of a command that was called rightly.
type ran struct{ err error }

func (r *ran) Error() string { return r.err.Error() }
func (r *ran) Unwrap() error { return r.err }

// usageError is a command that was called wrongly, as it found out on the way.
type usageError struct {
	text  string
	topic string // the command whose help says more, where it is another one
}

func (e *usageError) Error() string { return e.text }

// partial is an import of which some lines were refused.
type partial struct{ refused int }

func (e *partial) Error() string { return fmt.Sprintf("%d lines were refused", e.refused) }

func usagef(format string, args ...any) error { return &usageError{text: fmt.Sprintf(format, args...)} }

func isInterrupt(ctx context.Context, err error) bool {
	return ctx != nil && ctx.Err() != nil || errors.Is(err, context.Canceled)
}
