package audit

import (
	"context"
	"net/http"

	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
)

// routes serves what openapi.yaml describes:
//
//	GET /audit/v1/coverage?at=&known-at=&by=  what was told of the organization at a time, for operators and auditors
//	GET /audit/v1/people/{person}/as-of?at=&known-at=  what a person saw at a time, by what was known at another
//	GET /audit/v1/people/{person}/record   everything that is held on a person, as JSON Lines
//	GET /audit/v1/people/{person}/viewers?limit=&cursor=  who looked at a person's data, and what for
//	POST /audit/v1/people/{person}/erasure-proof  that nothing brings an erased person back, line by line: {lookFor}
//	GET /audit/v1/status  how far the log goes, and by which rules it is replayed, for operators
//	POST   /audit/v1/verifications  verify what is new, or all: {all?}, for operators and auditors, as those:
//	GET    /audit/v1/verifications  the one that goes on, or the last one
//	DELETE /audit/v1/verifications  cancel it
//	POST   /audit/v1/what-if        what would follow from a ruleset, about nobody, for operators and auditors: {text}
//	GET  /audit/v1/checkpoint  the newest checkpoint, and the public keys
//	POST /audit/v1/checkpoint  seals the log now, for operators and auditors
//	GET  /audit/v1/proofs      that a fact is in the log, or that the log only grew: ?event=&since=
//	GET  /audit/v1/log         the whole log, a line a message, for auditors
func (s *Service) routes(metrics *kit.Metrics) http.Handler {
	mux := &kit.Mux{}
	handle(s, mux, metrics, "GET", "coverage", s.organizationAsOf, decodeOrganization)
	handle(s, mux, metrics, "GET", "people/{person}/as-of", s.personAsOf, decodePersonAsOf)
	handle(s, mux, metrics, "GET", "people/{person}/record", s.record, decodePerson)
	handle(s, mux, metrics, "GET", "people/{person}/viewers", s.viewers, decodeViewers)
	mux.Handle("POST "+pathOf+"people/{person}/erasure-proof", metrics.Handle("people/{person}/erasure-proof", kit.LimitBody(64<<10, http.HandlerFunc(s.postErasureProof))))
	handle(s, mux, metrics, "GET", "status", s.status, decodeViewer)
	s.routesOfVerifications(mux, metrics)
	mux.Handle("POST "+pathOf+"what-if", metrics.Handle("what-if", http.HandlerFunc(s.postWhatIf)))
	s.routesOfProofs(mux, metrics)
	return mux
}

// pathOf is where everything stands.
const pathOf = "/" + Name + "/v1/"

// handle serves an endpoint at a route below pathOf.
func handle[Req, Resp any](s *Service, mux *kit.Mux, metrics *kit.Metrics, method, route string,
	e func(context.Context, Req) (Resp, error), decode func(*http.Request) (Req, error)) {
	mux.Handle(method+" "+pathOf+route, kit.Handler(e, decode, metrics.Middleware(route), kit.Logging(s.logger)))
}

func decodeViewer(r *http.Request) (access.Viewer, error) { return access.ViewerOf(r), nil }
