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

const explainLong = `Explain what one person is to another: the acts, what they weigh now, what is missing.

RECIPIENT is who was supported, SUPPORTER who supported them; the other way round is another tie,
with acts of its own. Only the two people see it. This command acts as the recipient.`

func (s *shell) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain RECIPIENT SUPPORTER", Short: "Explain what one person is to another: the acts, what they weigh now, what is missing",
		Args: takes(2, "RECIPIENT", "SUPPORTER"), Example: "  kith explain hr:42 hr:7",
		Long: explainLong, ValidArgsFunction: s.completePeople(2),
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
	if recipient.ID == supporter.ID {
		return usagef("RECIPIENT and SUPPORTER are the same person, %s", called(recipient))
	}
	as := s.viewing(recipient)
	if supporter, err = s.contact(ctx, as, supporter); err != nil {
		return err
	}
	tie, err := as.Tie(ctx, recipient.ID, supporter.ID, 0)
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
	s.printf("\nRules: version %s. A score grows by weight × quality with each act, to at most twice what the role\n", t.Ruleset)
	s.printf("begins at, and fades in silence; quality is 1 for what a system or both sides say, less for one side's word.\n")
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
	shown := weighing(r.Evidence)
	s.printf("  It rests on %s:\n", plural(r.Acts, "act", "acts")+heaviest(r, len(shown)))
	var rows [][]string
	for _, e := range shown {
		rows = append(rows, []string{s.date(e.At), act(e.Type, ""), number(e.Weight), number(e.Quality), number(e.Decayed)})
	}
	s.table("    ", []string{"DATE", "ACT", "WEIGHT", "QUALITY", "WEIGHS NOW"}, rows)
}

// evidenceShown is how many acts are listed behind a role.
const evidenceShown = 8

// weighing are the heaviest acts, which come first, as far as what is left of them shows in two
// digits; the heaviest of all in any case.
func weighing(all []gaps.EvidenceView) []gaps.EvidenceView {
	n := 1
	for n < min(len(all), evidenceShown) && number(all[n].Decayed) != number(0) {
		n++
	}
	return all[:n]
}

func heaviest(r gaps.TieRoleView, shown int) string {
	switch {
	case shown == r.Acts:
		return ""
	case shown == 1:
		return ", of which this one weighs most now"
	}
	return fmt.Sprintf(", of which these %d weigh most now", shown)
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
		said += fmt.Sprintf(", since %s; without a further act at risk from %s and over from %s", s.date(r.Since), s.day(r.AtRiskAt), s.day(r.LapsesAt))
	case readmodel.RoleAtRisk:
		said += fmt.Sprintf(", quiet since %s; without a further act over from %s", s.date(r.SilentSince), s.day(r.LapsesAt))
	case readmodel.RoleLapsed:
		said += ", quiet since " + s.date(r.SilentSince)
	}
	return said + "."
}

// actsShown is how many lines of acts there are; -o json has all that the server tells.
const actsShown = 20

func (s *shell) showActs(t client.Tie) {
	s.printf("\n%s between the two%s:\n", plural(t.ActCount, "act", "acts"), map[bool]string{true: ", the latest first"}[t.ActCount > 1])
	var rows [][]string
	listed := 0
	for len(rows) < actsShown && listed < len(t.Acts) {
		a, alike := t.Acts[listed], s.alike(t.Acts[listed:])
		rows = append(rows, []string{s.date(a.At), act(a.Type, a.Kind) + times(alike), counts(a)})
		listed += alike
	}
	s.table("  ", []string{"DATE", "ACT", "COUNTS FOR"}, rows)
	if more := t.ActCount - listed; more > 0 {
		s.printf("  and %s\n", plural(more, "older one", "older ones"))
	}
}

// alike is how many acts from the first on look the same: those of one day are listed once.
func (s *shell) alike(acts []gaps.ActView) int {
	look := func(a gaps.ActView) string { return s.date(a.At) + act(a.Type, a.Kind) + counts(a) }
	n := 1
	for n < len(acts) && look(acts[n]) == look(acts[0]) {
		n++
	}
	return n
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", n)
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
