package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/kith/internal/client"
)

// gapsDocument is the JSON of kith gaps PERSON.
type gapsDocument struct {
	client.Gaps
	Suggestions []gaps.Suggestion `json:"suggestions"`
	News        []gaps.News       `json:"news"`
	Names       names             `json:"names"`
}

// cellsDocument is the JSON of kith gaps.
type cellsDocument struct {
	Cells    []client.Cell `json:"cells"`
	Withheld int           `json:"withheld"` // kinds of which too few people can be told
	Floor    int           `json:"floor"`
}

func (s *shell) gapsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "gaps [PERSON]", Short: "Show what is missing in a network, and what to do about it", Args: takes(0, "PERSON"),
		ValidArgsFunction: s.completePeople(1),
		Long: "Show what is missing in a person's network, the most important first, and what to do about it.\n\n" +
			"Only the person sees their own gaps. Without PERSON, this shows how many people have which\nkind of gap, in numbers too coarse to recognize anybody.",
		Example: "  kith gaps hr:42\n  kith gaps",
		RunE:    s.run(s.gaps),
	}
}

func (s *shell) gaps(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return s.everybodysGaps(ctx)
	}
	p, err := s.whom(ctx, args[0])
	if err != nil {
		return err
	}
	as := s.viewing(p)
	g, err := as.Gaps(ctx, p.ID, 0)
	if err != nil {
		return err
	}
	advice, err := as.Suggestions(ctx, p.ID, 0)
	if err != nil {
		return err
	}
	if err := s.lookUp(ctx, as, advised(advice)...); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(gapsDocument{g, advice.Suggestions, advice.News, s.names})
	}
	s.showGaps(p, g, advice.Suggestions)
	s.showNews(advice.News)
	return nil
}

// advised is everybody in suggestions and news.
func advised(advice client.Suggestions) (people []events.PersonID) {
	for _, a := range advice.Suggestions {
		people = append(people, a.Supporter, a.Via)
	}
	for _, n := range advice.News {
		people = append(people, n.Supporter)
	}
	return people
}

// showNews says whom acts show in a role in which they were not named.
func (s *shell) showNews(news []gaps.News) {
	for i, n := range news {
		if i == 0 {
			s.printf("\nAnd you may not know:\n")
		}
		s.printf("   - %s is your %s, as acts show since %s, and you have not named them: %s.\n", s.names[n.Supporter],
			strings.ToLower(title(n.Role)), s.date(n.Since), doing(n.Action, n.Role, "them"))
	}
}

func (s *shell) showGaps(p client.Person, g client.Gaps, advice []gaps.Suggestion) {
	if len(g.Gaps) == 0 {
		s.noGaps(p, g)
		return
	}
	s.printf("What is missing for %s, the most important first\n", called(p))
	for i, gap := range g.Gaps {
		s.printf("\n%d. %s.  (%s: %d of 100)\n", i+1, gapWords(gap.Gap, gap.Role), importance(gap.Severity), gap.Severity)
		s.printf("   %s since %s.\n", reason(gap.Reason), s.date(gap.Since))
		s.showClosing(gap)
		s.showAdvice(gap, advice)
	}
	s.printf("\nEvery gap closes by itself once acts show that it is filled. To record one: kith record --help\n")
}

// showAdvice lists what could be done about a gap; where nobody is known who could help, it says so.
func (s *shell) showAdvice(gap gaps.GapView, advice []gaps.Suggestion) {
	known := false
	for _, a := range advice {
		if a.Fact == gap.Fact {
			known = true
			s.printf("   - %s\n", s.advise(a))
		}
	}
	if !known {
		s.printf("   - Nobody to suggest: no act so far leads to somebody who could.\n")
	}
}

func (s *shell) noGaps(p client.Person, g client.Gaps) {
	if g.Importing {
		s.printf("%s\n", importRuns)
		return
	}
	if g.Out {
		s.printf("%s\n", s.noPart(p))
		return
	}
	s.printf("Nothing is missing for %s now.\n", called(p))
	s.printf("See who is there with: kith network %s\n", quote(s.idOf(p)))
}

func reason(r events.GapReason) string {
	if said, ok := reasons[r]; ok {
		return said
	}
	return capital(strings.ReplaceAll(string(r), "-", " "))
}

// advise says a suggestion with its reasons.
func (s *shell) advise(a gaps.Suggestion) string {
	whom := a.Supporter
	if whom == "" {
		whom = a.Via
	}
	said := capital(doing(a.Action, a.Role, s.names[whom]))
	if a.Via != "" {
		said += fmt.Sprintf(" to somebody in %s at level %d or above", a.Department, a.FromLevel)
	}
	var keys []string
	for _, r := range a.Reasons {
		keys = append(keys, string(r))
	}
	if why := words(because, keys); len(why) > 0 {
		said += ": " + strings.Join(why, ", ")
	}
	return said + "."
}

func (s *shell) everybodysGaps(ctx context.Context) error {
	cells, withheld, a, err := s.aggregates().OpenGaps(ctx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(cells, func(a, b client.Cell) int { return b.Percent - a.Percent })
	if s.output == "json" {
		return s.json(cellsDocument{append([]client.Cell{}, cells...), withheld, a.Floor})
	}
	s.printf("Only the person sees their own gaps: kith gaps PERSON. For everybody together:\n\n")
	if len(cells) == 0 {
		s.noWeek(a)
		return nil
	}
	var rows [][]string
	for _, c := range cells {
		if c.Percent > 5 {
			rows = append(rows, []string{gapWords(c.Gap, c.Role), percent(c.Percent)})
		}
	}
	s.table("", []string{"GAP", "PEOPLE"}, rows)
	if few := len(cells) - len(rows); few > 0 {
		s.printf("\nAnd %s that at most 5 %% have.", plural(few, "kind", "kinds"))
	}
	s.printf("\n%s\n", s.weekOf(a, ""))
	return nil
}
