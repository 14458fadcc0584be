package audit

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// whatIfQuery is a ruleset, and when it would be activated.
type whatIfQuery struct {
	Viewer access.Viewer `json:"-"`
	Text   string        `json:"text"`
	At     time.Time     `json:"at"` // zero: now
}

// WhatIfProgress is how far the log has been folded, by each of the two services.
type WhatIfProgress struct {
	Done uint64 `json:"done"`
	Of   uint64 `json:"of"`
}

const maxRuleset = 1 << 20

// tellingEvery is how often it is told how far an answer has come.
const tellingEvery = 200 * time.Millisecond

// postWhatIf answers line by line: {"progress":…} now and then, and at last {"done":…}, or {"failed":…} with a
// problem.
func (s *Service) postWhatIf(w http.ResponseWriter, r *http.Request) {
	q, err := decodeWhatIf(w, r)
	if err == nil {
		err = s.policy.Operate(r.Context(), q.Viewer)
	}
	if err != nil {
		fault.Write(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines, out := json.NewEncoder(w), http.NewResponseController(w)
	tell := func(what string, v any) {
		lines.Encode(map[string]any{what: v}) //nolint:errcheck // whoever asked has left
		out.Flush()                           //nolint:errcheck // as above
	}
	var told time.Time
	a, err := s.whatIf(r.Context(), q, func(done, of uint64) error {
		if now := s.now(); now.Sub(told) >= tellingEvery {
			told = now
			tell("progress", WhatIfProgress{done, of})
		}
		return r.Context().Err()
	})
	if err != nil {
		s.logger.Log(r.Context(), fault.KindOf(err).Level(), "a what-if failed", "error", err)
		tell("failed", fault.ProblemOf(err))
		return
	}
	tell("done", a)
}

func decodeWhatIf(w http.ResponseWriter, r *http.Request) (q whatIfQuery, err error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRuleset))
	if err != nil {
		return q, err
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return q, fault.New(fault.Invalid, "json", "the body is not {text, at} in JSON")
	}
	q.Viewer = access.ViewerOf(r)
	_, err = parse(q.Text)
	return q, err
}

// whatIf is WhatIf about nobody. Who asked is a fact before they see the answer.
func (s *Service) whatIf(ctx context.Context, q whatIfQuery, told func(done, of uint64) error) (WhatIfAnswer, error) {
	if s.tenantKey == nil {
		return WhatIfAnswer{}, fault.New(fault.Internal, "keys", "audit has no tenant key")
	}
	if q.At.IsZero() {
		q.At = s.now()
	}
	d, err := s.WhatIf(ctx, q.Text, q.At, told)
	if err != nil {
		return WhatIfAnswer{}, err
	}
	a, err := d.answer(s.tenantKey)
	if err != nil {
		return WhatIfAnswer{}, err
	}
	return a, s.policy.Aggregate(ctx, q.Viewer, []events.Code{"what-if", events.Code("ruleset-" + d.Ruleset[:16])}, a.Suppressed)
}
