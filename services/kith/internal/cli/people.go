package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/client"
)

func (s *shell) peopleCommand() *cobra.Command {
	q := client.PeopleQuery{}
	c := &cobra.Command{
		Use: "people [QUERY]", Short: "Search the directory by the beginning of a name, a mail address or an id", Args: cobra.MaximumNArgs(1),
		Example: "  kith people\n  kith people okafor\n  kith people --limit 100 --cursor CURSOR",
	}
	c.Flags().IntVar(&q.Limit, "limit", 50, "people on a page")
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
	if p.Status == "active" {
		return ""
	}
	return strings.ReplaceAll(p.Status, "-", " ")
}

func again(q client.PeopleQuery) string {
	if q.Query == "" {
		return ""
	}
	return quote(q.Query) + " "
}

func (s *shell) nobody(q client.PeopleQuery) {
	if q.Query != "" {
		s.printf("Nobody in the directory is called %q. Everybody: kith people\n", q.Query)
		return
	}
	s.printf("The directory is empty. Bring people in with: kith import --help   or try the demo: kith up --demo\n")
}
