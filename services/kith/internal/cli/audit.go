package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/kith/internal/client"
)

const auditLong = `Ask what was known, when, and why. Answers are made by folding the log anew, by the same
rules as every day.

People ask about themselves. An auditor, a works council or a data protection officer asks
with --as auditor:NAME; the person sees that they did.`

func (s *shell) auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Ask what was known, when, and why", Long: auditLong}
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

// asFlag adds the flag by which somebody says that they are not the person whom a command is about.
func asFlag(c *cobra.Command, as *string) {
	c.Flags().StringVar(as, "as", "", "ask as this `viewer`, such as auditor:dana; otherwise as PERSON")
}

// reading is a client that acts as the person, or as somebody else for a purpose.
func (s *shell) reading(p client.Person, as string, purpose events.AccessPurpose) (*client.Client, error) {
	if as == "" {
		return s.viewing(p), nil
	}
	if !strings.HasPrefix(as, "auditor:") {
		return nil, usagef("--as is auditor:NAME, not %q", as)
	}
	return s.api.As(as).For(purpose), nil
}
