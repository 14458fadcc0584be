package cli

import (
	"cmp"
	"errors"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/internal/access"
	"kith.internal/services/kith/internal/client"
)

const auditLong = `Ask what was known, when, and why. Answers are made by folding the log anew, by the same
rules as every day.

People ask about themselves. An auditor, a works council or a data protection officer asks
with --as auditor:NAME; the person sees that they did.`

func (s *shell) auditCommand() *cobra.Command {
	c := group(&cobra.Command{Use: "audit", Short: "Ask what was known, when, and why", Long: auditLong})
	c.AddCommand(s.asOfCommand())
	c.AddCommand(s.verifyCommand())
	c.AddCommand(s.whatIfCommand())
	c.AddCommand(s.proveCommand())
	c.AddCommand(s.checkpointCommand())
	c.AddCommand(s.logCommand())
	c.AddCommand(s.newKeyCommand())
	c.AddCommand(s.erasureProofCommand())
	return c
}

// asFlag adds the flag by which an auditor says that it is they who ask; otherwise says who does without it.
func asFlag(c *cobra.Command, as *auditor, otherwise string) {
	c.Flags().Var(as, "as", "ask as this auditor, such as auditor:dana; otherwise as "+otherwise)
}

// auditor is the value of --as: an auditor, or "" where none is named.
type auditor string

func (a *auditor) String() string { return string(*a) }

// Type is what help calls the value.
func (a *auditor) Type() string { return "auditor:NAME" }

// Set takes an auditor, and nobody else: who a person or a program is, is not said by a flag.
func (a *auditor) Set(text string) error {
	if access.Parse(text).Kind != access.Auditor {
		return errors.New("it is auditor:NAME, a name in small letters, digits, - and _")
	}
	*a = auditor(text)
	return nil
}

// reading is a client that acts as the person, or as an auditor for a purpose.
func (s *shell) reading(p client.Person, as auditor, purpose events.AccessPurpose) *client.Client {
	if as == "" {
		return s.viewing(p)
	}
	return s.api.As(string(as)).For(purpose)
}

// operating is a client that acts for whoever operates the server, or as an auditor.
func (s *shell) operating(as auditor) *client.Client {
	return s.api.As(cmp.Or(string(as), operator))
}
