package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/client"
)

// pageOfPeople is how many people are shown at once where nobody says.
const pageOfPeople = 50

func (s *shell) peopleCommand() *cobra.Command {
	q := client.PeopleQuery{}
	c := &cobra.Command{
		Use: "people [QUERY]", Short: "Search the directory by name, mail address or id", Args: takes(0, "QUERY"),
		Example:           "  kith people\n  kith people okafor\n  kith people --limit 100 --cursor CURSOR",
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().IntVar(&q.Limit, "limit", pageOfPeople, "people on a page, at most 1000")
	c.Flags().StringVar(&q.Cursor, "cursor", "", "where to go on, as the page before says")
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		q.Query = strings.Join(args, " ")
		return s.people(ctx, q)
	})
	return c
}

func (s *shell) people(ctx context.Context, q client.PeopleQuery) error {
	page, err := s.api.As(self).People(ctx, q)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(page)
	}
	if len(page.People) == 0 {
		s.nobody(q)
		return nil
	}
	var rows [][]string
	for _, p := range page.People {
		rows = append(rows, []string{called(p), mainID(p), p.Email, fmt.Sprint(p.Level), string(p.Department), presence(p)})
	}
	s.table("", []string{"NAME", "ID", "MAIL", "LEVEL", "DEPARTMENT", ""}, rows)
	if page.Next != "" {
		s.printf("\nThere are more: kith people %s--cursor %s\n", again(q), page.Next)
	}
	return nil
}

func presence(p client.Person) string {
	switch {
	case p.Left:
		return "has left"
	case p.OnLeave:
		return "on leave"
	}
	return ""
}

// again is what asks for another page of the same search.
func again(q client.PeopleQuery) string {
	said := ""
	if q.Query != "" {
		said = quote(q.Query) + " "
	}
	if q.Limit != pageOfPeople {
		said += fmt.Sprintf("--limit %d ", q.Limit)
	}
	return said
}

func (s *shell) nobody(q client.PeopleQuery) {
	if q.Query != "" {
		s.printf("Nobody in the directory is called %q. Everybody: kith people\n", q.Query)
		return
	}
	s.printf("The directory is empty. Bring people in with: kith import --help   or try the demo: kith up --demo\n")
}
