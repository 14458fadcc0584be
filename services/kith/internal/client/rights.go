package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"kith.internal/events"
	"kith.internal/services/audit"
)

// Viewers is a page of who looked at a person's data, as audit answers.
type Viewers = audit.ViewersAnswer

// ErasureProof is what was tried to bring an erased person back, as audit answers.
type ErasureProof = audit.ErasureProof

// ErasureProof has everything tried that could bring an erased person back, and every message searched for
// words. It takes as long as replaying the log and reading everything there is; report is called with how far it is.
func (c *Client) ErasureProof(ctx context.Context, person events.PersonID, lookFor []string, report func(Progress)) (ErasureProof, error) {
	body, err := json.Marshal(map[string][]string{"lookFor": lookFor})
	if err != nil {
		return ErasureProof{}, err
	}
	return lines[ErasureProof](ctx, c, "/audit/v1/people/"+string(person)+"/erasure-proof", body, report)
}

// Viewers is a page of who looked at a person's data, and what for: of the server's length where limit is 0, behind the
// page whose Next cursor is.
func (c *Client) Viewers(ctx context.Context, person events.PersonID, limit int, cursor string) (Viewers, error) {
	v := url.Values{}
	set(v, "cursor", cursor)
	if limit > 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	return get[Viewers](ctx, c, "/audit/v1/people/"+string(person)+"/viewers", v)
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
