package notification

import (
	"context"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// Channel is the seam for mail, Slack and the rest: a way in which planned nudges reach people.
// A channel that sends reads NudgePlanned facts that name it through a consumer of its own, and
// what it did is a NudgeSent or NudgeFailed fact in the context delivery; quiet hours and digests
// are its own to keep. Which channel a nudge takes is decided where it is planned, in plan.go.
type Channel interface {
	// Name is the channel in facts.
	Name() events.ChannelName
	// Deliver sends a nudge to its person. Delivering one twice must do no harm. It fails with
	// fault.Unavailable where another attempt may succeed.
	Deliver(ctx context.Context, to events.PersonID, n readmodel.Nudge) error
}

// inApp is the inbox itself: a nudge is in it once it is planned, and nothing is sent.
type inApp struct{}

// Name implements Channel.
func (inApp) Name() events.ChannelName { return "inbox" }

// Deliver implements Channel.
func (inApp) Deliver(context.Context, events.PersonID, readmodel.Nudge) error { return nil }

var _ Channel = inApp{}
