package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/isoweek"
	"kith.internal/services/kith/internal/client"
)

const coverageLong = `Show how the whole organization is covered: which share of people has a mentor, an
advocate, a sponsor; what is missing, what lasts, what comes of it. About nobody.

A week is measured on the Monday after it and never changes. People are counted in groups that
overlap in nobody, one half of them by department, a quarter by level, a quarter by tenure, so
that no two numbers can be subtracted. What too few people stand behind is hidden, and
what is told is as exact as it says: 40 % ±8 is between 32 and 48. Whoever asks is recorded.

By group is told what people say themselves that they identify with: sealed, opened for nothing
else, of two groups at least or of none. Half of those who identify with one are counted by it
instead, and the other half where they were.`

// coverageFlags are what kith coverage is asked for.
type coverageFlags struct {
	client.CoverageQuery
	list bool
}

func (s *shell) coverageCommand() *cobra.Command {
	var f coverageFlags
	c := &cobra.Command{
		Use: "coverage", Short: "Show how the whole organization is covered, about nobody", Args: takes(0), Long: coverageLong,
		Example:     "  kith coverage\n  kith coverage --by department\n  kith coverage --by group\n  kith coverage --by tenure --metric mentor,sponsor -o csv\n  kith coverage --list",
		Annotations: map[string]string{"csv": "an output of this command"},
		RunE:        s.run(func(ctx context.Context, _ []string) error { return s.coverage(ctx, f) }),
	}
	c.Flags().StringVar(&f.By, "by", "", "department, level, tenure or group, beside everybody")
	c.Flags().StringSliceVar(&f.Metrics, "metric", nil, "only these metrics; --list names them")
	c.Flags().StringVar(&f.Week, "week", "", "a week, such as 2026-w12; default: the last one measured")
	c.Flags().BoolVar(&f.list, "list", false, "list what is measured")
	must(c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions([]string{"department", "level", "tenure", "group"}, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// check refuses what no server could answer.
func (f coverageFlags) check() error {
	switch f.By {
	case "", "department", "level", "tenure", "group":
	default:
		return usagef("--by is department, level, tenure or group, not %q", f.By)
	}
	if _, ok := isoweek.Parse(f.Week); !ok && f.Week != "" {
		return usagef("--week is a week such as 2026-w12, not %q", f.Week)
	}
	return nil
}

func (s *shell) coverage(ctx context.Context, f coverageFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	known, err := s.aggregates().Metrics(ctx)
	if err != nil {
		return err
	}
	if f.list {
		return s.listMetrics(known)
	}
	if s.output == "csv" {
		return s.aggregates().CoverageSheet(ctx, f.CoverageQuery, s.Stdout)
	}
	a, err := s.aggregates().Coverage(ctx, f.CoverageQuery)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(a)
	}
	s.showCoverage(a, known, f)
	return nil
}

func (s *shell) showCoverage(a client.Coverage, known client.Metrics, f coverageFlags) {
	if len(a.Weeks) == 0 && f.Week != "" {
		s.printf("Week %s was not measured.\n", strings.ToUpper(f.Week))
		return
	}
	if len(a.Weeks) == 0 || len(a.Weeks[0].Cells) == 0 {
		s.noWeek(a)
		return
	}
	s.showCells(a, known, f)
	s.printf("%s\n", s.weekOf(a, f.By))
}

// showCells shows the cells of a week, and which are hidden.
func (s *shell) showCells(a client.Coverage, known client.Metrics, f coverageFlags) {
	switch f.By {
	case "":
		s.showEverybody(a, known, f)
	case "group":
		s.showGroups(a, known, f)
	default:
		s.showBy(a, known, f)
	}
	s.showHidden(a, f.By)
}

// aggregates asks for what is about nobody: as the command line itself, not as a person.
func (s *shell) aggregates() *client.Client { return s.api.As("integration:kith-cli") }

func (s *shell) listMetrics(known client.Metrics) error {
	if s.output == "json" {
		return s.json(known)
	}
	var rows [][]string
	for _, m := range known.Metrics {
		var by []string
		for _, d := range m.By {
			by = append(by, string(d))
		}
		rows = append(rows, []string{string(m.Metric), strings.Join(by, ", "), "people who " + m.About})
	}
	s.table("", []string{"METRIC", "BY", "THE SHARE OF"}, rows)
	return nil
}

// showEverybody is one line a metric; the kinds of gaps have theirs in kith gaps.
func (s *shell) showEverybody(a client.Coverage, known client.Metrics, f coverageFlags) {
	s.printf("Of all people …\n\n")
	var rows [][]string
	for _, m := range known.Metrics {
		kind := len(m.By) == 0 && strings.HasPrefix(string(m.Metric), "gap-")
		if c, there := cellOf(a, "", "everybody", m.Metric); there && (!kind || len(f.Metrics) > 0) {
			rows = append(rows, []string{share(c), m.About})
		}
	}
	s.table("  ", nil, rows)
	s.printf("\n")
	if len(f.Metrics) == 0 {
		s.showAmong(a)
	}
}

// among compares a share with what it is a share of; where one of them is not told, or too vague, a dot
// stands for it.
var among = []struct {
	part, whole string
	others      bool // of all who are not in whole
	says        string
}{
	{"stretch-with-sponsor", "sponsor", false, "who have a sponsor were given an opportunity in the last 12 months"},
	{"stretch-without-sponsor", "sponsor", true, "who have no sponsor were given an opportunity in the last 12 months"},
	{"promoted-with-sponsor", "sponsor", false, "who have a sponsor were promoted in the last 12 months"},
	{"promoted-without-sponsor", "sponsor", true, "who have no sponsor were promoted in the last 12 months"},
	{"named-and-seen", "named", false, "who named somebody in a role have seen one of them act"},
	{"tie-alive", "tie-begun", false, "who had a supporter 12 months ago still have one of them"},
	{"senior-sponsoring", "senior", false, "who could sponsor somebody do"},
}

// vague is the share below which nothing can be said of a part of it: it is rounded to fives.
const vague = 20

// showAmong says what follows from shares of shares: it is no reason for anything, only a comparison.
func (s *shell) showAmong(a client.Coverage) {
	var rows [][]string
	told := false
	for _, m := range among {
		part, _ := cellOf(a, "", "everybody", events.Code(m.part))
		whole, _ := cellOf(a, "", "everybody", events.Code(m.whole))
		of := whole.Value
		if m.others {
			of = 100 - of
		}
		value := "·"
		if part.Value > 0 && whole.Value > 0 && of >= vague {
			value, told = portion(part.Value, of), true
		}
		rows = append(rows, []string{value, m.says})
	}
	if told {
		s.printf("Of those, which compares and gives no cause, …\n\n")
		s.table("  ", nil, rows)
		s.printf("\n")
	}
}

// portion is a share of a share: of one that is told as at most, at most.
func portion(part, of int) string {
	value := min(5*((20*part+of/2)/of), 95)
	if part <= 5 {
		return fmt.Sprintf("≤ %d %%", value)
	}
	return fmt.Sprintf("about %d %%", value)
}

// shown are the metrics of a table, where none are asked for.
var shown = []string{"mentor", "advocate", "sponsor", "truth-teller", "ally", "gap-open"}

// showBy is one line a value, one column a metric.
func (s *shell) showBy(a client.Coverage, known client.Metrics, f coverageFlags) {
	metrics := f.Metrics
	if len(metrics) == 0 {
		metrics = shown
	}
	heading := []string{strings.ToUpper(f.By)}
	for _, m := range metrics {
		heading = append(heading, strings.ToUpper(strings.ReplaceAll(m, "-", " ")))
	}
	rows := [][]string{s.coverageRow(a, "", "everybody", metrics)}
	for _, value := range groupsOf(values(a, f.By)) {
		rows = append(rows, s.coverageRow(a, f.By, value, metrics))
	}
	s.table("", append(heading, "COUNTED"), rows)
	s.printf("\n")
	for _, m := range known.Metrics {
		if slices.Contains(metrics, string(m.Metric)) {
			s.printf("  %s: people who %s\n", strings.ReplaceAll(string(m.Metric), "-", " "), m.About)
		}
	}
	s.printf("\n")
}

func (s *shell) coverageRow(a client.Coverage, by, value string, metrics []string) []string {
	row, people := []string{capital(strings.ReplaceAll(value, "-", " "))}, 0
	for _, m := range metrics {
		c, _ := cellOf(a, by, value, events.Code(m))
		row = append(row, share(c))
		people = max(people, c.People)
	}
	if people == 0 {
		return append(row, "too few")
	}
	return append(row, fmt.Sprint(people))
}

func cellOf(a client.Coverage, by, value string, metric events.Code) (cell client.CoverageCell, there bool) {
	for _, c := range a.Weeks[0].Cells {
		if string(c.By) == by && string(c.Cell) == value && c.Metric == metric {
			return c, true
		}
	}
	return cell, false
}

// values are those of a dimension, in the order of the answer.
func values(a client.Coverage, by string) (all []string) {
	for _, c := range a.Weeks[0].Cells {
		if string(c.By) == by && !slices.Contains(all, string(c.Cell)) {
			all = append(all, string(c.Cell))
		}
	}
	return all
}

// share is a cell in words: a dot is hidden.
func share(c client.CoverageCell) string {
	if c.Value == 0 {
		return "·"
	}
	if c.Margin <= 5 && (c.Value <= 5 || c.Value >= 95) {
		return percent(c.Value)
	}
	return fmt.Sprintf("%d %% ±%d", c.Value, c.Margin)
}

// percent says a rounded share.
func percent(value int) string {
	switch {
	case value <= 5:
		return "≤ 5 %"
	case value >= 95:
		return "≥ 95 %"
	}
	return fmt.Sprintf("%d %%", value)
}

// showHidden says of whom nothing is told, and why.
func (s *shell) showHidden(a client.Coverage, by string) {
	var hidden []string
	for _, value := range values(a, by) {
		told := slices.ContainsFunc(a.Weeks[0].Cells, func(c client.CoverageCell) bool {
			return string(c.By) == by && string(c.Cell) == value && !c.Suppressed
		})
		if !told {
			hidden = append(hidden, strings.ReplaceAll(value, "-", " "))
		}
	}
	if by == "" && a.Suppressed > 0 {
		s.printf("A dot is hidden: too few people stand behind it.\n")
	}
	if by != "" && len(hidden) > 0 {
		s.printf("Hidden: %s. At least %d people are counted together, and too few of theirs are.\n", list(hidden), a.Crowd)
	}
}

// noWeek is what is said before the first week, or where nobody can be told of.
func (s *shell) noWeek(a client.Coverage) {
	switch {
	case len(a.Weeks) > 0:
		s.printf("There are too few people: at least %d are counted together, so that nobody can be found out.\n", a.Crowd)
	case a.Next.IsZero():
		s.printf("Nobody is in the directory yet. Bring people in with: kith import --help\n")
	default:
		s.printf("Nothing has been measured yet. The first week is told on %s, or as soon as a file import has settled.\n", s.date(a.Next))
	}
}

// weekOf says what was measured when, and when there will be more.
func (s *shell) weekOf(a client.Coverage, by string) string {
	w, floor := a.Weeks[len(a.Weeks)-1], a.Floor
	if by == "group" {
		floor = max(floor, coverage.GroupFloor)
	}
	return fmt.Sprintf("Week %s, to the nearest five percent; smallest group %d. The next week is told on %s.",
		strings.ToUpper(string(w.Week)), floor, s.date(a.Next))
}
