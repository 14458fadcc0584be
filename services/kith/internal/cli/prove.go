package cli

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/libs/translog"
	"kith.internal/services/kith/internal/client"
)

const proveLong = `Prove that a fact is in the log, unchanged since it was sealed, or that the log has only grown
since an earlier checkpoint. EVENT is a fact's id, or a sequence of the log; CHECKPOINT is the
size of an earlier checkpoint, or a file of checkpoints, of which the last one counts.

People have facts about themselves proven to them; an auditor asks with --as auditor:NAME, and
the person sees that they did. What is printed nobody has to believe: with -o json it is a
proof that kith-proof verifies with the public keys and nothing else.`

func (s *shell) proveCommand() *cobra.Command {
	var event, since string
	var as auditor
	c := &cobra.Command{
		Use: "prove [PERSON]", Short: "Prove that a fact is in the log, and that the log only grew", Long: proveLong,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: s.completePeople(1),
		Example: "  kith audit prove hr:42 --event EVENT -o json > proof.json\n  kith audit prove --event EVENT --as auditor:dana\n  kith audit prove --since kept.txt",
	}
	c.Flags().StringVar(&event, "event", "", "the id of a fact, or a sequence of the log")
	c.Flags().StringVar(&since, "since", "", "the size of an earlier `checkpoint`, or a file that holds it")
	asFlag(c, &as, "PERSON, or as the operator")
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		if event == "" && since == "" {
			return usagef("say what is to be proven: --event, --since or both")
		}
		size, err := sizeOf(since)
		if err != nil {
			return err
		}
		api, err := s.prover(ctx, args, as)
		if err != nil {
			return err
		}
		b, err := api.Prove(ctx, event, size)
		if err != nil {
			return err
		}
		return s.showProof(b)
	})
	return c
}

// prover is as whom a proof is asked for: an auditor, the person, or whoever operates the server.
func (s *shell) prover(ctx context.Context, args []string, as auditor) (*client.Client, error) {
	switch {
	case as != "":
		return s.api.As(string(as)).For("audit"), nil
	case len(args) == 0:
		return s.api.As(operator), nil
	}
	p, err := s.whom(ctx, args[0])
	return s.viewing(p), err
}

// sizeOf is the size that is meant by a checkpoint.
func sizeOf(word string) (uint64, error) {
	if word == "" {
		return 0, nil
	}
	if size, err := strconv.ParseUint(word, 10, 63); err == nil {
		return size, nil
	}
	text, err := os.ReadFile(word)
	if err != nil {
		return 0, usagef("--since is the size of a checkpoint, or a file that holds one: %v", rootCause(err))
	}
	notes := translog.Notes(text)
	if len(notes) == 0 {
		return 0, usagef("%s holds no checkpoint", word)
	}
	line := strings.Split(string(notes[len(notes)-1]), "\n")[1]
	size, err := strconv.ParseUint(line, 10, 63)
	if err != nil {
		return 0, usagef("%s holds no checkpoint", word)
	}
	return size, nil
}

func (s *shell) showProof(b translog.Bundle) error {
	if s.output == "json" {
		return s.json(b)
	}
	size := strings.Split(b.Checkpoint, "\n")[1]
	if e := b.Entry; e != nil {
		s.printf("%d %s, recorded %s, is in the log of %s messages.\n", e.Seq, e.Subject, e.Recorded.Format(time.RFC3339Nano), size)
	}
	if b.Since != "" {
		s.printf("The log of %s messages goes on where that of %s ended.\n", size, strings.Split(b.Since, "\n")[1])
	}
	s.printf("Nobody has to believe this: with -o json it is a proof that kith-proof verifies.\n")
	return nil
}
