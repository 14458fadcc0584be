package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/kith/internal/client"
)

const exportLong = `Write everything that is held on a person, as lines of JSON: each fact that names them, with what
is sealed for them in clear; what others said of them in confidence, as much as the law that the
organization goes by lets them know; and who looked at their data.

A person gets their own. An auditor whom they have asked gets it with --as auditor:NAME, and the
person sees that they did.`

func (s *shell) exportCommand() *cobra.Command {
	var as auditor
	c := &cobra.Command{
		Use: "export PERSON", Short: "Write everything that is held on a person", Long: exportLong, Args: takes(1, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Example: "  kith export hr:42 > hr-42.ndjson\n  kith export hr:42 --as auditor:works-council",
	}
	asFlag(c, &as, "PERSON")
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.export(ctx, args[0], as) })
	return c
}

func (s *shell) export(ctx context.Context, word string, as auditor) error {
	p, err := s.whom(ctx, word)
	if err != nil {
		return err
	}
	lines, err := s.reading(p, as, "access-request").Export(ctx, p.ID)
	if err != nil {
		return err
	}
	if s.output != "json" {
		_, err = s.Stdout.Write(lines)
		return err
	}
	var all []json.RawMessage
	for line := range bytes.Lines(lines) {
		all = append(all, line)
	}
	return s.json(map[string]any{"record": all, "names": s.names})
}

// pageOfViewers is how many looks are shown at once where nobody says.
const pageOfViewers = 50

// page is which part of a list is asked for.
type page struct {
	limit  int
	cursor string
}

func (s *shell) viewersCommand() *cobra.Command {
	var of page
	c := &cobra.Command{
		Use: "viewers PERSON", Short: "Show who looked at a person's data, and what for", Args: takes(1, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Long: "Show who looked at a person's data, and what for, the latest first. Whoever reads what belongs\n" +
			"to somebody else says what for, and leaves a trace before they see anything. Only the person\nsees it.",
		Example: "  kith viewers hr:42\n  kith viewers hr:42 --limit 100 --cursor CURSOR",
	}
	c.Flags().IntVar(&of.limit, "limit", pageOfViewers, "looks on a page, at most 1000")
	c.Flags().StringVar(&of.cursor, "cursor", "", "where to go on, as the page before says")
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.viewers(ctx, args[0], of) })
	return c
}

// viewersDocument is the JSON of kith viewers.
type viewersDocument struct {
	client.Viewers
	Names names `json:"names"`
}

func (s *shell) viewers(ctx context.Context, word string, of page) error {
	p, err := s.whom(ctx, word)
	if err != nil {
		return err
	}
	as := s.viewing(p)
	a, err := as.Viewers(ctx, p.ID, of.limit, of.cursor)
	if err != nil {
		return err
	}
	var people []events.PersonID
	for _, v := range a.Viewers {
		if id := events.PersonID(v.Viewer); id.Valid() {
			people = append(people, id)
		}
	}
	if err := s.lookUp(ctx, as, people...); err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(viewersDocument{a, s.names})
	}
	s.showViewers(p, a, of)
	return nil
}

func (s *shell) showViewers(p client.Person, a client.Viewers, of page) {
	if len(a.Viewers) == 0 && of.cursor == "" {
		s.printf("Nobody but %s has looked at their data.\n", called(p))
		return
	}
	var rows [][]string
	for _, v := range a.Viewers {
		who := cmp.Or(s.names[events.PersonID(v.Viewer)], v.Viewer)
		rows = append(rows, []string{s.clock(v.At), who, lookedFor[v.Purpose]})
	}
	s.table("", []string{"WHEN", "WHO", "WHAT FOR"}, rows)
	if a.Next == "" {
		return
	}
	limit := ""
	if of.limit != pageOfViewers {
		limit = " --limit " + strconv.Itoa(of.limit)
	}
	s.printf("\nThere are more: kith viewers %s%s --cursor %s\n", quote(s.idOf(p)), limit, a.Next)
}

// lookedFor says what somebody looked for.
var lookedFor = map[events.AccessPurpose]string{
	"own-network":    "their own network",
	"support-given":  "why the support they gave is what it is",
	"program":        "a program",
	"audit":          "an audit",
	"access-request": "a record that the person asked for",
	"operation":      "keeping this running",
}

const participationLong = `Say what a person's data may be used for. It takes effect at once, and for as long as they do not
say otherwise:

  own-network         their own network is watched for gaps, and they are told of them
  program             programs they joined
  org-aggregate       they are counted, in crowds, in what is published of everybody
  inclusion-analysis  they are counted by the group that they say they belong to
  integration         acts of theirs go to tools that were granted them`

