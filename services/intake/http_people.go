package intake

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

const (
	pageDefault = 50
	pageMax     = 1000
)

// listRequest asks for a part of the directory.
type listRequest struct {
	viewer access.Viewer
	query  string
	ids    []string
	limit  int
	cursor events.PersonID
}

// listAnswer is a page; Next is the cursor of the one after it, or empty.
type listAnswer struct {
	People []Person `json:"people"`
	Next   string   `json:"next,omitempty"`
}

// Headers name the next page as RFC 8288 does.
func (a listAnswer) Headers() http.Header {
	if a.Next == "" {
		return nil
	}
	return http.Header{"Link": {"<?cursor=" + a.Next + `>; rel="next"`}}
}

func decodeList(r *http.Request) (listRequest, error) {
	q := r.URL.Query()
	req := listRequest{viewer: access.ViewerOf(r), query: q.Get("query"), limit: pageDefault, cursor: events.PersonID(q.Get("cursor"))}
	for _, list := range q["ids"] {
		for id := range strings.SplitSeq(list, ",") {
			if id != "" {
				req.ids = append(req.ids, id)
			}
		}
	}
	if l := q.Get("limit"); l != "" {
		n, err := strconv.Atoi(l)
		if err != nil || n < 1 || n > pageMax {
			return req, fault.New(fault.Invalid, "limit", "limit is not between 1 and 1000")
		}
		req.limit = n
	}
	if len(req.ids) > pageMax {
		return req, fault.New(fault.Invalid, "ids", "ids names more than 1000 people")
	}
	return req, nil
}

// listPeople answers with people by name. With ids, it answers with exactly these, as far as they
// are known, and in that order.
func (s *Service) listPeople(ctx context.Context, req listRequest) (listAnswer, error) {
	if err := s.reads(ctx, req.viewer); err != nil {
		return listAnswer{}, err
	}
	answer := listAnswer{People: []Person{}}
	if len(req.ids) > 0 {
		for _, id := range req.ids {
			p, found, err := s.lookUp(ctx, id, req.viewer)
			if err != nil {
				return answer, err
			}
			if found {
				answer.People = append(answer.People, p)
			}
		}
		return answer, nil
	}
	page, more, found := s.directory.list(req.query, req.cursor, req.limit, s.now())
	if !found {
		return answer, fault.New(fault.Invalid, "cursor", "the cursor is none that this list gave")
	}
	answer.People = append(answer.People, page...)
	if more {
		answer.Next = string(page[len(page)-1].ID)
	}
	return answer, nil
}

// oneRequest asks for one person.
type oneRequest struct {
	viewer access.Viewer
	person string
}

func decodeOne(r *http.Request) (oneRequest, error) {
	return oneRequest{access.ViewerOf(r), r.PathValue("person")}, nil
}

func (s *Service) onePerson(ctx context.Context, req oneRequest) (Person, error) {
	if err := s.reads(ctx, req.viewer); err != nil {
		return Person{}, err
	}
	p, found, err := s.lookUp(ctx, req.person, req.viewer)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "unknown-person", "nobody in the directory has this id")
	}
	return p, err
}

// reads is passed by every reading of the directory, which everybody in the organization may read.
func (s *Service) reads(ctx context.Context, viewer access.Viewer) error {
	if err := s.writable(); err != nil {
		return err
	}
	return s.policy.Directory(ctx, viewer)
}

// lookUp finds somebody by pseudonym or external id.
func (s *Service) lookUp(ctx context.Context, id string, viewer access.Viewer) (Person, bool, error) {
	who := events.PersonID(id)
	if !who.Valid() {
		external, ok := normal(id)
		if !ok {
			return Person{}, false, nil
		}
		found, err := s.ids.find(ctx, external)
		if err != nil {
			return Person{}, false, err
		}
		who = events.PersonID(found)
	}
	p, ok := s.directory.person(who, viewer.Person(), s.now())
	return p, ok, nil
}
