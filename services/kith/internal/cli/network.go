package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
)

// networkDocument is the JSON of kith network: the API's answer, and the names of all in it.
type networkDocument struct {
	client.Network
	Names names `json:"names"`
}

const networkLong = `Show who plays which role for a person, and which roles nobody plays.

A role is active once acts of support have shown it. Every act fades with time: a role that
nobody feeds is at risk after a while, and then over. Strength is what the acts weigh now, of the
most that acts can weigh; a role begins at 50 %. Which roles are expected follows from a person's
level and goals. Only the person sees their own network.`

func (s *shell) networkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "network PERSON", Short: "Show who plays which role for a person, and which nobody plays", Args: takes(1, "PERSON"),
		Long: networkLong, ValidArgsFunction: s.completePeople(1),
		Example: "  kith network hr:42\n  kith network amara.okafor@example.org\n  kith network Amara -o json",
		RunE:    s.run(s.network),
	}
}

func (s *shell) network(ctx context.Context, args []string) error {
	p, err := s.whom(ctx, args[0])
	if err != nil {
		return err
	}
	as := s.viewing(p)
	n, err := as.Network(ctx, p.ID, 0)
	if err != nil {
		return err
	}
	if err := s.lookUp(ctx, as, peopleIn(n)...); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(networkDocument{n, s.names})
	}
	s.showNetwork(p, n)
	return nil
}

func peopleIn(n client.Network) []events.PersonID {
	ids := append([]events.PersonID{n.Person, n.Standing.Manager}, n.Given...)
	for _, r := range n.Roles {
		for _, v := range r.Supporters {
			ids = append(ids, v.Supporter)
		}
		for _, d := range r.Declared {
			ids = append(ids, d.Supporter)
		}
	}
	return ids
}

func (s *shell) showNetwork(p client.Person, n client.Network) {
	s.printf("%s's network\n", called(p))
	s.printf("%s\n\n", s.standing(n))
	if n.Health.Supporters == 0 && n.Health.LastAct.IsZero() {
		s.printf("Nothing is known of anybody's support yet.\n")
		s.printf("Record what somebody did with: kith record --help   or bring in a file with: kith import --help\n\n")
	}
	for _, r := range n.Roles {
		s.showRole(r)
	}
	s.printf("\n")
	s.showBasis(n)
	s.showGiven(n)
	s.showNext(p, n)
}

// standing says where somebody stands, in one line.
func (s *shell) standing(n client.Network) string {
	var parts []string
	if d := n.Standing.Department; d != "" {
		parts = append(parts, capital(string(d)))
	}
	if n.Standing.Level > 0 {
		parts = append(parts, fmt.Sprintf("level %d (%s)", n.Standing.Level, n.Standing.Stage))
	}
	if m := n.Standing.Manager; m != "" {
		parts = append(parts, "reports to "+s.manager(m))
	}
	if !n.Standing.Start.IsZero() {
		parts = append(parts, "here since "+n.Standing.Start.In(s.Zone).Format("January 2006"))
	}
	switch n.Standing.Presence {
	case readmodel.Away:
		parts = append(parts, "on leave")
	case readmodel.Gone:
		parts = append(parts, "has left")
	case readmodel.Unknown:
		parts = append(parts, "not in the directory")
	}
	return strings.Join(parts, " · ")
}

// manager is somebody's manager, who may join the directory later than they do.
func (s *shell) manager(id events.PersonID) string {
	if name := s.names[id]; name != string(id) {
		return name
	}
	return "somebody who is not in the directory"
}

func (s *shell) showRole(r gaps.RoleView) {
	name := title(r.Role)
	var rows [][]string
	slices.SortStableFunc(r.Supporters, func(a, b gaps.SupporterView) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(b.Strength, a.Strength), s.byName(a.Supporter, b.Supporter))
	})
	for _, v := range r.Supporters {
		rows = append(rows, []string{s.names[v.Supporter] + inBrackets(subtypes[v.Subtype]) + inBrackets(lineManager[v.LineManager]), s.status(v)})
	}
	for _, d := range r.Declared {
		rows = append(rows, []string{s.names[d.Supporter], "named " + s.ago(d.Since) + ", not seen in an act yet"})
	}
	switch {
	case r.Held > 0:
		s.printf("%s: %s\n", name, plural(r.Held, "person", "people"))
	case r.Expected:
		s.printf("%s: nobody yet. Nobody %s, as far as acts show.\n", name, roles[r.Role].does)
	default:
		s.printf("%s: nobody yet, and nothing is expected here now.\n", name)
	}
	s.table("    ", nil, rows)
}

