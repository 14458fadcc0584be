package notification

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/operate"
)

// routes serves what openapi.yaml describes. What a person answers is a fact, posted to intake.
//
//	GET /notification/v1/people/{person}/inbox    nudges: open, snoozed, past
//	    ?state=open|snoozed|past  ?limit= (1 to 100)  ?cursor=  ?after=SEQ
//	GET /notification/v1/people/{person}/inbox/events    the same whenever it changes, as server-sent events
//
// and what operators do: see package operate.
func (s *Service) routes(m *kit.Metrics, log *slog.Logger) http.Handler {
	mux := &kit.Mux{}
	mux.Handle("GET /notification/v1/people/{person}/inbox", kit.Handler(s.inbox, decodeInbox, m.Middleware("inbox"), kit.Logging(log)))
	mux.Handle("GET /notification/v1/people/{person}/inbox/events", s.live.Handler(s.events))
	operate.Routes(mux, Name, s.engine, s.policy, m, log)
	return mux
}

const (
	defaultLimit = 50
	maxLimit     = 100
)

// decodeInbox reads the request and reports every faulty parameter at once.
func decodeInbox(r *http.Request) (inboxRequest, error) {
	q := query{values: r.URL.Query()}
	req := inboxRequest{viewer: access.ViewerOf(r), person: events.PersonID(r.PathValue("person")), limit: defaultLimit}
	q.refuse(!req.person.Valid() || req.person.External(), "person", "is no person id, such as p234567abcdefghij")
	req.state = q.values.Get("state")
	q.refuse(req.state != "" && !slices.Contains(folders, req.state), "state", "is none of open, snoozed, past")
	if v := q.values.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		q.refuse(err != nil || n < 1 || n > maxLimit, "limit", "is no number from 1 to 100")
		req.limit = n
	}
	req.cursor = events.FactID(q.values.Get("cursor"))
	q.refuse(req.cursor != "" && !req.cursor.Valid(), "cursor", "is no cursor of this list")
	if v := q.values.Get("after"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		q.refuse(err != nil || n == 0, "after", "is no sequence of the log")
		req.after = n
	}
	return req, q.err()
}

// query collects what is wrong with a request.
type query struct {
	values url.Values
	faulty []fault.Field
}

func (q *query) refuse(is bool, name, reason string) {
	if is {
		q.faulty = append(q.faulty, fault.Field{Name: name, Reason: reason})
	}
}

func (q *query) err() error {
	if len(q.faulty) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "parameters", "the request cannot be read", q.faulty...)
}
