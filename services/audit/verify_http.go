package audit

import (
	"context"
	"net/http"

	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
)

// VerificationOrder is what is to be verified.
type VerificationOrder struct {
	All bool `json:"all,omitempty"` // from the first fact on
}

type verificationRequest struct {
	viewer access.Viewer
	order  VerificationOrder
}

// orderLimit is how large an order may be.
const orderLimit = 1 << 10

// routesOfVerifications adds those for operators and auditors.
func (s *Service) routesOfVerifications(mux *kit.Mux, metrics *kit.Metrics) {
	const route = "verifications"
	do := func(act func(context.Context, VerificationOrder) (Verification, error)) func(context.Context, verificationRequest) (Verification, error) {
		return func(ctx context.Context, r verificationRequest) (Verification, error) {
			if err := s.mayVerify(ctx, r.viewer); err != nil {
				return Verification{}, err
			}
			return act(ctx, r.order)
		}
	}
	serve := func(method string, decode func(*http.Request) (verificationRequest, error), act func(context.Context, VerificationOrder) (Verification, error)) {
		handler := kit.Handler(do(act), decode, metrics.Middleware(route), kit.Logging(s.logger))
		mux.Handle(method+" "+pathOf+route, kit.LimitBody(orderLimit, handler))
	}
	serve("POST", orderOf, s.startVerification)
	serve("GET", viewerOnly, s.verificationNow)
	serve("DELETE", viewerOnly, s.cancelVerification)
}

func viewerOnly(r *http.Request) (verificationRequest, error) {
	return verificationRequest{viewer: access.ViewerOf(r)}, nil
}

func orderOf(r *http.Request) (verificationRequest, error) {
	o, err := kit.JSON[VerificationOrder](r)
	return verificationRequest{access.ViewerOf(r), o}, err
}

// mayVerify allows operators and auditors: a verification names facts and documents, and shows nothing of
// what they say.
func (s *Service) mayVerify(ctx context.Context, v access.Viewer) error {
	if v.Kind == access.Auditor {
		return nil
	}
	return s.policy.Operate(ctx, v)
}

func (s *Service) startVerification(ctx context.Context, o VerificationOrder) (Verification, error) {
	return s.verifier.sheet.change(ctx, func(v *Verification) error { return v.order(o.All, s.now().UTC()) })
}

func (s *Service) verificationNow(ctx context.Context, _ VerificationOrder) (Verification, error) {
	v, revision, err := s.verifier.sheet.load(ctx)
	if err == nil && revision == 0 {
		err = fault.New(fault.NotFound, "no-verification", "nothing has been verified yet")
	}
	return v, err
}

func (s *Service) cancelVerification(ctx context.Context, _ VerificationOrder) (Verification, error) {
	return s.verifier.sheet.change(ctx, func(v *Verification) error {
		if v.State != Verifying {
			return fault.New(fault.Conflict, "verification-state", "no verification goes on")
		}
		v.State, v.Ended = Cancelled, s.now().UTC()
		return nil
	})
}
