package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/events"
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

const explainLong = `Explain what one person is to another: every act and what it weighs now, how far each role
is, when silence will change it, and what one more act would do.

RECIPIENT is who was supported, SUPPORTER who supported them; the other way round is another tie,
with acts of its own. The two people see it: this command acts as the recipient. An auditor sees
it with --as auditor:NAME, and the recipient sees that they did.

With -o json each act has its id: "kith record ActDisputed --recipient RECIPIENT --field act=ID" says that it was
not so, ActConfirmed that it was; RoleContested and RoleOverridden answer a role.`

func (s *shell) explainCommand() *cobra.Command {
	var as auditor
	c := &cobra.Command{
		Use: "explain RECIPIENT SUPPORTER", Short: "Explain what one person is to another, down to the acts",
		Args: takes(2, "RECIPIENT", "SUPPORTER"), Example: "  kith explain hr:42 hr:7\n  kith explain hr:42 hr:7 --as auditor:dana",
		Long: explainLong, ValidArgsFunction: s.completePeople(2),
	}
	asFlag(c, &as, "RECIPIENT")
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.explain(ctx, args, as) })
	return c
}

func (s *shell) explain(ctx context.Context, args []string, auditor auditor) error {
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
	as := s.reading(recipient, auditor, "audit")
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
	t.Roles = slices.Clone(t.Roles)
	silent := slices.DeleteFunc(slices.Clone(t.Roles), spokenOf)
	for _, r := range slices.DeleteFunc(t.Roles, func(r gaps.TieRoleView) bool { return !spokenOf(r) }) {
		s.showTieRole(r)
	}
	s.showSilent(silent)
	s.printf("\n")
	s.showLadder(t.Ladder)
	s.showReciprocity(recipient, supporter, t.Reciprocity)
	s.showAway(t.Away)
	s.showActs(t)
	s.printf("\nRules: version %s (%.12s), code %s. A score grows by weight × quality with each act, to at most twice what\n", t.Ruleset, t.RulesetHash, t.Rules)
	s.printf("the role begins at, and fades in silence; quality is 1 for what a system or both sides say, less for one side's word.\n")
}

// spokenOf reports whether an act or somebody's word speaks of a role.
func spokenOf(r gaps.TieRoleView) bool {
	return r.Status != readmodel.RoleNone || r.Acts > 0 || r.Declared || r.Request != nil || r.Contested || !r.AsideUntil.IsZero()
}

func (s *shell) showTieRole(r gaps.TieRoleView) {
	s.printf("\n%s: %s\n", title(r.Role), s.verdict(r))
	s.printf("  Score %s now%s; the role begins at %s, is at risk below that, and over below %s.\n",
		number(r.Score), shortBy(r.Short), number(r.Enter), number(r.Exit))
	for _, said := range s.saidOf(r) {
		s.printf("  %s\n", said)
	}
	if len(r.Missing) > 0 {
		s.printf("  What is missing: %s.\n", strings.Join(r.Missing, "; "))
	}
	s.showEvidence(r, "WEIGHS NOW")
	s.showOneMore(r)
}

func shortBy(of float64) string {
	if of == 0 {
		return ""
	}
	return ", " + number(of) + " short"
}

