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

const maxRuleset = 1 << 20

// postWhatIf answers line by line, as answer does.
func (s *Service) postWhatIf(w http.ResponseWriter, r *http.Request) {
	q, err := decodeWhatIf(w, r)
	if err == nil {
		err = s.policy.Operate(r.Context(), q.Viewer)
	}
	if err != nil {
		fault.Write(w, r, err)
		return
	}
	s.answer(w, r, func(told func(Progress) error) (any, error) {
		return s.whatIf(r.Context(), q, func(done, of uint64) error { return told(Progress{Done: done, Of: of}) })
	})
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
