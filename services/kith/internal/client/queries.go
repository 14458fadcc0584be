package client

import (
	"context"
	"net/url"
	"strconv"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/notification"
)

type (
	// Network is who plays which role for a person, as gap-projection answers.
	Network = gaps.NetworkAnswer
	// Gaps is what is missing in a network, as gap-projection answers.
	Gaps = gaps.ListAnswer
	// Suggestions is what a person could do about it, as gap-projection answers.
	Suggestions = gaps.SuggestionsAnswer
	// Tie explains what lies between two people, as gap-projection answers.
	Tie = gaps.TieAnswer
	// Inbox is a page of what a person was told, as notification answers.
	Inbox = notification.InboxAnswer
)

// Network is who plays which role for a person. after waits for the fact at that sequence and
// all that followed from it; 0 does not.
func (c *Client) Network(ctx context.Context, person events.PersonID, after uint64) (Network, error) {
	return get[Network](ctx, c, "/gap-projection/v1/people/"+string(person)+"/network", since(after))
}

// Gaps is what is missing in a person's network.
func (c *Client) Gaps(ctx context.Context, person events.PersonID, after uint64) (Gaps, error) {
	return get[Gaps](ctx, c, "/gap-projection/v1/people/"+string(person)+"/gaps", since(after))
}

// Suggestions is what a person could do about their gaps.
func (c *Client) Suggestions(ctx context.Context, person events.PersonID, after uint64) (Suggestions, error) {
	return get[Suggestions](ctx, c, "/gap-projection/v1/people/"+string(person)+"/suggestions", since(after))
}

// Tie explains what lies between two people. It fails with fault.NotFound where nothing does.
func (c *Client) Tie(ctx context.Context, recipient, supporter events.PersonID, after uint64) (Tie, error) {
	return get[Tie](ctx, c, "/gap-projection/v1/people/"+string(recipient)+"/ties/"+string(supporter), since(after))
}

// Settled waits until the fact at a sequence, and all that followed from it, is in everybody's
// network and gaps. It fails with fault.Unavailable where that takes longer than the server waits.
func (c *Client) Settled(ctx context.Context, after uint64) error {
	_, err := get[gaps.ProgressAnswer](ctx, c, "/gap-projection/v1/progress", since(after))
	return err
}

// InboxQuery asks for a page of an inbox.
type InboxQuery struct {
	State  string // open, snoozed, past; empty: all
	Limit  int    // 0: as many as the server likes
	Cursor string // Next of the page before
	After  uint64
}

// Inbox is a page of what a person was told, and answered.
func (c *Client) Inbox(ctx context.Context, person events.PersonID, q InboxQuery) (Inbox, error) {
	v := since(q.After)
	set(v, "state", q.State)
	set(v, "cursor", q.Cursor)
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return get[Inbox](ctx, c, "/notification/v1/people/"+string(person)+"/inbox", v)
}

func since(after uint64) url.Values {
	v := url.Values{}
	if after > 0 {
		v.Set("after", strconv.FormatUint(after, 10))
	}
	return v
}

func set(v url.Values, name, value string) {
	if value != "" {
		v.Set(name, value)
	}
}
