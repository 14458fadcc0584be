package fault

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// typePrefix and a code make a problem's type. A URN: nothing stands behind it to be fetched.
const typePrefix = "urn:kith:problem:"

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// statusClientGone is what logs and metrics show where the client left before the answer.
const statusClientGone = 499

// Problem is an error on the wire, by RFC 9457.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []Field `json:"errors,omitempty"`
}

// ProblemOf is what strangers may see of err: of an internal error that there was one.
func ProblemOf(err error) Problem {
	e := of(err)
	p := Problem{Type: typePrefix + e.Code, Title: kinds[e.Kind].title, Status: Status(err), Detail: e.Message, Errors: e.Fields}
	if e.Kind == Internal {
		p.Type, p.Detail, p.Errors = typePrefix+"internal", "internal error", nil
	}
	return p
}

// Status is the HTTP status of err. An Invalid that names a field is a 422: the body could be
// read, and breaks a rule; any other is a 400.
func Status(err error) int {
	e := of(err)
	if e.Kind == Invalid {
		for _, f := range e.Fields {
			if f.Name != "" {
				return http.StatusUnprocessableEntity
			}
		}
	}
	return kinds[e.Kind].status
}

// Write answers with err as a problem, and with Retry-After where the same request may succeed
// later.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		w.WriteHeader(statusClientGone)
		return
	}
	p := ProblemOf(err)
	if KindOf(err) == Unavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	body := json.NewEncoder(w)
	body.SetEscapeHTML(false) // people read it: person:<id>, not person:\u003cid\u003e
	body.Encode(p)            //nolint:errcheck // the client has left
}

// Read is Write's other end: the error that a response of status 400 and above carries.
func Read(resp *http.Response) *Error {
	var p Problem
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &p) != nil || p.Type == "" {
		return New(kindOf(resp.StatusCode), "http", fmt.Sprintf("the server answered %s", resp.Status))
	}
	return p.Fault()
}

// Fault is the error that a problem states.
func (p Problem) Fault() *Error {
	return New(kindOf(p.Status), strings.TrimPrefix(p.Type, typePrefix), p.Detail, p.Errors...)
}

func kindOf(status int) Kind {
	switch status {
	case http.StatusUnprocessableEntity:
		return Invalid
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		return Unavailable
	}
	for k, row := range kinds {
		if row.status == status {
			return Kind(k)
		}
	}
	if status < http.StatusInternalServerError {
		return Invalid
	}
	return Internal
}
