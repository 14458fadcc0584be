package audit

import (
	"context"

	"kith.internal/services/internal/access"
)

// StatusAnswer is how far the log goes, and by which rules it is replayed.
type StatusAnswer struct {
	End   uint64            `json:"end"`   // the log's last sequence
	Rules map[string]string `json:"rules"` // the version of each service's code
}

// status is for operators: it is about nobody.
func (s *Service) status(ctx context.Context, v access.Viewer) (StatusAnswer, error) {
	if err := s.policy.Operate(ctx, v); err != nil {
		return StatusAnswer{}, err
	}
	end, err := s.log.Last(ctx)
	if err != nil {
		return StatusAnswer{}, err
	}
	a := StatusAnswer{End: end, Rules: map[string]string{}}
	for _, d := range s.all {
		a.Rules[d.Service] = d.Version
	}
	return a, nil
}
