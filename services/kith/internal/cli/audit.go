package cli

import "github.com/spf13/cobra"

const auditLong = `Ask what was known, when, and why. Answers are made by folding the log anew, by the same
rules as every day.

People ask about themselves. An auditor, a works council or a data protection officer asks
with --as auditor:NAME; the person sees that they did.`

func (s *shell) auditCommand() *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "Ask what was known, when, and why", Long: auditLong}
	c.AddCommand(s.verifyCommand())
	c.AddCommand(s.whatIfCommand())
	c.AddCommand(s.proveCommand())
	c.AddCommand(s.checkpointCommand())
	c.AddCommand(s.logCommand())
	c.AddCommand(s.newKeyCommand())
	return c
}
