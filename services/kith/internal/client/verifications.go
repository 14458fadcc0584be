package client

import (
	"context"
	"encoding/json"
	"net/http"

	"kith.internal/services/audit"
)

// Verification is how the verifying of all that is derived from the log stands.
type Verification = audit.Verification

const verifications = "/audit/v1/verifications"

// Verify orders a verification, of all the log or of what is new. It fails with fault.Conflict while one
// goes on.
func (c *Client) Verify(ctx context.Context, all bool) (Verification, error) {
	body, err := json.Marshal(audit.VerificationOrder{All: all})
	if err != nil {
		return Verification{}, err
	}
	return post[Verification](ctx, c, verifications, "application/json", body)
}

// Verification is the one that goes on, or the last one. It fails with fault.NotFound where there was none.
func (c *Client) Verification(ctx context.Context) (Verification, error) {
	return get[Verification](ctx, c, verifications, nil)
}

// CancelVerification ends the one that goes on. It fails with fault.Conflict where none does.
func (c *Client) CancelVerification(ctx context.Context) (Verification, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return call[Verification](ctx, c, http.MethodDelete, verifications, nil, "", nil)
}
