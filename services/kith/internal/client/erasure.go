package client

import (
	"context"
	"encoding/json"
	"net/url"

	"kith.internal/events"
	"kith.internal/services/intake"
)

// Erasure is how far the erasure of a person is.
type Erasure = intake.ErasureView

// Erase asks for the erasure of a person, which cannot be taken back. To ask again is harmless.
func (c *Client) Erase(ctx context.Context, person events.PersonID, by events.Requester) (Erasure, error) {
	body, err := json.Marshal(events.ErasureRequested{RequestedBy: by})
	if err != nil {
		return Erasure{}, err
	}
	return post[Erasure](ctx, c, erasure(person), "application/json", body)
}

// Erasure is how far an erasure is. It fails with fault.NotFound where nobody has asked for one.
func (c *Client) Erasure(ctx context.Context, person events.PersonID) (Erasure, error) {
	return get[Erasure](ctx, c, erasure(person), nil)
}

func erasure(person events.PersonID) string {
	return "/intake/v1/people/" + url.PathEscape(string(person)) + "/erasure"
}
