package client

import (
	"context"
	"io"
	"net/http"

	"kith.internal/events"
	"kith.internal/services/audit"
)

// Viewers is who looked at a person's data, as audit answers.
type Viewers = audit.ViewersAnswer

// Viewers is who looked at a person's data, and what for.
func (c *Client) Viewers(ctx context.Context, person events.PersonID) (Viewers, error) {
	return get[Viewers](ctx, c, "/audit/v1/people/"+string(person)+"/viewers", nil)
}

// Export is everything that is held on a person, as lines of JSON.
func (c *Client) Export(ctx context.Context, person events.PersonID) ([]byte, error) {
	resp, err := c.do(ctx, http.MethodGet, "/audit/v1/people/"+string(person)+"/record", nil, "", nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
