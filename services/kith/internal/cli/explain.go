package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/libs/fault"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
)

// tieDocument is the JSON of kith explain.
type tieDocument struct {
	client.Tie
	Names names `json:"names"`
}

func (s *shell) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain RECIPIENT SUPPORTER", Short: "Explain what one person is to another: the acts, what they weigh now, what is missing",
		Args: cobra.ExactArgs(2), Example: "  kith explain hr:42 hr:7",
		RunE: s.run(s.explain),
	}
}

func (s *shell) explain(ctx context.Context, args []string) error {
	recipient, err := s.whom(ctx, args[0])
	if err != nil {
		return err
	}
	supporter, err := s.whom(ctx, args[1])
	if err != nil {
		return err
	}
	tie, err := s.viewing(recipient).Tie(ctx, recipient.ID, supporter.ID, 0)
	if err != nil {
		return explainNothing(err, recipient, supporter)
	}
	if s.output == "json" {
		return s.json(tieDocument{tie, s.names})
	}
	s.showTie(recipient, supporter, tie)
	return nil
}

func explainNothing(err error, recipient, supporter client.Person) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Code == "no-tie" {
		f.Message = fmt.Sprintf("nothing is known of %s supporting %s; perhaps it is the other way round?", called(supporter), called(recipient))
	}
	return err
}

func (s *shell) showTie(recipient, supporter client.Person, t client.Tie) {
	s.printf("What %s is to %s\n", called(supporter), called(recipient))
	var silent []string
	for _, r := range t.Roles {
		if r.Status == readmodel.RoleNone && r.Acts == 0 {
			silent = append(silent, strings.ToLower(title(r.Role)))
			continue
		}
		s.showTieRole(r)
	}
	if len(silent) > 0 {
		s.printf("\nNo act speaks for: %s.\n", strings.Join(silent, ", "))
	}
	s.showActs(t)
	s.printf("\nRules: version %s. A score grows by weight × quality with each act, and halves in silence;\n", t.Ruleset)
	s.printf("quality is 1 for what a system or both sides say, less for one side's word.\n")
}

func (s *shell) showTieRole(r gaps.TieRoleView) {
	s.printf("\n%s: %s\n", title(r.Role), s.verdict(r))
	if r.Enter > 0 {
		s.printf("  Score %s now; the role begins at %s, is at risk below that, and over below %s.\n", number(r.Score), number(r.Enter), number(r.Exit))
	}
	if len(r.Missing) > 0 {
		s.printf("  What is missing: %s.\n", strings.Join(r.Missing, "; "))
	}
	if r.Contested {
		s.printf("  One of the two says that this is not so.\n")
	}
	if len(r.Evidence) == 0 || r.Status == readmodel.RoleNone && r.Score < r.Enter/10 {
		return // the acts stand in the list below
	}
	s.printf("  It rests on %s:\n", plural(r.Acts, "act", "acts")+heaviest(r))
	var rows [][]string
	for _, e := range r.Evidence {
		rows = append(rows, []string{s.date(e.At), act(e.Type, ""), number(e.Weight), number(e.Quality), number(e.Decayed)})
	}
	s.table("    ", []string{"DATE", "ACT", "WEIGHT", "QUALITY", "WEIGHS NOW"}, rows)
}

func heaviest(r gaps.TieRoleView) string {
	if len(r.Evidence) < r.Acts {
		return fmt.Sprintf(", of which these %d weigh most now", len(r.Evidence))
	}
	return ""
}

// verdict says in a sentence how a role stands, and what time will do to it.
func (s *shell) verdict(r gaps.TieRoleView) string {
	said := map[readmodel.RoleStatus]string{
		readmodel.RoleActive: "yes, active", readmodel.RoleAtRisk: "yes, but at risk", readmodel.RoleLapsed: "no longer",
		readmodel.RoleUnproven: "named, but not shown by acts yet", readmodel.RoleNone: "not yet",
	}[r.Status]
	if kind := subtypes[r.Subtype]; kind != "" {
		said += inBrackets(kind)
	}
	switch r.Status {
	case readmodel.RoleActive:
		said += fmt.Sprintf(", since %s; without a further act at risk from %s and over from %s", s.date(r.Since), s.date(r.AtRiskAt), s.date(r.LapsesAt))
	case readmodel.RoleAtRisk:
		said += fmt.Sprintf(", quiet since %s; without a further act over from %s", s.date(r.SilentSince), s.date(r.LapsesAt))
	case readmodel.RoleLapsed:
		said += ", quiet since " + s.date(r.SilentSince)
	}
	return said + "."
}

// actsShown is how many acts are listed one by one; -o json has all that the server tells.
const actsShown = 20

func (s *shell) showActs(t client.Tie) {
	s.printf("\n%s between the two, the latest first:\n", capital(plural(t.ActCount, "act", "acts")))
	var rows [][]string
	for _, a := range t.Acts[:min(len(t.Acts), actsShown)] {
		rows = append(rows, []string{s.date(a.At), act(a.Type, a.Kind), counts(a)})
	}
	s.table("  ", []string{"DATE", "ACT", "COUNTS FOR"}, rows)
	if more := t.ActCount - len(rows); more > 0 {
		s.printf("  and %s\n", plural(more, "older one", "older ones"))
	}
}

// counts says what an act counts for, or why for nothing.
func counts(a gaps.ActView) string {
	if a.Void {
		return "nothing: disputed, corrected or taken back"
	}
	var said []string
	for r := range a.Weights {
		said = append(said, strings.ToLower(title(r)))
	}
	slices.Sort(said)
	if note := notes[a.Note]; note != "" {
		said = append(said, "("+note+")")
	}
	if len(said) == 0 {
		return "no role"
	}
	return strings.Join(said, ", ")
}
