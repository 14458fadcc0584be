package client

import (
	"context"
	"encoding/json"
	"net/http"

	"kith.internal/libs/derive"
)

type (
	// Rebuild is how the making anew of a service's documents stands.
	Rebuild = derive.Rebuild
	// RebuildOrder is what is to be made anew.
	RebuildOrder = derive.Order
)

// Deriving are the services whose documents can be made anew, in the order in which one's facts are the
// inputs of the next.
var Deriving = []string{"role-classifier", "gap-projection", "notification"}

// StartRebuild orders a rebuild. It fails with fault.Conflict while one goes on.
func (c *Client) StartRebuild(ctx context.Context, service string, o RebuildOrder) (Rebuild, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return Rebuild{}, err
	}
	return post[Rebuild](ctx, c, rebuilds(service), "application/json", body)
}

// Rebuild is the one that goes on, or the last one. It fails with fault.NotFound where there was none.
func (c *Client) Rebuild(ctx context.Context, service string) (Rebuild, error) {
	return get[Rebuild](ctx, c, rebuilds(service), nil)
}

// PauseRebuild has a rebuild wait. It fails with fault.Conflict where none is running.
func (c *Client) PauseRebuild(ctx context.Context, service string) (Rebuild, error) {
	return post[Rebuild](ctx, c, rebuilds(service)+"/pause", "", nil)
}

// ResumeRebuild has a rebuild go on. It fails with fault.Conflict where none is paused.
func (c *Client) ResumeRebuild(ctx context.Context, service string) (Rebuild, error) {
	return post[Rebuild](ctx, c, rebuilds(service)+"/resume", "", nil)
}

// CancelRebuild ends a rebuild, of which nothing is left. It fails with fault.Conflict where none goes on.
func (c *Client) CancelRebuild(ctx context.Context, service string) (Rebuild, error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	return call[Rebuild](ctx, c, http.MethodDelete, rebuilds(service), nil, "", nil)
}

func rebuilds(service string) string { return "/" + service + "/v1/rebuilds" }
