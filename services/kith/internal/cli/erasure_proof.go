package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

const erasureProofLong = `Show that nothing brings an erased person back. The keyring is tried on whatever was sealed for
them. The whole log is replayed by the rules, and everybody's networks are held against what
comes out of it, and the log against every checkpoint that it was sealed with, before the
erasure too. Documents, parked facts and every message of every stream are read, as the server
has them, for what shows them, for ids that lead to them, and for the words that are given with
--look-for: names, mail addresses, ids. The words are kept nowhere.

PSEUDONYM is what kith erase has said: nothing else leads to them any more. What was checked is
told with its figures, and what was not checked with why. Where something fails it is named, and
the command exits with 3. Interrupt it at will: the next one goes on with the replay from there.`

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
		bar := s.newRebuildBar("the proof")
		proof, err := s.reading(p, as, "audit").ErasureProof(ctx, p.ID, words, func(p client.Progress) {
			bar.at(p.Step, p.Done, max(p.Done, p.Of), "")
		})
		bar.end()
		if err != nil {
			return err
		}
		return s.showErasureProof(proof)
	})
	return c
}

// unproven is an erasure of which something that was checked does not hold.
type unproven struct{ found int }

func (e *unproven) Error() string { return fmt.Sprintf("%d traces were found", e.found) }

func (s *shell) showErasureProof(p client.ErasureProof) error {
	if s.output == "json" {
		if err := s.json(p); err != nil {
			return err
		}
	} else {
		s.tellErasure(p)
	}
	if len(p.Found) > 0 {
		return &unproven{len(p.Found)}
	}
	return nil
}

func (s *shell) tellErasure(p client.ErasureProof) {
	s.printf("The key of %s was destroyed on %s.\n\nChecked:\n", p.Person, s.date(p.DestroyedAt))
	s.table("  ", nil, erasureChecks(p))
	for _, f := range p.Found {
		s.printf("  FOUND: %s\n", findingWords(f))
	}
	s.printf("Not checked:\n")
	for _, not := range p.NotChecked {
		s.printf("  - %s\n", not)
	}
	switch {
	case len(p.Found) > 0:
		s.printf("\nThis is no proof: %s.\n", plural(len(p.Found), "thing does not hold", "things do not hold"))
	case p.Final:
		s.printf("\nNothing came back, and no backup of the keyring holds their key: this is final since %s.\n", s.date(p.FinalAt))
	default:
		s.printf("\nNothing came back. It is final on %s, when the last backup of the keyring that may hold their key expires.\n", s.date(p.FinalAt))
	}
}

// erasureChecks are what was checked, with figures, and how each came out.
func erasureChecks(p client.ErasureProof) (rows [][]string) {
	check := func(kind audit.FindingKind, done bool, format string, figures ...any) {
		result := "ok"
		if !done {
			result = "not checked"
		}
		if slices.ContainsFunc(p.Found, func(f audit.Finding) bool { return f.What == kind }) {
			result = "FAILED"
		}
		rows = append(rows, []string{result, fmt.Sprintf(format, figures...)})
	}
	messages, facts, documents := 0, 0, 0
	for _, one := range p.Streams {
		messages += one.Messages
	}
	for _, f := range p.Replay.Services {
		facts, documents = facts+f.Facts, documents+f.Documents
	}
	check(audit.SecretOpens, true, "what was sealed for them does not open: %s, in %s that name them", plural(p.Sealed, "secret", "secrets"), plural(p.Facts, "fact", "facts"))
	check(audit.ReplayDiffers, true, "everybody's networks follow from the log, replayed since: %s, %s", plural(facts, "derived fact", "derived facts"), plural(documents, "document", "documents"))
	check(audit.SealBroken, p.Checkpoints.Checkpoints > 0, "the log is what was sealed: %s, %d from before the erasure", plural(p.Checkpoints.Checkpoints, "checkpoint", "checkpoints"), p.Checkpoints.Before)
	check(audit.DocumentLeft, true, "no document shows them: %s, of which %d say that they are erased", plural(p.Documents.All, "document", "documents"), p.Documents.Theirs)
	check(audit.MarkTells, true, "what is parked is named by its place alone, and a retry opens nothing: %s, %d about them", plural(p.Parked.All, "parked fact", "parked facts"), p.Parked.Theirs)
	check(audit.LookupLeft, true, "no id leads to them: %s of %s", plural(messages, "message", "messages"), plural(len(p.Streams), "stream", "streams"))
	check(audit.WordStands, p.LookedFor > 0, "no message holds what was looked for: %s", plural(p.LookedFor, "word", "words"))
	return rows
}

// findingWords says what does not hold, and where.
func findingWords(f audit.Finding) string {
	what := map[audit.FindingKind]string{
		audit.SecretOpens: "a secret that opens", audit.LookupLeft: "an id that leads to them", audit.WordStands: "a word", audit.DocumentLeft: "a document about them",
		audit.MarkTells: "a mark that says more than which fact is parked", audit.ReplayDiffers: "what does not follow from the log", audit.SealBroken: "the log was changed",
	}[f.What] + ", in " + f.Stream
	if f.Key != "" {
		what += ", " + f.Key
	}
	if f.Seq > 0 {
		what += fmt.Sprintf(" at %d", f.Seq)
	}
	if f.Reason != "" {
		what += " (" + f.Reason + ")"
	}
	return what
}
