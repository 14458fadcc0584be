package intake

import (
	"context"
	"net/http"

	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
)

// routes serves what openapi.yaml describes:
//
//	POST /intake/v1/events           one CloudEvent, a batch of them, or a stream of lines (NDJSON)
//	POST /intake/v1/imports          files with a mapping
//	POST /intake/v1/rulesets         another ruleset, with the hash of what would follow from it
//	GET  /intake/v1/people           the directory: ?query=&ids=&limit=&cursor=
//	GET  /intake/v1/people/{person}  one person, by pseudonym or external id
//	POST /intake/v1/people/{person}/erasure  asks for their erasure; GET tells how far it is
func (s *Service) routes(metrics *kit.Metrics) http.Handler {
	mux := &kit.Mux{}
	serve := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, metrics.Handle(pattern, s.handle(h)))
	}
	serve("POST /intake/v1/events", s.postEvents)
	serve("POST /intake/v1/imports", s.postImport)
	serve("POST /intake/v1/rulesets", s.postRuleset)
	list, one := "GET /intake/v1/people", "GET /intake/v1/people/{person}"
	mux.Handle(list, kit.Handler(s.listPeople, decodeList, metrics.Middleware(list), kit.Logging(s.slog)))
	mux.Handle(one, kit.Handler(s.onePerson, decodeOne, metrics.Middleware(one), kit.Logging(s.slog)))
	erase, erasing := "POST /intake/v1/people/{person}/erasure", "GET /intake/v1/people/{person}/erasure"
	mux.Handle(erase, kit.LimitBody(maxFact, kit.Handler(s.requestErasure, decodeErasure, metrics.Middleware(erase), kit.Logging(s.slog))))
	mux.Handle(erasing, kit.Handler(s.showErasure, decodeErasure, metrics.Middleware(erasing), kit.Logging(s.slog)))
	return mux
}

// handle is for routes that answer by themselves as they go; what fails before that is a problem.
func (s *Service) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		s.slog.Log(r.Context(), fault.KindOf(err).Level(), "request failed", "route", r.Pattern, "error", err)
		fault.Write(w, r, err)
	})
}

// local is who writes on a development server, where nobody says who they are.
var local = access.Viewer{Kind: access.Integration, Name: "local"}

// writer is in whose name facts are sent.
func writer(r *http.Request) (access.Viewer, error) {
	if r.Header.Get(access.Header) == "" {
		return local, nil
	}
	v := access.ViewerOf(r)
	if v.Kind == access.Anonymous {
		return v, fault.New(fault.Forbidden, "no-viewer", "the header "+access.Header+" is none of person:<id>, integration:<name>, service:<name>, auditor:<name>")
	}
	return v, nil
}

// ready refuses a write before its body is read.
func (s *Service) ready(r *http.Request) (access.Viewer, error) {
	if err := s.writable(); err != nil {
		return access.Viewer{}, err
	}
	return writer(r)
}

// detached lets what was begun be finished when the sender has left: the log has it either way.
func detached(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
