package kit

import (
	"net/http"

	"kith.internal/libs/fault"
)

// Mux is a service's routes. It answers with a problem what none of them takes, and knows which there are. The zero
// value has none.
type Mux struct {
	mux      http.ServeMux
	patterns []string
}

// Handle adds a route, as http.ServeMux does.
func (m *Mux) Handle(pattern string, h http.Handler) {
	m.mux.Handle(pattern, h)
	m.patterns = append(m.patterns, pattern)
}

// Patterns are those of all routes, in the order in which they were added.
func (m *Mux) Patterns() []string { return m.patterns }

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse, pattern := m.mux.Handler(r)
	if pattern != "" {
		m.mux.ServeHTTP(w, r)
		return
	}
	said := &refusal{header: http.Header{}}
	refuse.ServeHTTP(said, r)
	if said.code != http.StatusMethodNotAllowed {
		fault.Write(w, r, fault.New(fault.NotFound, "route", "nothing is served here"))
		return
	}
	w.Header()["Allow"] = said.header["Allow"]
	fault.Write(w, r, fault.New(fault.WrongMethod, "method", "this takes "+said.header.Get("Allow")+" only"))
}

// refusal is what a mux says where it has no route.
type refusal struct {
	header http.Header
	code   int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
func (r *refusal) WriteHeader(code int)        { r.code = code }
