package audit

import (
	"context"
	"net/http"
	"slices"
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

// ViewersAnswer is who looked at a person's data.
type ViewersAnswer struct {
	Person  events.PersonID `json:"person"`
	Viewers []Viewing       `json:"viewers"` // the latest first
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
func (s *Service) viewers(ctx context.Context, q PersonQuery) (ViewersAnswer, error) {
	a := ViewersAnswer{Person: q.Person, Viewers: []Viewing{}}
	if err := s.policy.Read(ctx, q.Viewer, access.Network(q.Person)); err != nil {
		return a, err
	}
	facts, err := s.naming(ctx, q.Person)
	if err != nil {
		return a, err
	}
	for _, e := range slices.Backward(facts.all) {
		if v := facts.viewing(e); v != nil {
			a.Viewers = append(a.Viewers, *v)
		}
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
