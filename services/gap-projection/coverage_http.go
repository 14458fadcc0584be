package gaps

import (
	"context"
	"net/http"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/isoweek"
)

// program serves the view of the whole organization.
func (s *Service) program(mux *kit.Mux, metrics *kit.Metrics) {
	const path = "GET /" + Name + "/v1/program/"
	viewer := func(r *http.Request) (access.Viewer, error) { return access.ViewerOf(r), nil }
	mux.Handle(path+"metrics", kit.Handler(s.Metrics, viewer, metrics.Middleware("program/metrics"), kit.Logging(s.log)))
	mux.Handle(path+"coverage", kit.Handler(s.coverageAs, decodeCoverage, metrics.Middleware("program/coverage"), kit.Logging(s.log)))
}

// coverageAs is Coverage in the form that was asked for.
func (s *Service) coverageAs(ctx context.Context, q CoverageQuery) (any, error) {
	a, err := s.Coverage(ctx, q)
	if err == nil && q.CSV {
		return sheet{a}, nil
	}
	return a, err
}

func decodeCoverage(r *http.Request) (CoverageQuery, error) {
	in := r.URL.Query()
	q := CoverageQuery{Viewer: access.ViewerOf(r), By: coverage.Dimension(in.Get("by"))}
	for _, codes := range in["metric"] {
		for code := range strings.SplitSeq(codes, ",") {
			q.Metrics = append(q.Metrics, events.Code(code))
		}
	}
	var err error
	if q.From, err = week(in.Get("from")); err != nil {
		return q, err
	}
	if q.To, err = week(in.Get("to")); err != nil {
		return q, err
	}
	if q.From.IsZero() {
		q.From = q.To
	}
	if q.To.IsZero() {
		q.To = q.From
	}
	q.CSV, err = wantsCSV(r)
	return q, err
}

func week(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	monday, ok := isoweek.Parse(s)
	if !ok {
		return monday, fault.New(fault.Invalid, "week", "a week is written like 2026-w12")
	}
	return monday, nil
}

// wantsCSV: format says so, or else Accept.
func wantsCSV(r *http.Request) (bool, error) {
	switch r.URL.Query().Get("format") {
	case "csv":
		return true, nil
	case "json":
		return false, nil
	case "":
		return strings.HasPrefix(r.Header.Get("Accept"), "text/csv"), nil
	}
	return false, fault.New(fault.Invalid, "format", "format is neither json nor csv")
}
