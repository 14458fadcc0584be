package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

const verifyLong = `Fold the log anew by the rules of the services that derive from it, and hold every fact that
they have stated, and every document that is read, against what follows. What is missing,
forged, altered or damaged is named with its place in the log; the first one is the one to
look at. With --all the log is held against its checkpoints, too: then the message that was
changed is named.

What was verified before is not read again, and what was found then is not forgotten; with
--all everything is verified anew. The server verifies what is new once a day without being
asked. Ctrl-C cancels what you have ordered; the next one goes on from there.`

// diverged is a verification that was not clean.
type diverged struct{ state audit.VerificationState }

func (e *diverged) Error() string { return "the verification is " + string(e.state) }

func (s *shell) verifyCommand() *cobra.Command {
	var all, status bool
	var as auditor
	c := &cobra.Command{
		Use: "verify", Short: "Hold what was stated and what is shown against the log", Long: verifyLong, Args: cobra.NoArgs,
		Example: "  kith audit verify\n  kith audit verify --all\n  kith audit verify --status",
	}
	c.Flags().BoolVar(&all, "all", false, "from the first fact on")
	c.Flags().BoolVar(&status, "status", false, "only show the one that goes on, or the last one")
	asFlag(c, &as, "the operator")
	c.RunE = s.run(func(ctx context.Context, _ []string) error {
		api := s.operating(as)
		if status {
			v, err := api.Verification(ctx)
			if err != nil {
				return err
			}
			return s.showVerification(v)
		}
		return s.verify(ctx, api, all)
	})
	return c
}

func (s *shell) verify(ctx context.Context, api *client.Client, all bool) error {
	v, err := api.Verify(ctx, all)
	mine := err == nil
	if fault.KindOf(err) == fault.Conflict && !all {
		v, err = api.Verification(ctx) // somebody else has ordered the same
	}
	if err == nil {
		v, err = s.awaitVerified(ctx, api, v, mine)
	}
	if err != nil {
		return err
	}
	if err := s.showVerification(v); err != nil {
		return err
	}
	switch v.State {
	case audit.Clean:
		return nil
	case audit.Failed:
		return fault.New(fault.Internal, "verification-failed", "the verification failed: "+v.Error)
	case audit.Cancelled:
		return fault.New(fault.Conflict, "verification-cancelled", "somebody has cancelled the verification")
	}
	return &diverged{v.State}
}

// awaitVerified waits for the end of a verification, or cancels it, if nobody else has ordered it.
func (s *shell) awaitVerified(ctx context.Context, api *client.Client, v client.Verification, mine bool) (client.Verification, error) {
	bar := s.newRebuildBar("the log")
	defer bar.end()
	for answered := s.Now(); v.Ended.IsZero(); {
		select {
		case <-ctx.Done():
			if mine {
				s.cancelVerification(context.WithoutCancel(ctx), api)
			}
			return v, ctx.Err()
		case <-time.After(pollRebuild):
		}
		now, err := api.Verification(ctx)
		switch {
		case err == nil && now.ID != v.ID:
			return v, fault.New(fault.Conflict, "verification-cancelled", "somebody has cancelled the verification, and ordered another one")
		case err == nil:
			v, answered = now, s.Now()
			bar.show(client.Rebuild{State: derive.Running, Phase: "verifying", Facts: v.Facts, Total: v.Total, Rate: v.Rate})
		case ctx.Err() == nil && s.Now().Sub(answered) > pollPatience:
			return v, err
		}
	}
	return v, nil
}

func (s *shell) cancelVerification(ctx context.Context, api *client.Client) {
	if _, err := api.CancelVerification(ctx); err == nil {
		fmt.Fprintln(s.Stderr, "The verification is cancelled; the next one goes on from there.")
	}
}

