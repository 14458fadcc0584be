package cli

import (
	"cmp"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitPartly      = 3
	exitUnreachable = 4
	exitInterrupted = 130
)

// fail says what went wrong, with the next step, and returns the exit code.
func (s *shell) fail(cmd *cobra.Command, err error) int {
	var done *ran
	var usage *usageError
	var unreachable *client.Unreachable
	var partly *partial
	var differ *differing
	var diverge *diverged
	var found *unproven
	switch {
	case err == nil:
		return exitOK
	case !errors.As(err, &done), errors.As(err, &usage):
		fmt.Fprintf(s.Stderr, "kith: %v\n", err)
		fmt.Fprintf(s.Stderr, "See %s --help.\n", cmp.Or(topic(usage), cmd.CommandPath()))
		return exitUsage
	case isInterrupt(cmd.Context(), err):
		fmt.Fprintln(s.Stderr, "kith: interrupted")
		switch cmd.Name() {
		case "import":
			fmt.Fprintln(s.Stderr, "What has arrived is stored or still being stored. Import again to go on: nothing is stored twice.")
		case "erase":
			fmt.Fprintln(s.Stderr, "An erasure that was asked for goes on all the same. Ask again to see how far it is.")
		}
		return exitInterrupted
	case errors.As(err, &partly), errors.As(err, &differ), errors.As(err, &diverge), errors.As(err, &found):
		return exitPartly
	case errors.As(err, &unreachable):
		fmt.Fprintf(s.Stderr, "kith: %v (%v)\n", err, rootCause(err))
		fmt.Fprintln(s.Stderr, "Start one with: kith up --demo   or name another one with --server or KITH_SERVER.")
		return exitUnreachable
	}
	s.explainFault(err)
	if f := (*fault.Error)(nil); errors.As(err, &f) && f.Code == "log-altered" {
		return exitPartly
	}
	return exitFailure
}

// topic is the command to whose help an error of usage points, where it is another one.
func topic(e *usageError) string {
	if e == nil {
		return ""
	}
	return e.topic
}

// rootCause is the innermost reason, which says it shortest.
func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// explainFault prints a server's problem: its sentence, its fields, and what to do next.
func (s *shell) explainFault(err error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		fmt.Fprintf(s.Stderr, "kith: %v\n", err)
		if errors.Is(err, syscall.EADDRINUSE) {
			fmt.Fprintln(s.Stderr, "Another program, perhaps another Kith, is there already: stop it, or choose another address with --http-addr.")
		}
		return
	}
	fmt.Fprintf(s.Stderr, "kith: %s\n", f.Message)
	for _, field := range f.Fields {
		fmt.Fprintf(s.Stderr, "  %s\n", field)
	}
	if next := nextStep(f); next != "" {
		fmt.Fprintln(s.Stderr, next)
	}
}

func nextStep(f *fault.Error) string {
	switch f.Code {
	case "unknown-person", "no-such-person":
		return "Search the directory with: kith people NAME"
	case "no-tie":
		return "Record an act with: kith record --help"
	case "not-known-then":
		return "Of a time before they joined nothing is known; without --known-at, all counts that is known now."
	case "no-verification":
		return "Verify the log with: kith audit verify"
	case "not-sealed", "never-sealed":
		return "Seal the log at once with: kith audit checkpoint --now"
	case "log-altered":
		return "Nothing more is sealed. Keep the file of checkpoints and the log as they are: kith-proof says what still fits."
	case "not-yours":
		return "Everybody sees their own network, and nobody else's."
	case "rebuild-goes-on":
		return "See how far it is with: kith rebuild status SERVICE"
	case "no-erasures-file":
		return "Whoever runs the server names one with --erasures-file or KITH_ERASURES_FILE."
	case "erasure-goes-on":
		return "Ask again to see how far it is; the server's log says what keeps it."
	case "import-running":
		return "Then import again: it goes on where that one ended, and names every mistake."
	case "route":
		return "Another program, or another version of Kith, answers at the address of --server or KITH_SERVER."
	case "no-viewer":
		return "This server wants to know who asks; this command should have said so: please report it."
	}
	switch f.Kind {
	case fault.Unavailable:
		return "Nothing is wrong with the request: try again in a moment."
	case fault.Internal:
		return "The server's log says more, under the time of this request."
	}
	return ""
}
