package intake

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/internal/access"
)

// erasureRequest asks for the erasure of a person, or how far it is.
type erasureRequest struct {
	viewer access.Viewer
	person string
	by     events.Requester
}

// ErasureView is how far the erasure of a person is. It is done once destroyedAt is there, and
// final once no backup of the keyring can bring the key back.
type ErasureView struct {
	Person      events.PersonID `json:"person"`
	RequestedAt *time.Time      `json:"requestedAt,omitempty"`
	DestroyedAt *time.Time      `json:"destroyedAt,omitempty"`
	FinalAt     *time.Time      `json:"finalAt,omitempty"`
}

// StatusCode implements kit's: what is not done goes on.
func (v ErasureView) StatusCode() int {
	if v.DestroyedAt == nil {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// decodeErasure reads who asks. Without a body a person asks for themselves, and anybody else for
// the organization.
func decodeErasure(r *http.Request) (erasureRequest, error) {
	req := erasureRequest{viewer: access.ViewerOf(r), person: r.PathValue("person"), by: "organization"}
	if req.viewer.Kind == access.Person {
		req.by = "person"
	}
	if r.Method != http.MethodPost || r.ContentLength == 0 {
		return req, nil
	}
	body, err := kit.JSON[struct {
		RequestedBy *events.Requester `json:"requestedBy"`
	}](r)
	if err == nil && body.RequestedBy != nil {
		req.by = *body.RequestedBy
	}
	return req, err
}

// requestErasure asks for an erasure; to ask again is harmless.
func (s *Service) requestErasure(ctx context.Context, req erasureRequest) (ErasureView, error) {
	who, err := s.whose(ctx, req)
	if err != nil {
		return ErasureView{}, err
	}
	if view, asked := s.erasureView(who); asked {
		return view, nil
	}
	data, err := json.Marshal(events.ErasureRequested{RequestedBy: req.by})
	if err != nil {
		return ErasureView{}, err
	}
	in := Incoming{ID: "erasure/" + string(who), Source: ownSource, Type: "ErasureRequested", Subject: req.person, Data: data}
	if out := s.Accept(detached(ctx), req.viewer, []Incoming{in}, Options{})[0]; out.Err != nil {
		return ErasureView{}, out.Err
	}
	view, _ := s.erasureView(who)
	return view, nil
}

// showErasure is how far an erasure is.
func (s *Service) showErasure(ctx context.Context, req erasureRequest) (ErasureView, error) {
	who, err := s.whose(ctx, req)
	if err != nil {
		return ErasureView{}, err
	}
	view, asked := s.erasureView(who)
	if !asked {
		return view, fault.New(fault.NotFound, "no-erasure", "nobody has asked for the erasure of this person")
	}
	return view, nil
}

// whose is the person that is meant, who may be erased already. Of people only they themselves are told.
func (s *Service) whose(ctx context.Context, req erasureRequest) (events.PersonID, error) {
	if err := s.reads(ctx, req.viewer); err != nil {
		return "", err
	}
	who := events.PersonID(req.person)
	if _, asked := s.directory.erasure(who); !asked {
		var err error
		if who, err = s.anybody(ctx, req.person); err != nil {
			return "", err
		}
		if who == "" {
			return "", fault.New(fault.NotFound, "unknown-person", "nobody has this id")
		}
	}
	if viewer := req.viewer.Person(); viewer != "" && viewer != who {
		return "", fault.New(fault.Forbidden, "not-yours", "an erasure is asked for by the person, by an integration or by a service")
	}
	return who, nil
}

// anybody is whom an id leads to, who need not be in the directory: "" where that is nobody, or somebody's contact.
func (s *Service) anybody(ctx context.Context, id string) (events.PersonID, error) {
	who := events.PersonID(id)
	if external, ok := normal(id); ok {
		found, err := s.ids.find(ctx, external)
		if err != nil {
			return "", err
		}
		who = events.PersonID(found)
	} else if !s.directory.names(who) {
		who = ""
	}
	if !who.Valid() || who.External() {
		who = "" // a program, or known to the one person whose contact they are
	}
	return who, nil
}

func (s *Service) erasureView(p events.PersonID) (ErasureView, bool) {
	is, asked := s.directory.erasure(p)
	view := ErasureView{Person: p}
	if !is.requested.IsZero() {
		view.RequestedAt = &is.requested
	}
	if is.done != nil {
		view.DestroyedAt, view.FinalAt = &is.done.DestroyedAt, &is.done.FinalAt
	}
	return view, asked
}
