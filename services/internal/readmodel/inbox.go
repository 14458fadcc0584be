package readmodel

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
)

// Inboxes is the bucket of notification.
const Inboxes = "kith_inbox"

// InboxKey is where the inbox of a person stands in Inboxes.
func InboxKey(person events.PersonID) string { return "inbox." + string(person) }

// Inbox is what one person was told of the gaps in their network, and what they answered. It
// holds codes and ids of facts, never a third person.
type Inbox struct {
	Person  events.PersonID        `json:"person"`
	Out     bool                   `json:"out,omitempty"`     // wants no network of their own, and so no nudges
	LeftAt  time.Time              `json:"leftAt,omitzero"`   // from when they are gone
	Gaps    []InboxGap             `json:"gaps,omitempty"`    // open now, in the order in which they opened
	Nudges  []Nudge                `json:"nudges,omitempty"`  // the latest first, at most NudgeLimit
	Ignored map[events.GapKind]int `json:"ignored,omitempty"` // nudges of a kind ignored in a row
	WeighAt time.Time              `json:"weighAt,omitzero"`  // when the gaps that have just opened are weighed against each other
}

// NudgeLimit is how many nudges an inbox remembers: more than a year of them.
const NudgeLimit = 64

// InboxGap is an open gap as the fact that opened it states it.
type InboxGap struct {
	Fact     events.FactID    `json:"fact"`
	Kind     events.GapKind   `json:"gap"`
	Role     events.RoleName  `json:"role,omitempty"`
	Severity int              `json:"severity"`
	Reason   events.GapReason `json:"reason"`
	Since    time.Time        `json:"since"`
	New      bool             `json:"new,omitempty"` // it has just opened, and nothing was said of it yet
}

// NudgeState is how a nudge stands.
type NudgeState string

// The states of a nudge. The first two are live; all others are its end.
const (
	NudgeOpen      NudgeState = "open"
	NudgeSnoozed   NudgeState = "snoozed"   // wanted later
	NudgeDone      NudgeState = "done"      // the person did what it asked
	NudgeDismissed NudgeState = "dismissed" // the person does not want it
	NudgeActedOn   NudgeState = "acted-on"  // its gap closed
	NudgeIgnored   NudgeState = "ignored"   // nobody answered for 60 days
	NudgeWithdrawn NudgeState = "withdrawn" // the person left, or wants no nudges any more
)

// Live reports whether a nudge still waits for its person.
func (s NudgeState) Live() bool { return s == NudgeOpen || s == NudgeSnoozed }

// Nudge is one thing a person was told: what is missing and why, and the one action it offers.
type Nudge struct {
	ID       events.FactID      `json:"id"` // the NudgePlanned
	Gap      events.GapKind     `json:"gap"`
	Role     events.RoleName    `json:"role,omitempty"`
	Reason   events.GapReason   `json:"reason"`
	Severity int                `json:"severity"`
	Action   events.NudgeAction `json:"action"`
	Channel  events.ChannelName `json:"channel"`
	GapFact  events.FactID      `json:"gapFact"` // the GapOpened it is about
	State    NudgeState         `json:"state"`
	Planned  time.Time          `json:"plannedAt"`
	Shown    time.Time          `json:"shownAt"` // when it was last put before the person: planned, or back from being snoozed
	Until    time.Time          `json:"snoozedUntil,omitzero"`
	Ended    time.Time          `json:"endedAt,omitzero"`
	Answered bool               `json:"answered,omitempty"` // the person has seen it: they replied
	Free     bool               `json:"free,omitempty"`     // its gap closed before anybody saw it: it counts for no limit
}

// Nudge finds a nudge; nil where the inbox does not remember it.
func (b *Inbox) Nudge(id events.FactID) *Nudge {
	for i := range b.Nudges {
		if b.Nudges[i].ID == id {
			return &b.Nudges[i]
		}
	}
	return nil
}

// Live finds the live nudge about a gap; nil where there is none.
func (b *Inbox) Live(kind events.GapKind, role events.RoleName) *Nudge {
	for i := range b.Nudges {
		if n := &b.Nudges[i]; n.State.Live() && n.Gap == kind && n.Role == role {
			return n
		}
	}
	return nil
}

// Gap finds an open gap; nil where it is not open.
func (b *Inbox) Gap(kind events.GapKind, role events.RoleName) *InboxGap {
	for i := range b.Gaps {
		if g := &b.Gaps[i]; g.Kind == kind && g.Role == role {
			return g
		}
	}
	return nil
}

// Add enters a nudge in its place and forgets the oldest one past the limit.
func (b *Inbox) Add(n Nudge) {
	b.Nudges = append(b.Nudges, n)
	slices.SortStableFunc(b.Nudges, func(a, c Nudge) int { return cmp.Or(c.Planned.Compare(a.Planned), cmp.Compare(a.ID, c.ID)) })
	b.Nudges = b.Nudges[:min(len(b.Nudges), NudgeLimit)]
}
