package kit

import (
	"net/http"

	"kith.internal/libs/fault"
)

// Routes serves what mux does, and answers with a problem what no route of it takes.
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
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
	})
}

// refusal is what a mux says where it has no route.
type refusal struct {
	header http.Header
	code   int
}

func (r *refusal) Header() http.Header         { return r.header }
func (r *refusal) Write(p []byte) (int, error) { return len(p), nil }
func (r *refusal) WriteHeader(code int)        { r.code = code }