// status says how a supporter stands in a role, and what time will do to it.
func (s *shell) status(v gaps.SupporterView) string {
	var said string
	switch v.Status {
	case readmodel.RoleActive:
		said = fmt.Sprintf("active, strength %d %%", v.Strength)
		if !v.Since.IsZero() {
			said += ", since " + s.date(v.Since)
		}
		if !v.NextChangeAt.IsZero() {
			said += "; at risk from " + s.day(v.NextChangeAt) + " without a further act"
		}
	case readmodel.RoleAtRisk:
		said = fmt.Sprintf("at risk: last act %s", s.ago(v.LastAct))
		if !v.NextChangeAt.IsZero() {
			said += "; over from " + s.day(v.NextChangeAt) + " without a further act"
		}
	default:
		said = "over: last act " + s.date(v.LastAct)
	}
	if v.Mutual {
		said += "; you are theirs, too"
	}
	switch {
	case !v.Leaves.IsZero() && v.Leaves.After(s.Now()):
		said += "; leaves on " + s.date(v.Leaves)
	case !v.Leaves.IsZero():
		said += "; left on " + s.date(v.Leaves) + " (does not count any more)"
	case !v.Counts:
		said += " (does not count until you confirm it)"
	}
	return said
}

var lineManager = map[bool]string{true: "your line manager"}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// showBasis says what all of this rests on: a survey is somebody's memory, an act happened.
func (s *shell) showBasis(n client.Network) {
	switch n.Basis.Kind {
	case gaps.BasisOneSurvey:
		s.printf("All of this rests on one survey, of %s, and on no act seen since. Treat it as a first sketch.\n", s.date(n.Basis.AsOf))
	case gaps.BasisMixed:
		s.printf("This rests on acts of support and on answers to surveys.\n")
	case gaps.BasisActs:
		s.printf("This rests on acts of support; the last one was %s.\n", s.ago(n.Health.LastAct))
	default:
		if !n.Health.LastAct.IsZero() {
			s.printf("The last act of support was %s: too little is known since for any role.\n", s.ago(n.Health.LastAct))
		}
	}
	if n.Importing {
		s.printf("%s\n", importRuns)
	}
}

// importRuns is why nothing is said of what is missing.
const importRuns = "A file import has not ended: what is missing is not decided before. One that was cut short is ended by importing again."

func (s *shell) showGiven(n client.Network) {
	if len(n.Given) == 0 {
		return
	}
	slices.SortStableFunc(n.Given, s.byName)
	var who []string
	for _, id := range n.Given[:min(len(n.Given), 5)] {
		who = append(who, s.names[id])
	}
	if more := len(n.Given) - len(who); more > 0 {
		who = append(who, plural(more, "other", "others"))
	}
	s.printf("Supports: %s.\n", list(who))
}

func (s *shell) showNext(p client.Person, n client.Network) {
	id := quote(s.idOf(p))
	if n.Health.OpenGaps > 0 {
		s.printf("%s. See: kith gaps %s\n", capital(plural(n.Health.OpenGaps, "thing is missing", "things are missing")), id)
	} else if n.Out {
		s.printf("%s\n", s.noPart(p))
	} else if !n.Importing {
		s.printf("Nothing is missing.%s\n", s.newcomer(n))
	}
	if supporter := first(n); supporter != "" {
		s.printf("Why somebody is what they are: kith explain %s %s\n", id, quote(s.names[supporter]))
	}
}

// newcomer says why nothing is missing yet for somebody new.
func (s *shell) newcomer(n client.Network) string {
	switch {
	case n.Standing.Presence == readmodel.Gone:
		return " Nothing counts as missing for somebody who has left."
	case n.Health.RolesCovered == n.Health.RolesExpected:
		return ""
	}
	return " Whoever is new, or away, is given time before anything counts as missing."
}

func first(n client.Network) events.PersonID {
	for _, r := range n.Roles {
		for _, v := range r.Supporters {
			return v.Supporter
		}
	}
	return ""
}

// quote puts a word in quotes where a shell would take it apart.
func quote(word string) string {
	if strings.ContainsAny(word, " '()") {
		return `"` + word + `"`
	}
	return word
}
