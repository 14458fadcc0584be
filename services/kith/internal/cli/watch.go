package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
)

const watchLong = `Show a person's network, gaps and inbox change, as it happens: a line for all that comes (+)
and all that goes (-). Only the person sees it. It goes on where it was when the server comes
back. With -o json each line is one document: what the API answers, under "network", "gaps" or
"inbox".`

func (s *shell) watchCommand() *cobra.Command {
	var changes int
	c := &cobra.Command{
		Use: "watch PERSON", Short: "Show what changes for a person, as it happens", Args: takes(1, "PERSON"),
		Long: watchLong, ValidArgsFunction: s.completePeople(1), Example: "  kith watch hr:42\n  kith watch hr:42 --changes 1",
		RunE: s.run(func(ctx context.Context, args []string) error { return s.watch(ctx, args[0], changes) }),
	}
	c.Flags().IntVar(&changes, "changes", 0, "end after this many changes; 0 never")
	return c
}

func (s *shell) watch(ctx context.Context, whom string, changes int) error {
	p, err := s.whom(ctx, whom)
	if err != nil {
		return err
	}
	as := s.viewing(p)
	w := &watching{shell: s, as: as, known: map[string][]string{}}
	err = as.Follow(ctx, p.ID, func(c client.Change) error {
		if err := w.show(ctx, c); err != nil {
			return err
		}
		if changes > 0 && w.changes >= changes {
			return client.ErrEnough
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to stop
	}
	return err
}

// watching is what has been shown so far.
type watching struct {
	*shell
	as      *client.Client
	known   map[string][]string // lines by what they are about
	changes int
}

func (w *watching) show(ctx context.Context, c client.Change) error {
	about, lines, document, err := w.said(ctx, c)
	if err != nil || about == "" {
		return err // without one it is an event of a newer server
	}
	before, again := w.known[about]
	w.known[about] = lines
	if again && (w.output == "json" || !slices.Equal(before, lines)) {
		w.changes++
	}
	if w.output == "json" {
		return json.NewEncoder(w.Stdout).Encode(map[string]any{about: document})
	}
	w.differ(before, lines, again)
	return nil
}

// said is what a change is about, what it says in lines, and all that it says.
func (w *watching) said(ctx context.Context, c client.Change) (about string, lines []string, document any, err error) {
	switch {
	case c.Network != nil:
		err = w.lookUp(ctx, w.as, peopleIn(*c.Network)...)
		return "network", w.supporters(*c.Network), c.Network, err
	case c.Gaps != nil:
		for _, g := range c.Gaps.Gaps {
			lines = append(lines, "missing: "+gapWords(g.Gap, g.Role))
		}
		return "gaps", lines, c.Gaps, nil
	case c.Inbox != nil:
		for _, n := range c.Inbox.Nudges {
			if n.State.Live() {
				lines = append(lines, fmt.Sprintf("told: %s (%s, %s)", gapWords(n.Gap, n.Role), short(n.ID), n.State))
			}
		}
		return "inbox", lines, c.Inbox, nil
	}
	return "", nil, nil, nil
}

// supporters says who plays which role.
func (w *watching) supporters(n client.Network) (lines []string) {
	for _, r := range n.Roles {
		for _, v := range r.Supporters {
			if v.Status != readmodel.RoleLapsed {
				lines = append(lines, fmt.Sprintf("%s: %s (%s)", lower(title(r.Role)), w.names[v.Supporter], v.Status))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// differ prints what came and what went; at first all there is.
func (w *watching) differ(before, now []string, again bool) {
	mark := "  "
	if again {
		mark = w.Now().In(w.Zone).Format("15:04:05") + "  "
	}
	for _, line := range before {
		if !slices.Contains(now, line) {
			w.printf("%s- %s\n", mark, line)
		}
	}
	for _, line := range now {
		if !slices.Contains(before, line) {
			w.printf("%s+ %s\n", mark, line)
		}
	}
}