// showEvidence lists the acts behind a role; weighs is the heading over what is left of each.
func (s *shell) showEvidence(r gaps.TieRoleView, weighs string) {
	if len(r.Evidence) == 0 || r.Status == readmodel.RoleNone && r.Score < r.Enter/10 {
		return // the acts stand in the list below
	}
	shown := weighing(r.Evidence)
	s.printf("  It rests on %s:\n", plural(r.Acts, "act", "acts")+heaviest(r, len(shown)))
	var rows [][]string
	for _, e := range shown {
		rows = append(rows, []string{s.date(e.At), act(e.Type, ""), number(e.Weight), number(e.Quality) + made(e.Factors), number(e.Decayed)})
	}
	s.table("    ", []string{"DATE", "ACT", "WEIGHT", "QUALITY", weighs}, rows)
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

// made says what a quality is made of.
func made(factors []gaps.FactorView) string {
	var said []string
	for _, f := range factors {
		said = append(said, cmp.Or(qualities[f.Factor], f.Factor))
	}
	return ", " + strings.Join(said, ", ")
}

func (s *shell) showOneMore(r gaps.TieRoleView) {
	if len(r.OneMore) == 0 {
		return
	}
	s.printf("  One more act today, if both stand by it:\n")
	var rows [][]string
	for _, one := range r.OneMore {
		rows = append(rows, []string{another(one.Type), "+" + number(one.Adds), number(one.Score), would(r, one)})
	}
	s.table("    ", []string{"ACT", "ADDS", "SCORE THEN", "AND THE ROLE"}, rows)
}

// another says what one more act would be.
func another(name string) string {
	if name == "IntroductionMade" {
		return "an introduction to somebody more senior"
	}
	return act(name, "")
}

// would says what one more act would make of a role.
func would(r gaps.TieRoleView, one gaps.OneMoreView) string {
	switch {
	case one.Turns && r.Status == readmodel.RoleAtRisk:
		return "is at risk no longer"
	case one.Turns && r.Status == readmodel.RoleLapsed:
		return "begins again"
	case one.Turns:
		return "begins"
	case one.Status == readmodel.RoleActive:
		return "goes on"
	case one.Status == readmodel.RoleAtRisk:
		return "stays at risk" + shortBy(one.Short)
	}
	return strings.Join(append([]string{"is not there yet" + shortBy(one.Short)}, one.Missing...), "; still missing: ")
}

// showSilent names the roles that nothing speaks of, and what alone would make one of them begin.
func (s *shell) showSilent(silent []gaps.TieRoleView) {
	var names []string
	for _, r := range silent {
		names = append(names, strings.ToLower(title(r.Role)))
	}
	if len(names) == 0 {
		return
	}
	s.printf("\nNo act speaks for: %s.\n", strings.Join(names, ", "))
	for _, r := range silent {
		var alone []string
		for _, one := range r.OneMore {
			if one.Turns {
				alone = append(alone, another(one.Type))
			}
		}
		if len(alone) > 0 {
			s.printf("  One act today would be enough to begin as %s: %s.\n", strings.ToLower(title(r.Role)), strings.Join(alone, "; or "))
		}
	}
}

// rungs are those of Ibarra's ladder.
var rungs = []string{"", "advice", "insider advice on how to advance", "introductions", "opportunities", "speaking for them where it is decided"}

func (s *shell) showLadder(l gaps.LadderView) {
	if l.Rung == 0 {
		return
	}
	s.printf("On the ladder from advice in private to advocacy in public: rung %d of 5, %s.", l.Rung, rungs[l.Rung])
	if l.Next != 0 {
		s.printf(" The next one: %s.", rungs[l.Next])
	}
	s.printf("\n")
}

func (s *shell) showReciprocity(recipient, supporter client.Person, r *gaps.ReciprocityView) {
	if r == nil {
		return
	}
	one, other := called(recipient), called(supporter)
	if r.Mutual {
		s.printf("It goes both ways: each is the other's mentor.\n")
	}
	if len(r.Roles) > 0 {
		var names []string
		for _, role := range r.Roles {
			names = append(names, strings.ToLower(title(role)))
		}
		s.printf("The other way round, %s is %s to %s.\n", one, list(names), other)
	}
	if r.Learned > 0 {
		s.printf("%s has learned from %s as well%s, on %s.\n", other, one, map[bool]string{true: fmt.Sprintf(": %d times, the last time", r.Learned)}[r.Learned > 1], s.date(r.LastLearned))
	}
}

func (s *shell) showAway(all []gaps.AwayView) {
	for _, a := range all {
		if a.To.IsZero() {
			s.printf("One of the two is on leave from %s on: until they are back, silence does not count.\n", s.date(a.From))
			continue
		}
		s.printf("Silence from %s to %s does not count: one of the two was on leave.\n", s.date(a.From), s.date(a.To))
	}
}

// verdict says in a sentence how a role stands, and what time will do to it.
func (s *shell) verdict(r gaps.TieRoleView) string {
	if !r.AsideUntil.IsZero() {
		return "set aside by one of the two until " + s.date(r.AsideUntil) + "; from then on the acts count again."
	}
	said := map[readmodel.RoleStatus]string{
		readmodel.RoleActive: "yes, active", readmodel.RoleAtRisk: "yes, but at risk", readmodel.RoleLapsed: "no longer",
		readmodel.RoleUnproven: "named, but not shown by acts yet", readmodel.RoleNone: "not yet",
	}[r.Status]
	if r.Status == readmodel.RoleUnproven && r.Formal {
		said = "agreed, but not shown by acts yet"
	}
	if kind := subtypes[r.Subtype]; kind != "" {
		said += inBrackets(kind)
	}
	switch r.Status {
	case readmodel.RoleActive:
		said += ", since " + s.date(r.Since) + s.silence(r, "at risk from", r.AtRiskAt)
	case readmodel.RoleAtRisk:
		said += ", quiet since " + s.date(r.SilentSince) + s.silence(r, "", r.LapsesAt)
	case readmodel.RoleLapsed:
		said += ", quiet since " + s.date(r.SilentSince)
	}
	return said + "."
}

// silence says what silence will do, if anything: nobody knows while a leave has no end.
func (s *shell) silence(r gaps.TieRoleView, risk string, at time.Time) string {
	switch {
	case at.IsZero():
		return "; silence changes nothing while one of the two is away"
	case risk == "":
		return "; without a further act over from " + s.day(r.LapsesAt)
	case r.LapsesAt.IsZero():
		return fmt.Sprintf("; without a further act %s %s", risk, s.day(at))
	}
	return fmt.Sprintf("; without a further act %s %s and over from %s", risk, s.day(at), s.day(r.LapsesAt))
}

// saidOf is what people say of a role.
func (s *shell) saidOf(r gaps.TieRoleView) (said []string) {
	add := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if d := r.Declaration; d != nil {
		by := map[events.DeclaredBy]string{"recipient": "The recipient says", "supporter": "The supporter says", "both": "Both say"}[d.By]
		how := map[string]string{readmodel.DeclaredAccepted: ", asked and accepted", readmodel.DeclaredPromoted: ", a mentor who agreed to become a sponsor"}[d.How]
		add("%s that they are one, since %s%s.", by, s.date(d.At), how)
	}
	if q := r.Request; q != nil {
		add("%s on %s.", map[string]string{readmodel.RequestAsked: "They were asked to be one", readmodel.RequestAccepted: "They agreed to be one",
			readmodel.RequestDeclined: "They declined to be one"}[q.State], s.date(q.At))
	}
	if c := r.Contest; c != nil {
		until := ""
		if !c.Until.IsZero() {
			until = ", until " + s.date(c.Until)
		}
		add("The %s says that this is not so, since %s%s.", c.By, s.date(c.At), until)
	}
	if r.LineManager && r.Role == events.Sponsor {
		add("They are also the line manager: one sponsor more, outside the line, is worth having.")
	}
	return said
}
