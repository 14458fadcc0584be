package audit

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// PersonQuery asks about one person.
type PersonQuery struct {
	Viewer access.Viewer
	Person events.PersonID
}

// viewersQuery asks for a page of who looked at a person's data.
type viewersQuery struct {
	PersonQuery
	limit  int
	cursor uint64 // the place in the log of the last look of the page before; 0: the first page
}

// ViewersAnswer is a page of who looked at a person's data.
type ViewersAnswer struct {
	Person  events.PersonID `json:"person"`
	Viewers []Viewing       `json:"viewers"`        // the latest first
	Next    string          `json:"next,omitempty"` // the cursor of the next page
}

// Viewing is one look.
type Viewing struct {
	Viewer  string               `json:"viewer"` // a person, or integration:, service: or auditor: with a name
	Purpose events.AccessPurpose `json:"purpose"`
	At      time.Time            `json:"at"`
	Service string               `json:"service"` // where they looked
	Seq     uint64               `json:"seq"`
}

// viewers is who looked at a person's data, for that person alone. It fails as access.Policy.Read does.
func (s *Service) viewers(ctx context.Context, q viewersQuery) (ViewersAnswer, error) {
	a := ViewersAnswer{Person: q.Person, Viewers: []Viewing{}}
	if err := s.policy.Read(ctx, q.Viewer, access.Network(q.Person)); err != nil {
		return a, err
	}
	facts, err := s.naming(ctx, q.Person)
	if err != nil {
		return a, err
	}
	for _, e := range slices.Backward(facts.all) {
		v := facts.viewing(e)
		if v == nil || q.cursor > 0 && v.Seq >= q.cursor {
			continue
		}
		if len(a.Viewers) == q.limit {
			a.Next = strconv.FormatUint(a.Viewers[q.limit-1].Seq, 10)
			break
		}
		a.Viewers = append(a.Viewers, *v)
	}
	return a, nil
}

// viewing is a look at the person, nil where a fact is something else.
func (n *named) viewing(e events.Event) *Viewing {
	f, ok := e.Fact.(*events.NetworkViewed)
	if !ok || !n.is(e.Person()) {
		return nil
	}
	return &Viewing{f.Viewer, f.Purpose, e.Time, e.Source, e.Seq}
}

func decodePerson(r *http.Request) (PersonQuery, error) {
	q := PersonQuery{access.ViewerOf(r), events.PersonID(r.PathValue("person"))}
	if !q.Person.Valid() || q.Person.External() {
		return q, fault.New(fault.Invalid, "person", "the person is not a pseudonym")
	}
	return q, nil
}

const (
	viewersDefault = 50
	viewersMost    = 1000
)

func decodeViewers(r *http.Request) (viewersQuery, error) {
	p, err := decodePerson(r)
	q, given := viewersQuery{PersonQuery: p, limit: viewersDefault}, r.URL.Query()
	if err != nil {
		return q, err
	}
	if text := given.Get("limit"); text != "" {
		if q.limit, err = strconv.Atoi(text); err != nil || q.limit < 1 || q.limit > viewersMost {
			return q, faulty("limit", "is no number from 1 to "+strconv.Itoa(viewersMost))
		}
	}
	if text := given.Get("cursor"); text != "" {
		if q.cursor, err = strconv.ParseUint(text, 10, 64); err != nil || q.cursor == 0 {
			return q, faulty("cursor", "is no cursor of this list")
		}
	}
	return q, nil
}
