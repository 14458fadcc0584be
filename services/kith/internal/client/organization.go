package client

import (
	"context"
	"net/http"
	"net/url"

	"kith.internal/services/audit"
)

// OrganizationAsOf is how the whole organization was covered at a time, as audit answers.
type OrganizationAsOf struct {
	audit.AsOf
	Published bool     `json:"published"`
	Coverage  Coverage `json:"coverage"`
}

// OrganizationAsOf is how the whole organization was covered at a time, by what was known at another, a time or
// a sequence of the log, by a dimension or, where that is empty, of everybody. Of a time before the first published
// week it takes as long as it takes to fold the log twice.
func (c *Client) OrganizationAsOf(ctx context.Context, at, knownAt, by string) (OrganizationAsOf, error) {
	v := url.Values{"at": {at}}
	set(v, "known-at", knownAt)
	set(v, "by", by)
	return call[OrganizationAsOf](ctx, c, http.MethodGet, "/audit/v1/coverage", v, "", nil)
}
