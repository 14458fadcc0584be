package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"kith.internal/libs/fault"
	"kith.internal/services/internal/ruleset"
)

func (s *shell) rulesetCommand() *cobra.Command {
	c := group(&cobra.Command{
		Use: "ruleset", Short: "The rules by which roles and gaps are recognized",
		Long: "By which acts a role is recognized, and when something is missing in a network, is said by a\n" +
			"ruleset: YAML with conditions. Activating another one is a fact; every tie and every network\n" +
			"is then looked at again. Give it a version of its own, which explanations will name.",
	})
	c.AddCommand(s.activateCommand())
	c.AddCommand(&cobra.Command{
		Use: "default", Short: "Print the ruleset that Kith begins with", Args: takes(0), Example: "  kith ruleset default > rules.yaml",
		RunE: s.run(func(context.Context, []string) error { s.printf("%s", ruleset.DefaultText()); return nil }),
	})
	return c
}

func (s *shell) activateCommand() *cobra.Command {
	var diff string
	c := &cobra.Command{
		Use: "activate FILE --diff HASH", Short: "Put a ruleset into force that somebody has looked at", Args: takes(1, "FILE"),
		Long: "Put a ruleset into force. HASH is what kith audit what-if --ruleset FILE has said: so nobody\n" +
			"activates what nobody has looked at. It is good for a day, and until another ruleset is activated.",
		Example: "  kith audit what-if --ruleset rules.yaml\n  kith ruleset activate rules.yaml --diff HASH",
	}
	c.Flags().StringVar(&diff, "diff", "", "the hash of what would follow")
	must(c.MarkFlagRequired("diff"))
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.activate(ctx, args[0], diff) })
	return c
}

func (s *shell) activate(ctx context.Context, file, diff string) error {
	text, rules, err := readRuleset(file)
	if err != nil {
		return err
	}
	r, err := s.api.As(operator).ActivateRuleset(ctx, text, diff)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(r)
	}
	if r.Duplicate {
		s.printf("Ruleset %s was activated before, at sequence %d of the log.\n", rules.Version, r.Seq)
		return nil
	}
	s.printf("Ruleset %s is in force from sequence %d of the log on. Every tie and every network is looked at again.\n", rules.Version, r.Seq)
	return nil
}

// readRuleset reads a file, and refuses what no server would take.
func readRuleset(file string) (string, *ruleset.Ruleset, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", nil, usagef("%s: %v", file, rootCause(err))
	}
	rules, err := ruleset.Parse(string(text))
	if err != nil {
		var f *fault.Error
		if errors.As(err, &f) && f.Err != nil {
			err = f.Err
		}
		return "", nil, usagef("%s is no ruleset: %v", file, err)
	}
	return string(text), rules, nil
}
