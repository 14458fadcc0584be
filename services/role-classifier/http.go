package classifier

import (
	"context"
	"log/slog"
	"net/http"

	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/operate"
)

// The routes.
//
//	GET /role-classifier/v1/ruleset  the ruleset in force: version, hash, text
//
// What operators do is in package operate. Ties are not served here: who may read one is decided where networks are served.
func (s *Service) routes(metrics *kit.Metrics, log *slog.Logger) http.Handler {
	const route = "/role-classifier/v1/ruleset"
	mux := &kit.Mux{}
	mux.Handle("GET "+route, kit.Handler(s.ruleset, none, metrics.Middleware(route), kit.Logging(log)))
	operate.Routes(mux, Name, s.engine, s.policy, metrics, log)
	return mux
}

type nothing struct{}

func none(*http.Request) (nothing, error) { return nothing{}, nil }

func (s *Service) ruleset(ctx context.Context, _ nothing) (*InForce, error) {
	doc, _, err := projection.Read[InForce](ctx, s.ties, rulesetKey)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "ties", "the ruleset cannot be read now; try again", err)
	}
	if doc == nil {
		return s.initial, nil
	}
	return doc, nil
}
