package audit

import (
	"encoding/json"
	"net/http"
	"time"

	"kith.internal/libs/fault"
)

// Progress is how far something has come that takes a while.
type Progress struct {
	Step string `json:"step,omitempty"` // of several
	Done uint64 `json:"done"`
	Of   uint64 `json:"of"`
}

// tellingEvery is how often it is told how far an answer has come.
const tellingEvery = 200 * time.Millisecond

// answer answers line by line: {"progress":…} now and then, and at last {"done":…}, or {"failed":…} with a
// problem. make is to call told often, and ends with its error.
func (s *Service) answer(w http.ResponseWriter, r *http.Request, make func(told func(Progress) error) (any, error)) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines, out := json.NewEncoder(w), http.NewResponseController(w)
	tell := func(what string, v any) {
		lines.Encode(map[string]any{what: v}) //nolint:errcheck // whoever asked has left
		out.Flush()                           //nolint:errcheck // as above
	}
	var last time.Time
	a, err := make(func(p Progress) error {
		if now := s.now(); now.Sub(last) >= tellingEvery {
			last = now
			tell("progress", p)
		}
		return r.Context().Err()
	})
	if err != nil {
		s.logger.Log(r.Context(), fault.KindOf(err).Level(), "request failed", "route", r.Pattern, "error", err)
		tell("failed", fault.ProblemOf(err))
		return
	}
	tell("done", a)
}
