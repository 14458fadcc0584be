package gaps

import (
	"context"
	"net/http"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/operate"
)

// routes serves what openapi.yaml describes:
//
//	GET /gap-projection/v1/people/{person}/network          who plays which role for the person
//	GET /gap-projection/v1/people/{person}/gaps             what is missing
//	GET /gap-projection/v1/people/{person}/suggestions      what the person could do next
//	GET /gap-projection/v1/people/{person}/ties/{supporter} why a supporter is what they are
//	GET /gap-projection/v1/people/{person}/events           network and gaps whenever they change, as server-sent events
//	GET /gap-projection/v1/progress                         how far all of this has come, about nobody
//	GET /gap-projection/v1/program/metrics                  what the program view measures
//	GET /gap-projection/v1/program/coverage                 what it has published, as JSON or CSV
//
// All but the stream and the program view take ?after=<sequence>: the answer includes that fact and all that followed from it.
// What operators do is in package operate.
func (s *Service) routes(metrics *kit.Metrics) http.Handler {
	mux := &kit.Mux{}
	serve := func(route string, e func(context.Context, Query) (answer, error)) {
		mux.Handle("GET "+pathOf+route, kit.Handler(e, decode, metrics.Middleware(route), kit.Logging(s.log)))
	}
	serve("network", endpoint(s.Network))
	serve("gaps", endpoint(s.Gaps))
	serve("suggestions", endpoint(s.Suggestions))
	serve("ties/{supporter}", endpoint(s.Tie))
	mux.Handle("GET "+pathOf+"events", s.live.Handler(s.events))
	mux.Handle("GET /"+Name+"/v1/progress", kit.Handler(s.Progress, decodeProgress, metrics.Middleware("progress"), kit.Logging(s.log)))
	operate.Routes(mux, Name, s.engine, s.policy, metrics, s.log)
	s.program(mux, metrics)
	return mux
}

func decodeProgress(r *http.Request) (Query, error) {
	after, err := sequence(r)
	return Query{Viewer: access.ViewerOf(r), After: after}, err
}

// sequence is the parameter after; 0 where there is none.
func sequence(r *http.Request) (uint64, error) {
	after := r.URL.Query().Get("after")
	if after == "" {
		return 0, nil
	}
	seq, err := strconv.ParseUint(after, 10, 64)
	if err != nil {
		return 0, fault.Wrap(fault.Invalid, "after", "after is not a sequence of the log", err)
	}
	return seq, nil
}

// pathOf is where everything about one person stands.
const pathOf = "/" + Name + "/v1/people/{person}/"

// decode reads a query from path, parameters and headers.
func decode(r *http.Request) (Query, error) {
	q := Query{Viewer: access.ViewerOf(r), Known: r.Header.Get("If-None-Match")}
	var err error
	if q.Person, err = person(r, "person"); err != nil {
		return q, err
	}
	if q.Person.External() {
		return q, fault.New(fault.NotFound, "unknown-person", "an external contact has no network here")
	}
	if r.PathValue("supporter") != "" {
		if q.Supporter, err = person(r, "supporter"); err != nil {
			return q, err
		}
	}
	q.After, err = sequence(r)
	return q, err
}

func person(r *http.Request, name string) (events.PersonID, error) {
	id := events.PersonID(r.PathValue(name))
	if !id.Valid() {
		return "", fault.New(fault.Invalid, "person", "the "+name+" is not a pseudonym")
	}
	return id, nil
}