func (s *shell) showVerification(v client.Verification) error {
	if s.output == "json" {
		return s.json(v)
	}
	s.printf("%s\n", verificationWords(v))
	var rows [][]string
	for _, f := range v.Services {
		rows = append(rows, []string{f.Service, fmt.Sprint(f.Facts), fmt.Sprint(f.Documents), fmt.Sprint(f.Divergences), fmt.Sprint(f.Others), fmt.Sprint(f.Changing)})
	}
	if rows != nil {
		s.table("  ", []string{"SERVICE", "FACTS", "DOCUMENTS", "DIVERGENCES", "OTHER RULES", "CHANGING"}, rows)
	}
	for _, f := range v.Services {
		if len(f.Gone) > 0 {
			s.printf("Not comparable since an erasure, of %s: %s, counted with somebody who was erased since. The first is %s.\n", f.Service,
				plural(f.Erased, "fact or document", "facts and documents"), goneWords(f.Gone[0]))
		}
	}
	if d, ok := firstOf(v); ok {
		s.printf("The first divergence: %s\n", divergenceWords(d))
	}
	if !v.LastOK.IsZero() && v.State != audit.Clean {
		s.printf("All was last clean on %s.\n", s.clock(v.LastOK))
	}
	return nil
}

// firstOf is the message that was changed since the log was sealed, where one was; otherwise the divergence that
// stands, or follows from what stands, first in the log.
func firstOf(v client.Verification) (first derive.Divergence, ok bool) {
	if v.Sealed != nil {
		return *v.Sealed, true
	}
	for _, f := range v.Services {
		for _, d := range f.First {
			if !ok || d.Before(first) {
				first, ok = d, true
			}
		}
	}
	return first, ok
}

// verificationWords says how a verification stands.
func verificationWords(v client.Verification) string {
	took := v.Ended.Sub(v.Started).Round(100 * time.Millisecond)
	switch v.State {
	case audit.Verifying:
		return fmt.Sprintf("verifying, %d of %d facts (%d a second)", v.Facts, v.Total, v.Rate)
	case audit.Clean:
		return fmt.Sprintf("clean: all that was derived from %d facts is what it should be (%s)", v.Facts, took)
	case audit.NotCompared:
		return fmt.Sprintf("nothing is known to be wrong, but not all could be compared (%s)", took)
	case audit.Divergent:
		return fmt.Sprintf("NOT CLEAN: the log of %d facts, or what is shown of it, is not what it should be (%s)", v.Facts, took)
	case audit.Cancelled:
		return fmt.Sprintf("cancelled at %d of %d facts", v.Facts, v.Total)
	}
	return "failed: " + v.Error
}

// goneWords names what cannot be compared.
func goneWords(d derive.Divergence) string {
	if d.Key != "" {
		return "the document " + d.Key
	}
	return fmt.Sprintf("%s at %d", d.Fact, d.Seq)
}

// divergenceWords says what is wrong, and where.
func divergenceWords(d derive.Divergence) string {
	var b strings.Builder
	switch d.What {
	case derive.HoleFound:
		fmt.Fprintf(&b, "the log has nothing at the sequences from %d to %d", d.Seq, d.To)
	case derive.NotSealed:
		b.WriteString(d.Reason)
	case derive.OddDocument:
		fmt.Fprintf(&b, "the document %s of %s is not what follows from the log up to %d", d.Key, d.Service, d.Seq)
	case derive.Missing:
		fmt.Fprintf(&b, "%s should have stated %s %s after the fact at %d", d.Service, d.Fact, d.ID, d.Cause)
	case derive.Unexpected:
		fmt.Fprintf(&b, "%s %s at %d, in the name of %s, does not follow from the log", d.Fact, d.ID, d.Seq, d.Service)
	case derive.Differing:
		fmt.Fprintf(&b, "%s %s at %d, which follows from the fact at %d, is not what %s makes of it", d.Fact, d.ID, d.Seq, d.Cause, d.Service)
	default:
		fmt.Fprintf(&b, "the fact %s at %d cannot be read by %s (%s)", d.ID, d.Seq, d.Service, d.Reason)
	}
	if len(d.Fields) > 0 {
		fmt.Fprintf(&b, "; what differs: %s", strings.Join(d.Fields, ", "))
	}
	return b.String()
}
