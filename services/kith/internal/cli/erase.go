package cli

import (
	"context"
	"slices"
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
erased. Somebody who is erased already is told by their pseudonym.`

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
	p := client.Person{ID: events.PersonID(word)}
	if _, err := s.api.As(self).Erasure(ctx, p.ID); !p.ID.Valid() || err != nil {
		if p, err = s.whom(ctx, word); err != nil {
			return err
		}
	}
	if !sure {
		return usagef("%s, %s, %s, would be erased, and nobody can take that back: say so with --yes", called(p), mainID(p), where(p))
	}
	as := s.api.As(self)
	if by == "person" {
		as = s.viewing(p)
	}
	e, err := as.Erase(ctx, p.ID, by)
	if err != nil {
		return err
	}
	if e, err = s.awaitErased(ctx, as, e); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(e)
	}
	s.printf("%s is erased: what opens their facts was destroyed on %s.\n", called(p), s.date(*e.DestroyedAt))
	s.printf("It is final on %s, when the last backup that may hold their key expires.\n", s.date(*e.FinalAt))
	s.printf("Others' networks name them %s, which leads to nobody. Keep it, for the proof asks for it:\n", e.Person)
	s.printf("  kith audit erasure-proof %s --as auditor:NAME --look-for %s\n", e.Person, quote(called(p)))
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
