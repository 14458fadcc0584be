package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// takes allows as many words as there are names, of which the first ones are needed. It says which
// is missing, and what is behind one too many: most often a name without quotes.
func takes(needed int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < needed:
			return fmt.Errorf("%s is missing: %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return fmt.Errorf("%q is one word too many: %s; a name with a space in it needs quotes", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}
