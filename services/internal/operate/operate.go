// Package operate serves what operators do with a deriving service: have its documents made anew. It is
// the same for each of them; openapi.yaml describes it.
package operate

import (
	"context"
	"log/slog"
	"net/http"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
)

// Engine is what makes documents anew.
type Engine interface {
	Rebuild(ctx context.Context) (derive.Rebuild, error)
	Start(ctx context.Context, o derive.Order) (derive.Rebuild, error)
	Pause(ctx context.Context) (derive.Rebuild, error)
	Resume(ctx context.Context) (derive.Rebuild, error)
	Cancel(ctx context.Context) (derive.Rebuild, error)
}

// bodyLimit is how large an order may be.
const bodyLimit = 1 << 10

// Routes adds the routes of a service to mux, for viewers that are services.
//
//	POST   /<service>/v1/rebuilds         order one: {person?, dryRun?, switch?}
//	GET    /<service>/v1/rebuilds         the one that goes on, or the last one
//	DELETE /<service>/v1/rebuilds         cancel it
//	POST   /<service>/v1/rebuilds/pause   have it wait
//	POST   /<service>/v1/rebuilds/resume  have it go on
func Routes(mux *kit.Mux, service string, engine Engine, policy *access.Policy, metrics *kit.Metrics, log *slog.Logger) {
	const rebuilds = "rebuilds"
	base := "/" + service + "/v1/" + rebuilds
	do := func(act func(context.Context, derive.Order) (derive.Rebuild, error)) func(context.Context, request) (derive.Rebuild, error) {
		return func(ctx context.Context, r request) (derive.Rebuild, error) {
			if err := policy.Operate(ctx, r.viewer); err != nil {
				return derive.Rebuild{}, err
			}
			return act(ctx, r.order)
		}
	}
	plain := func(act func(context.Context) (derive.Rebuild, error)) func(context.Context, derive.Order) (derive.Rebuild, error) {
		return func(ctx context.Context, _ derive.Order) (derive.Rebuild, error) { return act(ctx) }
	}
	serve := func(method, path string, decode func(*http.Request) (request, error), act func(context.Context, derive.Order) (derive.Rebuild, error)) {
		handler := kit.Handler(do(act), decode, metrics.Middleware(rebuilds), kit.Logging(log))
		mux.Handle(method+" "+path, kit.LimitBody(bodyLimit, handler))
	}
	serve("POST", base, ordered, engine.Start)
	serve("GET", base, asked, plain(engine.Rebuild))
	serve("DELETE", base, asked, plain(engine.Cancel))
	serve("POST", base+"/pause", asked, plain(engine.Pause))
	serve("POST", base+"/resume", asked, plain(engine.Resume))
}

// request is an operator's.
type request struct {
	viewer access.Viewer
	order  derive.Order
}

func asked(r *http.Request) (request, error) { return request{viewer: access.ViewerOf(r)}, nil }

func ordered(r *http.Request) (request, error) {
	o, err := kit.JSON[derive.Order](r)
	if err == nil && o.Person != "" && (!events.PersonID.Valid(o.Person) || o.Person.External()) {
		err = fault.New(fault.Invalid, "parameters", "the order cannot be read",
			fault.Field{Name: "person", Reason: "is no person id, such as p234567abcdefghij"})
	}
	return request{access.ViewerOf(r), o}, err
}
