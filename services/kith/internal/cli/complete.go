package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/services/kith/internal/client"
)

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

func completeFacts(_ *cobra.Command, args []string, begin string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range byHand() {
		if strings.HasPrefix(strings.ToLower(e.Name), strings.ToLower(begin)) {
			names = append(names, e.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeFields completes name=value of a fact: first the name, then a code of its vocabulary.
func completeFields(_ *cobra.Command, args []string, begin string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	entry, err := recordable(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	name, _, valued := strings.Cut(begin, "=")
	for _, one := range fieldsOf(entry.New()) {
		if !valued && strings.HasPrefix(one.name, begin) {
			found = append(found, one.name+"=")
		}
		for _, code := range one.codes {
			if whole := name + "=" + code; valued && one.name == name && strings.HasPrefix(whole, begin) {
				found = append(found, whole)
			}
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
