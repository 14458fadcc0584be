package events

import "time"

// The facts of this file are what a person is told, and what they answer. Owners: notification,
// and intake for replies.

// NudgePlanned says that a person is to be told of a gap; it stands before anything is sent.
type NudgePlanned struct {
	Channel ChannelName `json:"channel"`
	Gap     GapKind     `json:"gap"`
	Role    RoleName    `json:"role,omitempty"`
	GapFact FactID      `json:"gapFact"` // the GapOpened it is about
	Action  NudgeAction `json:"action"`  // what the nudge proposes
}

// FactName is the wire name.
func (NudgePlanned) FactName() string { return "NudgePlanned" }

// NudgeSuppressed says that a person is not told of a gap, and why.
type NudgeSuppressed struct {
	Channel ChannelName    `json:"channel"`
	Gap     GapKind        `json:"gap"`
	Role    RoleName       `json:"role,omitempty"`
	GapFact FactID         `json:"gapFact"` // the GapOpened it would have been about
	Reason  SuppressReason `json:"reason"`
}

// FactName is the wire name.
func (NudgeSuppressed) FactName() string { return "NudgeSuppressed" }

// NudgeActedOn says that the gap of a nudge closed after it.
type NudgeActedOn struct {
	Nudge FactID `json:"nudge"` // the NudgePlanned
	By    FactID `json:"by"`    // the fact that shows it, such as the GapClosed
}

// FactName is the wire name.
func (NudgeActedOn) FactName() string { return "NudgeActedOn" }

// NudgeSent says that a nudge went out.
type NudgeSent struct {
	Nudge   FactID      `json:"nudge"` // the NudgePlanned
	Channel ChannelName `json:"channel"`
	Attempt int         `json:"attempt" min:"1"` // from 1 on
}

// FactName is the wire name.
func (NudgeSent) FactName() string { return "NudgeSent" }

// NudgeFailed says that a nudge could not be sent.
type NudgeFailed struct {
	Nudge      FactID      `json:"nudge"` // the NudgePlanned
	Channel    ChannelName `json:"channel"`
	Attempt    int         `json:"attempt" min:"1"` // from 1 on
	ErrorClass ErrorClass  `json:"errorClass"`
}

// FactName is the wire name.
func (NudgeFailed) FactName() string { return "NudgeFailed" }

// NudgeDismissed says that a person does not want a nudge.
type NudgeDismissed struct {
	Nudge FactID `json:"nudge"` // the NudgePlanned
}

// FactName is the wire name.
func (NudgeDismissed) FactName() string { return "NudgeDismissed" }

// NudgeSnoozed says that a person wants a nudge later.
type NudgeSnoozed struct {
	Nudge FactID    `json:"nudge"` // the NudgePlanned
	Until time.Time `json:"until"`
}

// FactName is the wire name.
func (NudgeSnoozed) FactName() string { return "NudgeSnoozed" }

// NudgeDone says that a person did what a nudge asked.
type NudgeDone struct {
	Nudge FactID `json:"nudge"` // the NudgePlanned
}

// FactName is the wire name.
func (NudgeDone) FactName() string { return "NudgeDone" }
