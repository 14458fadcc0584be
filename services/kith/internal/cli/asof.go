package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/kith/internal/client"
)

// asOfDocument is the JSON of kith audit as-of.
type asOfDocument struct {
	client.AsOf
	Names names `json:"names"`
}

const asOfLong = `Show what a person saw at a time, or would have seen: their network, what was missing in it,
and the acts behind it.

--at is the time of which it is true: by the acts that had happened then, and the rules in force
then. --known-at is the time at which it was known: what was recorded later is left out. Without
it all counts that is known now: an act that was recorded late changes what is said of its time,
and never what was known then.

With --organization it is what was published of the last week before that time. Of a time before
the first published week, the people of that one are counted, by what was known when it was:
nothing recorded since changes a number, so that none can be subtracted from another.

A TIME is a day, of which it is the end in your time zone, or a moment such as
2026-03-31T18:00:00Z. --known-at also takes a sequence of the log.`

// asOfFlags are of what times kith audit as-of asks.
type asOfFlags struct {
	at, knownAt  string
	as           auditor
	organization bool
	by           string
}

func (s *shell) asOfCommand() *cobra.Command {
	var f asOfFlags
	c := &cobra.Command{
		Use: "as-of PERSON --at TIME", Short: "Show what a person saw at a time, by what was known at another", Long: asOfLong,
		Args: takes(0, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Example: "  kith audit as-of hr:42 --at 2026-03-31\n  kith audit as-of --organization --at 2026-03-31 --by department\n  kith audit as-of hr:42 --at 2026-03-31 --known-at 2026-04-15\n  kith audit as-of hr:42 --at 2026-03-31 --as auditor:dana",
	}
	c.Flags().StringVar(&f.at, "at", "", "show what was true at this `TIME`")
	c.Flags().StringVar(&f.knownAt, "known-at", "", "by what was known at this `TIME`, or up to this sequence of the log (default: now)")
	c.Flags().BoolVar(&f.organization, "organization", false, "show how the whole organization was covered, about nobody")
	c.Flags().StringVar(&f.by, "by", "", "with --organization: department, level, tenure or group, beside everybody")
	asFlag(c, &f.as, "PERSON, or as the operator")
	must(c.MarkFlagRequired("at"))
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		switch {
		case f.organization && len(args) > 0, !f.organization && len(args) == 0:
			return usagef("say of whom: PERSON or --organization")
		case f.by != "" && !f.organization:
			return usagef("--by goes with --organization")
		case f.organization:
			return s.organizationAsOf(ctx, f)
		}
		return s.asOf(ctx, args[0], f)
	})
	return c
}

func (s *shell) asOf(ctx context.Context, word string, f asOfFlags) error {
	at, knownAt, err := s.moments(f)
	if err != nil {
		return err
	}
	p, err := s.whom(ctx, word)
	if err != nil {
		return err
	}
	as := s.reading(p, f.as, "audit")
	a, err := as.AsOf(ctx, p.ID, at, knownAt)
	if err != nil {
		return err
	}
	if err := s.lookUp(ctx, as, peopleIn(a.Seen.Network)...); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(asOfDocument{a, s.names})
	}
	then := *s
	then.Now = func() time.Time { return a.At }
	then.showAsOf(p, a)
	return nil
}

// moments are the times that are asked for.
func (s *shell) moments(f asOfFlags) (at, knownAt string, err error) {
	if at, err = s.moment("at", f.at); err != nil {
		return at, f.knownAt, err
	}
	if _, err := strconv.ParseUint(f.knownAt, 10, 64); err == nil || f.knownAt == "" {
		return at, f.knownAt, nil
	}
	knownAt, err = s.moment("known-at", f.knownAt)
	return at, knownAt, err
}

// moment reads a time as RFC 3339, or a day, of which it is the end: but of today the present.
func (s *shell) moment(flag, text string) (string, error) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at.UTC().Format(time.RFC3339Nano), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, s.Zone)
	if err != nil {
		return "", usagef("--%s is a day such as 2026-03-31, or a moment such as 2026-03-31T18:00:00Z, not %q", flag, text)
	}
	end := day.AddDate(0, 0, 1).Add(-time.Second)
	if now := s.Now(); end.After(now) && !day.After(now) {
		end = now
	}
	return end.UTC().Format(time.RFC3339Nano), nil
}

// showAsOf shows it as it was shown then: the shell's clock stands at that time.
func (s *shell) showAsOf(p client.Person, a client.AsOf) {
	n := a.Seen.Network
	s.printf("%s's network as of %s, by what the log holds up to %d\n", called(p), s.clock(a.At), a.Known)
	s.printf("%s\n\n", s.standing(n))
	for _, r := range n.Roles {
		s.showRole(r)
	}
	s.printf("\n")
	s.showBasis(n)
	s.showGiven(n)
	s.showGapsThen(a.Seen.Gaps)
	s.showTiesThen(p, a)
	s.showSources(a)
}

func (s *shell) showGapsThen(g client.Gaps) {
	if len(g.Gaps) == 0 {
		s.printf("\nNothing was missing.\n")
		return
	}
	s.printf("\nWhat was missing:\n")
	var rows [][]string
	for _, gap := range g.Gaps {
		rows = append(rows, []string{gapWords(gap.Gap, gap.Role), strconv.Itoa(gap.Severity) + " of 100", reason(gap.Reason) + " since " + s.date(gap.Since)})
	}
	s.table("    ", nil, rows)
}

// showTiesThen shows the evidence behind each role that was played.
func (s *shell) showTiesThen(p client.Person, a client.AsOf) {
	for _, t := range a.Seen.Ties {
		for _, r := range t.Roles {
			if r.Since.IsZero() || !playedThen(a.Seen.Network, t, r) {
				continue
			}
			s.printf("\n%s as %s's %s, score %s:\n", s.names[t.Supporter], called(p), lower(title(r.Role)), number(r.Score))
			s.showEvidence(r, "WEIGHED THEN")
		}
	}
}

// playedThen reports whether a role of a tie stood in the network and counted.
func playedThen(n client.Network, t gaps.TieAnswer, r gaps.TieRoleView) bool {
	for _, role := range n.Roles {
		for _, v := range role.Supporters {
			if role.Role == r.Role && v.Supporter == t.Supporter {
				return v.Counts
			}
		}
	}
	return false
}

// showSources says what the answer rests on, and what of it was not known then.
func (s *shell) showSources(a client.AsOf) {
	late := 0
	for _, one := range a.Sources {
		if one.Recorded.After(a.At) {
			late++
		}
	}
	s.printf("\nMade of %s in the log", plural(a.Facts, "fact", "facts"))
	if late > 0 {
		s.printf("; of %s of support, %s recorded only after that time", plural(len(a.Sources), "act", "acts"), were(late))
	}
	s.printf(".\n")
	if len(a.Rulesets) > 0 {
		s.printf("Rules in force: version %s.\n", a.Rulesets[len(a.Rulesets)-1])
	}
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return strconv.Itoa(n) + " were"
}
