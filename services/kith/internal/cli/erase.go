package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
)

const eraseLong = `Erase a person: their key is destroyed, so that nobody can read any more who they are or what
they said of themselves, and so are the lookups of their ids. What others have of them stays
under a pseudonym that leads to nobody. The erasure is final once the last backup of the
keyring that may still hold the key has expired.

This cannot be taken back, so it is done with --yes only; without it, it says who would be
erased. Whoever has an id can be erased, also who never joined: a manager whom an HR file has
named. Somebody who is erased already is told by their pseudonym.`

func (s *shell) eraseCommand() *cobra.Command {
	var by string
	var sure bool
	c := &cobra.Command{
		Use: "erase PERSON --yes", Short: "Erase a person, for ever", Long: eraseLong, Args: takes(1, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Example: "  kith erase hr:42 --yes\n  kith erase hr:42 --requested-by organization --yes",
	}
	c.Flags().StringVar(&by, "requested-by", "person", "who asks for it: person, organization or retention")
	c.Flags().BoolVar(&sure, "yes", false, "yes, for ever")
	must(c.RegisterFlagCompletionFunc("requested-by", cobra.FixedCompletions(events.Requester("").Codes(), cobra.ShellCompDirectiveNoFileComp)))
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		if !slices.Contains(events.Requester("").Codes(), by) {
			return usagef("--requested-by is one of %s, not %q", list(events.Requester("").Codes()), by)
		}
		return s.erase(ctx, args[0], events.Requester(by), sure)
	})
	return c
}

func (s *shell) erase(ctx context.Context, word string, by events.Requester, sure bool) error {
	as := s.api.As(self)
	p, err := s.whom(ctx, word)
	who := fmt.Sprintf("%s, %s, %s,", called(p), mainID(p), where(p))
	if id := events.PersonID(word); fault.KindOf(err) == fault.NotFound && (id.Valid() || strings.Contains(word, ":")) {
		p, who, err = client.Person{ID: id}, word+", who is not in the directory,", nil // who never joined, or is erased already
	} else if err == nil && by == "person" && sure {
		as = s.viewing(p)
	}
	switch {
	case err != nil:
		return err
	case !sure:
		return usagef("%s would be erased, and nobody can take that back: say so with --yes", who)
	}
	e, err := as.Erase(ctx, p.ID, by)
	if err != nil {
		return err
	}
	p.ID = e.Person
	if e, err = s.awaitErased(ctx, as, e); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(e)
	}
	s.printf("%s is erased: what opens their facts was destroyed on %s.\n", called(p), s.date(*e.DestroyedAt))
	s.printf("It is final on %s, when the last backup that may hold their key expires.\n", s.date(*e.FinalAt))
	s.printf("Others' networks name them %s, which leads to nobody. Keep it, for the proof asks for it:\n", e.Person)
	lookFor := cmp.Or(p.Name, word)
	if lookFor == string(e.Person) {
		lookFor = "WORD" // their pseudonym stays, and would be found
	}
	s.printf("  kith audit erasure-proof %s --as auditor:NAME --look-for %s\n", e.Person, quote(lookFor))
	return nil
}

// An erasure takes moments, unless its file cannot be written.
const (
	pollErasure     = 50 * time.Millisecond
	erasurePatience = time.Minute
)

func (s *shell) awaitErased(ctx context.Context, as *client.Client, e client.Erasure) (client.Erasure, error) {
	for began := s.Now(); e.DestroyedAt == nil; {
		if s.Now().Sub(began) > erasurePatience {
			return e, fault.New(fault.Unavailable, "erasure-goes-on", "the erasure is asked for and goes on")
		}
		select {
		case <-ctx.Done():
			return e, ctx.Err()
		case <-time.After(pollErasure):
		}
		var err error
		if e, err = as.Erasure(ctx, e.Person); err != nil {
			return e, err
		}
	}
	return e, nil
}