func (s *shell) participationCommand() *cobra.Command {
	var in, out []string
	c := &cobra.Command{
		Use: "participation PERSON --out PURPOSE | --in PURPOSE", Short: "Say what a person's data may be used for", Long: participationLong,
		Args: takes(1, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Example: "  kith participation hr:42 --out org-aggregate\n  kith participation hr:42 --in own-network",
	}
	c.Flags().StringSliceVar(&out, "out", nil, "a purpose that the data must not be used for any more")
	c.Flags().StringSliceVar(&in, "in", nil, "a purpose that it may be used for again")
	for _, flag := range []string{"in", "out"} {
		must(c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(events.Purpose("").Codes(), cobra.ShellCompDirectiveNoFileComp)))
	}
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.participation(ctx, args[0], out, in) })
	return c
}

func (s *shell) participation(ctx context.Context, word string, out, in []string) error {
	if len(out)+len(in) == 0 {
		return usagef("say --out or --in with a purpose: %s", list(events.Purpose("").Codes()))
	}
	for _, purpose := range slices.Concat(out, in) {
		if !slices.Contains(events.Purpose("").Codes(), purpose) {
			return usagef("%q is none of %s", purpose, list(events.Purpose("").Codes()))
		}
	}
	for _, purpose := range in {
		if slices.Contains(out, purpose) {
			return usagef("%s is said to be in and out", purpose)
		}
	}
	p, err := s.whom(ctx, word)
	if err != nil {
		return err
	}
	before, err := s.seen(ctx, p, 0)
	if err != nil {
		return err
	}
	var last client.Recorded
	var fact events.Fact
	for _, one := range []struct {
		said     events.InOut
		purposes []string
	}{{"out", out}, {"in", in}} {
		for _, purpose := range one.purposes {
			fact = &events.ParticipationChanged{Purpose: events.Purpose(purpose), Participation: one.said}
			if last, err = s.send(ctx, s.viewing(p), p.ID, fact, s.Now()); err != nil {
				return err
			}
		}
	}
	if s.output != "json" {
		s.sayParticipation(p, out, in)
	}
	return s.showRecorded(ctx, fact, p, last, before)
}

// sayParticipation says what is so from now on.
func (s *shell) sayParticipation(p client.Person, out, in []string) {
	if len(out) > 0 {
		s.printf("%s is out of %s.\n", called(p), list(out))
	}
	if len(in) > 0 {
		s.printf("%s is in %s.\n", called(p), list(in))
	}
}

// noPart says why somebody is told of no gaps, and how they are again.
func (s *shell) noPart(p client.Person) string {
	return fmt.Sprintf("%s takes no part: nobody looks at what is missing. To take part again: kith participation %s --in own-network", called(p), quote(s.idOf(p)))
}

const contestLong = `Say that a role is not so. The other side's view stays beside it, and both are shown.

With --aside-until the role is set aside until that day: it is none, whatever acts show, and no
replay of the log brings it back before. A day that is past takes either back. kith explain shows
what was said.`

// contest is what the flags of kith contest say.
type contest struct{ by, reason, until, aside string }

func (s *shell) contestCommand() *cobra.Command {
	var said contest
	c := &cobra.Command{
		Use: "contest PERSON SUPPORTER ROLE", Short: "Say that somebody does not play a role, as it was recognized", Long: contestLong,
		Args: takes(3, "PERSON", "SUPPORTER", "ROLE"), ValidArgsFunction: s.completePeople(2),
		Example: "  kith contest hr:42 hr:7 sponsor --reason not-helpful\n  kith contest hr:42 hr:7 mentor --by supporter --aside-until 2027-01-01",
	}
	c.Flags().StringVar(&said.by, "by", "recipient", "who says so: recipient or supporter")
	c.Flags().StringVar(&said.reason, "reason", "", "why: "+list(events.ReasonClass("").Codes()))
	c.Flags().StringVar(&said.until, "until", "", "until when it is said, such as 2027-01-01 (default for good)")
	c.Flags().StringVar(&said.aside, "aside-until", "", "set the role aside until then, such as 2027-01-01")
	c.MarkFlagsMutuallyExclusive("until", "aside-until")
	must(c.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(events.ConfirmingSide("").Codes(), cobra.ShellCompDirectiveNoFileComp)))
	must(c.RegisterFlagCompletionFunc("reason", cobra.FixedCompletions(events.ReasonClass("").Codes(), cobra.ShellCompDirectiveNoFileComp)))
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		r := recording{recipient: args[0], supporter: args[1], by: said.by}
		name, fields := said.fact(args[2])
		r.fields = fields
		return s.record(ctx, name, r)
	})
	return c
}

// fact is what is recorded of it.
func (c contest) fact(role string) (name string, fields []string) {
	name, until := "RoleContested", c.until
	if c.aside != "" {
		name, until = "RoleOverridden", c.aside
	}
	fields = []string{"role=" + role, "by=" + c.by}
	for field, value := range map[string]string{"reasonClass": c.reason, "until": until} {
		if value != "" {
			fields = append(fields, field+"="+value)
		}
	}
	return name, fields
}
