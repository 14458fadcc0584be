package kit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-kit/kit/endpoint"

	"kith.internal/libs/fault"
)

// Logging logs each request with its route and duration, and each failure with its kind, as
// loudly as the kind is. It logs the route's pattern, never the path, which may name somebody.
func Logging(log *slog.Logger) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			start := time.Now()
			response, err := next(ctx, request)
			attrs := []slog.Attr{
				slog.String("route", route(request)),
				slog.Int("code", status(response, err)),
				slog.Duration("duration", time.Since(start)),
			}
			if err == nil {
				log.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
				return response, nil
			}
			kind := fault.KindOf(err)
			level := kind.Level()
			if errors.Is(ctx.Err(), context.Canceled) {
				level = slog.LevelDebug // who asked has gone: a Ctrl-C wakes nobody
			}
			attrs = append(attrs, slog.String("kind", kind.String()), slog.Any("error", err))
			log.LogAttrs(ctx, level, "request failed", attrs...)
			return response, err
		}
	}
}

func route(request any) string {
	if r, ok := request.(*http.Request); ok && r.Pattern != "" {
		return r.Pattern
	}
	return "unknown"
}
