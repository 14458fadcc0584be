package notification

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// inboxRequest asks for a page of somebody's inbox.
type inboxRequest struct {
	viewer access.Viewer
	person events.PersonID
	state  string // open, snoozed, past; empty: all
	limit  int
	cursor events.FactID // the last nudge of the page before
	after  uint64
}

// InboxAnswer is a page of an inbox: open nudges first, the most severe before the others, then
// snoozed ones by when they come back, then past ones, the latest first.
type InboxAnswer struct {
	Person  events.PersonID `json:"person"`
	AsOf    uint64          `json:"asOf"` // the log sequence that the inbox includes
	Counts  Counts          `json:"counts"`
	Waiting int             `json:"waiting"`       // open gaps that nobody has been told of
	Out     bool            `json:"out,omitempty"` // the person takes no part: nothing is planned
	Nudges  []NudgeView     `json:"nudges"`
	Next    string          `json:"next,omitempty"` // the cursor of the next page
}

// Counts is how many nudges lie where.
type Counts struct {
	Open    int `json:"open"`
	Snoozed int `json:"snoozed"`
	Past    int `json:"past"`
}

// NudgeView is what the person sees of a nudge: why, and one action.
type NudgeView struct {
	ID           events.FactID        `json:"id"`
	State        readmodel.NudgeState `json:"state"`
	Gap          events.GapKind       `json:"gap"`
	Role         events.RoleName      `json:"role,omitempty"`
	Reason       events.GapReason     `json:"reason"`
	Severity     int                  `json:"severity"`
	Action       events.NudgeAction   `json:"action"`
	Channel      events.ChannelName   `json:"channel"`
	GapFact      events.FactID        `json:"gapFact"`
	PlannedAt    time.Time            `json:"plannedAt"`
	SnoozedUntil time.Time            `json:"snoozedUntil,omitzero"`
	EndedAt      time.Time            `json:"endedAt,omitzero"`
}

// inbox answers for the person whose inbox it is, and for nobody else.
func (s *Service) inbox(ctx context.Context, req inboxRequest) (InboxAnswer, error) {
	if err := s.policy.Read(ctx, req.viewer, access.Network(req.person)); err != nil {
		return InboxAnswer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if req.after > 0 {
		if err := s.settled.wait(ctx, req.after); err != nil {
			return InboxAnswer{}, err
		}
	}
	box, seq, err := s.read(ctx, req)
	if err != nil {
		return InboxAnswer{}, err
	}
	return page(box, seq, req)
}

// read reads an inbox. Who waits for what follows from a fact waits also until the gaps it opened
// are weighed.
func (s *Service) read(ctx context.Context, req inboxRequest) (*readmodel.Inbox, uint64, error) {
	for {
		box, seq, err := projection.Read[readmodel.Inbox](ctx, s.inboxes, readmodel.InboxKey(req.person))
		switch {
		case err != nil:
			return nil, 0, fault.Wrap(fault.Unavailable, "inboxes", "the inboxes cannot be read now; try again", err)
		case box == nil:
			return &readmodel.Inbox{Person: req.person}, 0, nil
		case req.after == 0 || box.WeighAt.IsZero():
			return box, seq, nil
		}
		select {
		case <-ctx.Done():
			return nil, 0, behind(ctx.Err())
		case <-time.After(poll):
		}
	}
}

func page(box *readmodel.Inbox, seq uint64, req inboxRequest) (InboxAnswer, error) {
	resp := InboxAnswer{Person: req.person, AsOf: seq, Out: box.Out, Waiting: waiting(box), Nudges: []NudgeView{}}
	all := slices.Clone(box.Nudges)
	slices.SortStableFunc(all, inOrder)
	for _, n := range all {
		resp.Counts.add(n.State)
	}
	all = slices.DeleteFunc(all, func(n readmodel.Nudge) bool { return req.state != "" && folder(n.State) != req.state })
	if req.cursor != "" {
		i := slices.IndexFunc(all, func(n readmodel.Nudge) bool { return n.ID == req.cursor })
		if i < 0 {
			return resp, fault.New(fault.Invalid, "cursor", "the list has changed; begin with its first page", fault.Field{Name: "cursor", Reason: "is not in the list any more"})
		}
		all = all[i+1:]
	}
	for _, n := range all[:min(len(all), req.limit)] {
		resp.Nudges = append(resp.Nudges, shown(n))
	}
	if len(all) > req.limit {
		resp.Next = string(all[req.limit-1].ID)
	}
	return resp, nil
}

func (c *Counts) add(s readmodel.NudgeState) {
	switch folder(s) {
	case "open":
		c.Open++
	case "snoozed":
		c.Snoozed++
	default:
		c.Past++
	}
}

// folder is where a nudge lies: open, snoozed or past.
func folder(s readmodel.NudgeState) string {
	if s.Live() {
		return string(s)
	}
	return "past"
}

var folders = []string{"open", "snoozed", "past"}

func inOrder(a, b readmodel.Nudge) int {
	in := folder(a.State)
	if c := cmp.Compare(slices.Index(folders, in), slices.Index(folders, folder(b.State))); c != 0 {
		return c
	}
	switch in {
	case "open":
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), b.Planned.Compare(a.Planned))
	case "snoozed":
		return a.Until.Compare(b.Until)
	}
	return b.Ended.Compare(a.Ended)
}

// waiting is how many open gaps have no live nudge.
func waiting(box *readmodel.Inbox) (n int) {
	for _, g := range box.Gaps {
		if box.Live(g.Kind, g.Role) == nil {
			n++
		}
	}
	return n
}

func shown(n readmodel.Nudge) NudgeView {
	return NudgeView{
		ID: n.ID, State: n.State, Gap: n.Gap, Role: n.Role, Reason: n.Reason, Severity: n.Severity, Action: n.Action, Channel: n.Channel,
		GapFact: n.GapFact, PlannedAt: n.Planned, SnoozedUntil: n.Until, EndedAt: n.Ended,
	}
}
