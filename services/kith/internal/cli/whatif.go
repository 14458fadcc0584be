package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

func (s *shell) whatIfCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "what-if --ruleset FILE", Short: "Show what would follow from another ruleset", Args: takes(0),
		Long: "Show which roles and gaps would change if a ruleset were activated, and which of its rules do it.\n" +
			"The log is folded anew and the ruleset tried on that: nothing follows from asking, but that it is\n" +
			"recorded. Numbers are about nobody: they are spans of people, and a dot is hidden, because too few\n" +
			"people change, or too few do not. What concerns too few people altogether is left out.",
		Example: "  kith ruleset default > rules.yaml\n  kith audit what-if --ruleset rules.yaml\n  kith audit what-if --ruleset rules.yaml -o json",
	}
	c.Flags().StringVar(&file, "ruleset", "", "the ruleset, a YAML file")
	must(c.MarkFlagRequired("ruleset"))
	must(c.MarkFlagFilename("ruleset", "yaml", "yml"))
	c.RunE = s.run(func(ctx context.Context, _ []string) error { return s.whatIf(ctx, file) })
	return c
}

func (s *shell) whatIf(ctx context.Context, file string) error {
	text, _, err := readRuleset(file)
	if err != nil {
		return err
	}
	report, end := s.folding()
	a, err := s.api.As(operator).WhatIf(ctx, text, report)
	end()
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(a)
	}
	s.showWhatIf(a, file)
	return nil
}

// folding is a bar that moves, on a terminal.
func (s *shell) folding() (report func(client.Progress), end func()) {
	if !s.Live {
		return func(client.Progress) {}, func() {}
	}
	bar := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(s.Stderr), progressbar.OptionSetDescription("folding the log"), progressbar.OptionClearOnFinish())
	return func(p client.Progress) {
		bar.ChangeMax64(int64(p.Of))
		bar.Set64(int64(p.Done)) //nolint:errcheck // it is only shown
	}, func() { bar.Finish() } //nolint:errcheck // as above
}

func (s *shell) showWhatIf(a client.WhatIf, file string) {
	if len(a.Rules) == 0 {
		s.printf("This ruleset says what the one in force says.\n")
		return
	}
	s.printf("What it says otherwise:\n\n")
	var rows [][]string
	for _, r := range a.Rules {
		rows = append(rows, []string{r.Path, orNothing(r.Before), "→", orNothing(r.After)})
	}
	s.table("  ", nil, rows)
	if len(a.Changes) == 0 {
		s.printf("\nNothing would change that concerns %d people or more.\n", a.Floor)
	} else {
		s.printf("\nWhat would change, in people:\n\n")
		s.table("  ", []string{"CHANGE", "EVERYBODY", "BY DEPARTMENT", "BECAUSE OF"}, changeRows(a))
	}
	s.printf("\nActivate it within a day with: kith ruleset activate %s --diff %s\n", file, a.Hash)
}

func orNothing(value string) string {
	if value == "" {
		return "-"
	}
	return value
}

func changeRows(a client.WhatIf) (rows [][]string) {
	for _, c := range a.Changes {
		var by []string
		for _, cell := range c.Cells[1:] {
			if !cell.Suppressed {
				by = append(by, fmt.Sprintf("%s %s", cell.Department, people(cell)))
			}
		}
		if len(by) == 0 {
			by = []string{"·"}
		}
		rows = append(rows, []string{changeWords(c), people(c.Cells[0]), strings.Join(by, ", "), strings.Join(c.Rules, ", ")})
	}
	return rows
}

func people(c client.WhatIfCell) string {
	switch {
	case c.Suppressed:
		return "·"
	case c.AtLeast == c.AtMost:
		return fmt.Sprint(c.AtLeast)
	}
	return fmt.Sprintf("%d to %d", c.AtLeast, c.AtMost)
}

var turns = map[audit.Turn]string{
	audit.Opens: "opens", audit.Closes: "closes", audit.Begins: "is played", audit.Ends: "is played no longer", audit.Shifts: "is or is no longer at risk",
}

func changeWords(c client.WhatIfChange) string {
	if c.Gap == "" {
		return fmt.Sprintf("%s %s", c.Role, turns[c.Turn])
	}
	return strings.TrimSpace(fmt.Sprintf("gap %s %s", c.Gap, c.Role)) + " " + turns[c.Turn]
}
