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

const whatIfLong = `Show which roles and gaps would change at once if a ruleset were activated, and which of its
rules do such things. A gap that opens only when it has held for some days (gaps.hold), as one does
that has closed lately, is not among them. The log is folded anew and the ruleset tried on that:
nothing follows from asking, but that it is recorded.

Numbers are about nobody. People are counted in the crowds of the last published week (kith
coverage), as they were then, or when the last ruleset was activated if that is later: "6 to 11
of 35" is all that is told of 35 people. A change is left out if, by what can be told, it may
concern nobody, and a department where too few are counted together.

Operators try other amounts: weights, half-lives, thresholds, targets. A rule that says whom it
is about can be made to fit one person, so only auditors try those (--as auditor:NAME). The hash
that they get is good for whoever activates the ruleset.`

func (s *shell) whatIfCommand() *cobra.Command {
	var file string
	var as auditor
	c := &cobra.Command{
		Use: "what-if --ruleset FILE", Short: "Show what would follow from another ruleset", Args: takes(0), Long: whatIfLong,
		Example: "  kith ruleset default > rules.yaml\n  kith audit what-if --ruleset rules.yaml\n  kith audit what-if --ruleset rules.yaml --as auditor:dana\n  kith audit what-if --ruleset rules.yaml -o json",
	}
	c.Flags().StringVar(&file, "ruleset", "", "the ruleset, a YAML `FILE`")
	asFlag(c, &as, "an operator")
	must(c.MarkFlagRequired("ruleset"))
	must(c.MarkFlagFilename("ruleset", "yaml", "yml"))
	c.RunE = s.run(func(ctx context.Context, _ []string) error { return s.whatIf(ctx, file, as) })
	return c
}

func (s *shell) whatIf(ctx context.Context, file string, as auditor) error {
	text, _, err := readRuleset(file)
	if err != nil {
		return err
	}
	report, end := s.folding()
	a, err := s.operating(as).WhatIf(ctx, text, report)
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
		s.printf("%s says what the ruleset in force says: nothing would change.\n", file)
	} else {
		s.showRuleChanges(a)
	}
	s.printf("\nActivate it within a day with: kith ruleset activate %s --diff %s\n", file, a.Hash)
}

func (s *shell) showRuleChanges(a client.WhatIf) {
	s.printf("What it says otherwise than the ruleset in force:\n\n")
	var rows [][]string
	for _, r := range a.Rules {
		rows = append(rows, []string{r.Path, orNothing(r.Before), "→", orNothing(r.After)})
	}
	s.table("  ", nil, rows)
	as := a.At.In(s.Zone).Format("2 Jan 2006 15:04")
	if len(a.Changes) == 0 {
		s.printf("\nAs of %s, nothing would change at once that can be told: nothing at all, or for too few people.\n", as)
		return
	}
	s.printf("\nWhat would change at once as of %s, in all and by department:\n\n", as)
	s.table("  ", []string{"CHANGE", "FOR SO MANY PEOPLE", "BECAUSE OF"}, changeRows(a))
}

func orNothing(value string) string {
	if value == "" {
		return "-"
	}
	return value
}

// changeRows are a row for everybody, and one below for each department that is told of.
func changeRows(a client.WhatIf) (rows [][]string) {
	for _, c := range a.Changes {
		rows = append(rows, []string{changeWords(c), people(c.Cells[0]), strings.Join(c.Rules, ", ")})
		for _, cell := range c.Cells[1:] {
			if !cell.Suppressed {
				rows = append(rows, []string{"  " + string(cell.Department), people(cell)})
			}
		}
	}
	return rows
}

func people(c client.WhatIfCell) string {
	if c.AtLeast == 0 {
		return fmt.Sprintf("at most %d of %d", c.AtMost, c.People)
	}
	return fmt.Sprintf("%d to %d of %d", c.AtLeast, c.AtMost, c.People)
}

var turns = map[audit.Turn]string{
	audit.Opens: "opens", audit.Closes: "closes", audit.Begins: "begins", audit.Ends: "ends", audit.Shifts: "is at risk, or no longer",
}

func changeWords(c client.WhatIfChange) string {
	what := "role"
	if c.Gap != "" {
		what = "gap " + string(c.Gap)
	}
	return strings.TrimSpace(what+" "+string(c.Role)) + " " + turns[c.Turn]
}
