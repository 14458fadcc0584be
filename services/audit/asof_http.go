package audit

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// decodePersonAsOf reads who is asked about, and of what times.
func decodePersonAsOf(r *http.Request) (AsOfQuery, error) {
	q, err := decodeAsOf(r)
	if q.Person = events.PersonID(r.PathValue("person")); !q.Person.Valid() || q.Person.External() {
		return q, faulty("person", "is no person id, such as p234567abcdefghij")
	}
	return q, err
}

// decodeAsOf reads ?at=TIME and ?known-at=TIME or a sequence of the log.
func decodeAsOf(r *http.Request) (AsOfQuery, error) {
	q, given := AsOfQuery{Viewer: access.ViewerOf(r)}, r.URL.Query()
	var err error
	if q.At, err = timeIn(given, "at"); err != nil {
		return q, err
	}
	if q.Known, err = strconv.ParseUint(given.Get("known-at"), 10, 64); err == nil && q.Known > 0 {
		return q, nil
	}
	if given.Get("known-at") == "" {
		return q, nil
	}
	if q.KnownAt, err = timeIn(given, "known-at"); err != nil {
		err = faulty("known-at", "is neither a time, such as 2026-03-31T18:00:00Z, nor a sequence of the log")
	}
	return q, err
}

func timeIn(given url.Values, name string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, given.Get(name))
	if err != nil {
		return at, faulty(name, "is no time, such as 2026-03-31T18:00:00Z")
	}
	return at.UTC(), nil
}

func faulty(name, reason string) error {
	return fault.New(fault.Invalid, "parameters", "the request cannot be read", fault.Field{Name: name, Reason: reason})
}
