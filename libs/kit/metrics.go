package kit

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts and times requests. One per service and process.
type Metrics struct{ duration *prometheus.HistogramVec }

// NewMetrics registers the metrics with reg, which adds the service's label.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "kith_http_request_duration_seconds",
		Help:    "Time to answer an HTTP request, by route and status code.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"route", "code"})}
	reg.MustRegister(m.duration)
	return m
}

// Middleware times an endpoint as route, a fixed name or pattern.
func (m *Metrics) Middleware(route string) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			start := time.Now()
			response, err := next(ctx, request)
			m.observe(route, status(response, err), start)
			return response, err
		}
	}
}

// Handle times a handler that has no endpoint: one that streams.
func (m *Metrics) Handle(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, seen := time.Now(), &watched{ResponseWriter: w, code: http.StatusOK}
		defer func() { m.observe(route, seen.code, start) }() // also of one that breaks its connection off
		next.ServeHTTP(seen, r)
	})
}

func (m *Metrics) observe(route string, code int, start time.Time) {
	m.duration.WithLabelValues(route, strconv.Itoa(code)).Observe(time.Since(start).Seconds())
}

// watched remembers the status. What else a writer can do is reached by http.ResponseController.
type watched struct {
	http.ResponseWriter
	code int
}

func (w *watched) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush serves those who stream without a ResponseController.
func (w *watched) Flush() {
	http.NewResponseController(w.ResponseWriter).Flush() //nolint:errcheck // a writer that cannot has nothing to flush
}
