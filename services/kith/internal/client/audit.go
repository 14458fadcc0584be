package client

import (
	"context"
	"net/url"

	"kith.internal/events"
	"kith.internal/services/audit"
	gaps "kith.internal/services/gap-projection"
)

// AsOf is what a person saw at a time, as audit answers.
type AsOf struct {
	audit.PersonAsOf
	Seen gaps.SeenAnswer `json:"seen"`
}

// AsOf is what a person saw, or would have seen, at a time, by what was known at another: a time too, or a
// sequence of the log; all that is known now where it is empty. Times are RFC 3339.
func (c *Client) AsOf(ctx context.Context, person events.PersonID, at, knownAt string) (AsOf, error) {
	v := url.Values{"at": {at}}
	set(v, "known-at", knownAt)
	return get[AsOf](ctx, c, "/audit/v1/people/"+string(person)+"/as-of", v)
}
