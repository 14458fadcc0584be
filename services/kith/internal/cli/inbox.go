package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
	"kith.internal/services/notification"
)

func (s *shell) inboxCommand() *cobra.Command {
	var q client.InboxQuery
	c := &cobra.Command{
		Use: "inbox PERSON", Short: "Show what a person was told about gaps in their network", Args: takes(1, "PERSON"), ValidArgsFunction: s.completePeople(1),
		Long:    "Show what a person was told about gaps in their network: at most one thing a week, each with\none action, called a nudge. NUDGE is the beginning of its id. Only the person sees their own inbox.",
		Example: "  kith inbox hr:42\n  kith inbox done hr:42 6b7c\n  kith inbox snooze hr:42 6b7c --for 14d",
	}
	c.Flags().StringVar(&q.State, "state", "", "only those that are open, snoozed or past")
	c.Flags().StringVar(&q.Cursor, "cursor", "", "where to go on, as the page before says")
	c.Flags().IntVar(&q.Limit, "limit", 20, "how many on a page")
	must(c.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{"open", "snoozed", "past"}, cobra.ShellCompDirectiveNoFileComp)))
	c.RunE = s.run(func(ctx context.Context, args []string) error { return s.inbox(ctx, args[0], q) })
	c.AddCommand(
		s.replyCommand("dismiss", "Say that a nudge is not wanted", func(n events.FactID, _ time.Time) events.Fact { return &events.NudgeDismissed{Nudge: n} }),
		s.replyCommand("done", "Say that what a nudge asks is done", func(n events.FactID, _ time.Time) events.Fact { return &events.NudgeDone{Nudge: n} }),
		s.snoozeCommand(),
	)
	return c
}

func (s *shell) inbox(ctx context.Context, whom string, q client.InboxQuery) error {
	p, err := s.whom(ctx, whom)
	if err != nil {
		return err
	}
	box, err := s.viewing(p).Inbox(ctx, p.ID, q)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(box)
	}
	s.showInbox(p, box)
	return nil
}

func (s *shell) showInbox(p client.Person, box client.Inbox) {
	if len(box.Nudges) == 0 {
		s.printf("Nothing here for %s.\n", called(p))
	}
	for _, n := range box.Nudges {
		s.showNudge(n)
	}
	switch {
	case box.Out:
		s.printf("\n%s\n", s.noPart(p))
	case box.Waiting > 0:
		s.printf("\n%s waiting: at most one is told a week. All of them: kith gaps %s\n", plural(box.Waiting, "more gap is", "more gaps are"), quote(s.idOf(p)))
	}
	if box.Next != "" {
		s.printf("There are more: kith inbox %s --cursor %s\n", quote(s.idOf(p)), box.Next)
	} else if box.Counts.Open > 0 {
		s.printf("Answer with: kith inbox done|snooze|dismiss %s ID\n", quote(s.idOf(p)))
	}
}

func (s *shell) showNudge(n notification.NudgeView) {
	s.printf("%s  %s.  (%s)\n", short(n.ID), gapWords(n.Gap, n.Role), s.state(n))
	if n.State.Live() {
		s.printf("      Why: %s.\n", strings.TrimSuffix(lower(reason(n.Reason)), ","))
		s.printf("      You could %s.\n", anybody(n.Action, n.Role))
	}
}

// shortest is how much of an id is shown: enough to tell one person's nudges apart.
const shortest = 6

func short(id events.FactID) string { return string(id[:min(len(id), shortest)]) }

func (s *shell) state(n notification.NudgeView) string {
	switch n.State {
	case readmodel.NudgeOpen:
		return "since " + s.date(n.PlannedAt)
	case readmodel.NudgeSnoozed:
		return "back on " + s.date(n.SnoozedUntil)
	}
	ended := map[readmodel.NudgeState]string{readmodel.NudgeActedOn: "the gap closed on", readmodel.NudgeIgnored: "nobody answered until"}
	return cmp.Or(ended[n.State], string(n.State)+" on") + " " + s.date(n.EndedAt)
}

func (s *shell) replyCommand(verb, about string, fact func(events.FactID, time.Time) events.Fact) *cobra.Command {
	return &cobra.Command{
		Use: verb + " PERSON NUDGE", Short: about, Args: takes(2, "PERSON", "NUDGE"), ValidArgsFunction: s.completePeople(1), Example: "  kith inbox " + verb + " hr:42 6b7c",
		RunE: s.run(func(ctx context.Context, args []string) error {
			return s.reply(ctx, args[0], args[1], func(n events.FactID) events.Fact { return fact(n, s.Now()) })
		}),
	}
}

func (s *shell) snoozeCommand() *cobra.Command {
	var span string
	c := &cobra.Command{Use: "snooze PERSON NUDGE", Short: "Ask for a nudge later", Args: takes(2, "PERSON", "NUDGE"), ValidArgsFunction: s.completePeople(1), Example: "  kith inbox snooze hr:42 6b7c --for 14d"}
	c.Flags().StringVar(&span, "for", "7d", "how long: days such as 14d, or hours such as 4h")
	c.RunE = s.run(func(ctx context.Context, args []string) error {
		d, err := length(span)
		if err != nil {
			return err
		}
		until := s.Now().Add(d).UTC().Truncate(time.Second)
		return s.reply(ctx, args[0], args[1], func(n events.FactID) events.Fact { return &events.NudgeSnoozed{Nudge: n, Until: until} })
	})
	return c
}

// length reads 14d or 4h.
func length(text string) (time.Duration, error) {
	var days int
	if n, err := fmt.Sscanf(text, "%dd", &days); err == nil && n == 1 && text == fmt.Sprintf("%dd", days) && days > 0 {
		return time.Duration(days) * 24 * time.Hour, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("%q is no length of time such as 14d or 4h", text)
}

// reply answers a nudge as the person, and shows the inbox that follows.
func (s *shell) reply(ctx context.Context, whom, which string, fact func(events.FactID) events.Fact) error {
	p, err := s.whom(ctx, whom)
	if err != nil {
		return err
	}
	as := s.viewing(p)
	nudge, err := findNudge(ctx, as, p.ID, which)
	if err != nil {
		return err
	}
	q := client.InboxQuery{Limit: 20}
	if nudge.State.Live() {
		recorded, err := s.send(ctx, as, p.ID, fact(nudge.ID), s.Now())
		if err != nil {
			return err
		}
		q.After = recorded.Seq
	} else {
		fmt.Fprintf(s.Stderr, "%s is over (%s): there is nothing left to answer.\n", short(nudge.ID), s.state(nudge))
	}
	box, err := as.Inbox(ctx, p.ID, q)
	if err != nil {
		return err
	}
	if s.output == "json" {
		return s.json(box)
	}
	s.showInbox(p, box)
	return nil
}

// findNudge finds the one nudge whose id begins with a few letters.
func findNudge(ctx context.Context, as *client.Client, person events.PersonID, prefix string) (notification.NudgeView, error) {
	var found []notification.NudgeView
	for q := (client.InboxQuery{Limit: 100}); ; {
		box, err := as.Inbox(ctx, person, q)
		if err != nil {
			return notification.NudgeView{}, err
		}
		for _, n := range box.Nudges {
			if strings.HasPrefix(string(n.ID), prefix) {
				found = append(found, n)
			}
		}
		if q.Cursor = box.Next; q.Cursor == "" {
			break
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return notification.NudgeView{}, usagef("there is no nudge %s in this inbox; kith inbox PERSON shows those that are", prefix)
	}
	return notification.NudgeView{}, usagef("several nudges begin with %q: give more of the id", prefix)
}
