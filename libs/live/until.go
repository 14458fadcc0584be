package live

import "context"

type endKey struct{}

// Until returns a context for requests whose streams end once end is done: a server that stops waits
// for every request, and streams do not end by themselves.
func Until(ctx, end context.Context) context.Context {
	return context.WithValue(ctx, endKey{}, end)
}

// until is ctx until its server begins to stop.
func until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	end, ok := ctx.Value(endKey{}).(context.Context)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(end, cancel)
	return ctx, func() { stop(); cancel() }
}
