package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/kith/internal/client"
)

const erasureProofLong = `Show that nothing brings an erased person back: the keyring is tried on whatever was sealed for
them, and every message of every stream is read, as the server has it, for ids that lead to them
and for the words that are given with --look-for: names, mail addresses, ids. The words are kept
nowhere. It says when the last backup that may still hold the key expires.

PSEUDONYM is what kith erase has said: nothing else leads to them any more. What comes back is
named, and the command exits with 3.`

func (s *shell) erasureProofCommand() *cobra.Command {
	var as auditor
	var words []string
	c := &cobra.Command{
		Use: "erasure-proof PSEUDONYM --as auditor:NAME", Short: "Show that nothing brings an erased person back", Long: erasureProofLong, Args: takes(1, "PSEUDONYM"),
		Example:           "  kith audit erasure-proof p234567abcdefghij --as auditor:council --look-for 'Ann Miller' --look-for ann@example.org",
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	asFlag(c, &as, "PERSON")
	c.Flags().StringArrayVar(&words, "look-for", nil, "a word of three letters or more that nobody may find any more")
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		p := client.Person{ID: events.PersonID(args[0])}
		if !p.ID.Valid() {
			return usagef("%q is no pseudonym: nothing else leads to somebody who was erased", args[0])
		}
		proof, err := s.reading(p, as, "audit").ErasureProof(ctx, p.ID, words)
		if err != nil {
			return err
		}
		return s.showErasureProof(proof)
	})
	return c
}

// back is an erased person of whom something came back.
type back struct{ found int }

func (e *back) Error() string { return fmt.Sprintf("%d traces were found", e.found) }

func (s *shell) showErasureProof(p client.ErasureProof) error {
	if s.output == "json" {
		if err := s.json(p); err != nil {
			return err
		}
	} else {
		s.tellErasure(p)
	}
	if len(p.Found) > 0 {
		return &back{len(p.Found)}
	}
	return nil
}

func (s *shell) tellErasure(p client.ErasureProof) {
	messages := 0
	for _, one := range p.Streams {
		messages += one.Messages
	}
	s.printf("The key of %s was destroyed on %s.\n", p.Person, s.date(p.DestroyedAt))
	s.printf("Tried: to open %s in %s that name them; to find their lookups, and %s, in %s of %s.\n", plural(p.Sealed, "secret", "secrets"),
		plural(p.Facts, "fact", "facts"), plural(p.LookedFor, "word", "words"), plural(messages, "message", "messages"), plural(len(p.Streams), "stream", "streams"))
	for _, f := range p.Found {
		s.printf("  FOUND: %s, in %s at %d\n", map[string]string{"opens": "a secret that opens", "lookup": "an id that leads to them", "word": "a word"}[f.What], f.Stream, f.Seq)
	}
	switch {
	case len(p.Found) > 0:
		s.printf("This person is not erased.\n")
	case p.Final:
		s.printf("Nothing came back, and no backup of the keyring holds their key: this is final since %s.\n", s.date(p.FinalAt))
	default:
		s.printf("Nothing came back. It is final on %s, when the last backup of the keyring that may hold their key expires.\n", s.date(p.FinalAt))
	}
}
