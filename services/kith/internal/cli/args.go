package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/client"
)

// takes allows as many words as there are names, of which the first ones are needed. It says which
// is missing, and what is behind one too many: most often a name without quotes.
func takes(needed int, names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < needed:
			return fmt.Errorf("%s is missing: %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return fmt.Errorf("%q is one word too many: %s; a name with a space in it needs quotes", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}

// completing is how long a shell waits for people to complete a word with.
const completing = 2 * time.Second

// completePeople completes the first words of a command with people.
func (s *shell) completePeople(words int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= words {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return s.peopleFor(cmd.Context(), begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// peopleFor are the people whom a word begins, by id or mail address, which the shell shows next
// to their names; none where no server answers in time.
func (s *shell) peopleFor(ctx context.Context, begun string) (found []cobra.Completion) {
	if s.prepare(nil, nil) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completing)
	defer cancel()
	page, err := s.api.As(self).People(ctx, client.PeopleQuery{Query: begun, Limit: pageOfPeople})
	if err != nil {
		return nil
	}
	for _, p := range page.People {
		words := append([]string{mainID(p), p.Email}, p.ExternalIDs...)
		if len(page.People) == 1 {
			words = append(words, p.Name) // bash takes several names with spaces in them apart
		}
		if i := slices.IndexFunc(words, func(w string) bool { return w != "" && strings.HasPrefix(w, begun) }); i >= 0 {
			found = append(found, cobra.CompletionWithDesc(words[i], called(p)))
		}
	}
	return found
}
