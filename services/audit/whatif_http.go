package audit

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// whatIfQuery is a ruleset.
type whatIfQuery struct {
	Viewer access.Viewer `json:"-"`
	Text   string        `json:"text"`
}

const maxRuleset = 1 << 20

// postWhatIf answers line by line, as answer does.
func (s *Service) postWhatIf(w http.ResponseWriter, r *http.Request) {
	q, err := decodeWhatIf(w, r)
	var on Base
	if err == nil {
		on, err = s.mayTry(r.Context(), q)
	}
	if err != nil {
		fault.Write(w, r, err)
		return
	}
	s.answer(w, r, func(told func(Progress) error) (any, error) {
		return s.whatIf(r.Context(), q, on, func(done, of uint64) error { return told(Progress{Done: done, Of: of}) })
	})
}

// mayTry says what a viewer's ruleset is tried on. Operators try other amounts alone, and any ruleset auditors, who may
// know: a condition can be made to fit one person, and then any answer is about them. It fails with kind
// Forbidden for others.
func (s *Service) mayTry(ctx context.Context, q whatIfQuery) (Base, error) {
	if s.tenantKey == nil {
		return Base{}, fault.New(fault.Internal, "keys", "audit has no tenant key")
	}
	on, err := s.base(ctx)
	if err != nil || q.Viewer.Kind == access.Auditor {
		return on, err
	}
	if err := s.policy.Operate(ctx, q.Viewer); err != nil {
		return on, err
	}
	inForce, err := s.rulesetAt(ctx, on.End)
	if err != nil {
		return on, err
	}
	rules, err := ruleChanges(inForce, q.Text)
	if err != nil {
		return on, err
	}
	for _, r := range rules {
		if !r.amount() {
			return on, fault.New(fault.Forbidden, "not-an-amount", r.Path+" is not one amount instead of another: a rule that says whom it is about "+
				"can be made to fit one person, and the answer would be about them. Auditors may ask for it; the hash that they get is good for everybody")
		}
	}
	return on, nil
}

func decodeWhatIf(w http.ResponseWriter, r *http.Request) (q whatIfQuery, err error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRuleset))
	if err != nil {
		return q, err
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return q, fault.New(fault.Invalid, "json", "the body is not {text} in JSON")
	}
	q.Viewer = access.ViewerOf(r)
	_, err = parse(q.Text)
	return q, err
}

// whatIf is WhatIf about nobody. Who asked is a fact before they see the answer.
func (s *Service) whatIf(ctx context.Context, q whatIfQuery, on Base, told func(done, of uint64) error) (WhatIfAnswer, error) {
	d, err := s.WhatIf(ctx, q.Text, on, told)
	if err != nil {
		return WhatIfAnswer{}, err
	}
	a := WhatIfAnswer{End: d.End, At: d.At, Version: d.Version, Rules: d.Rules}
	out, err := s.out(ctx, math.MaxUint64)
	if err != nil {
		return a, err
	}
	if _, a.Floor, err = s.floorsAt(ctx, math.MaxUint64); err != nil {
		return a, err
	}
	count, err := s.view.Counter(d.networks, d.At, a.Floor, func(p events.PersonID) bool { return out[p] })
	if err != nil {
		return a, err
	}
	a.Changes = d.tell(count)
	for _, c := range a.Changes {
		for _, cell := range c.Cells {
			if cell.Suppressed {
				a.Suppressed++
			}
		}
	}
	if err := a.sign(s.tenantKey, d.Ruleset, s.now()); err != nil {
		return a, err
	}
	return a, s.policy.Aggregate(ctx, q.Viewer, []events.Code{"what-if", events.Code("ruleset-" + d.Ruleset[:16])}, a.Suppressed)
}
