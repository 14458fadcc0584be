// Package kit is the glue between HTTP and go-kit's endpoints: the one type assertion, the one
// encoder, and the middleware every service wraps its endpoints in.
package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/go-kit/kit/endpoint"
	kithttp "github.com/go-kit/kit/transport/http"

	"kith.internal/libs/fault"
)

// Handler serves e: decode reads its request, the response is written as JSON, and any error as
// a problem. A response may choose its status (StatusCode() int) and headers (Headers()
// http.Header), or be something else than JSON (Content() (mediaType string, body []byte)). The middleware, the first outermost, sees the *http.Request as its request, so
// that what decode refuses is logged and counted like everything else.
func Handler[Req, Resp any](e func(context.Context, Req) (Resp, error), decode func(*http.Request) (Req, error), mw ...endpoint.Middleware) http.Handler {
	var whole endpoint.Endpoint = func(ctx context.Context, request any) (any, error) {
		req, err := decode(request.(*http.Request))
		if err != nil {
			return nil, err
		}
		return e(ctx, req)
	}
	for i := len(mw) - 1; i >= 0; i-- {
		whole = mw[i](whole)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve(whole, w, r) })
}

func serve(e endpoint.Endpoint, w http.ResponseWriter, r *http.Request) {
	kithttp.NewServer(e,
		func(context.Context, *http.Request) (any, error) { return r, nil },
		encode,
		kithttp.ServerErrorEncoder(func(_ context.Context, err error, w http.ResponseWriter) { fault.Write(w, r, err) }),
	).ServeHTTP(w, r)
}

// content is a response that is not JSON.
type content interface {
	Content() (mediaType string, body []byte)
}

// encode writes nothing before it has the whole body, so that a failure can still be a problem.
func encode(_ context.Context, w http.ResponseWriter, response any) error {
	body, media := &bytes.Buffer{}, "application/json"
	if c, ok := response.(content); ok {
		m, text := c.Content()
		media = m
		body.Write(text)
	} else if err := json.NewEncoder(body).Encode(response); err != nil {
		return fmt.Errorf("encode %T: %w", response, err)
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if h, ok := response.(kithttp.Headerer); ok {
		for name, values := range h.Headers() {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(status(response, nil))
	if _, err := io.Copy(w, body); err != nil {
		return nil //nolint:nilerr // the client has left; there is nobody to tell
	}
	return nil
}

// status is what a client sees of an endpoint's outcome.
func status(response any, err error) int {
	if err != nil {
		return fault.Status(err)
	}
	if s, ok := response.(kithttp.StatusCoder); ok {
		return s.StatusCode()
	}
	return http.StatusOK
}
