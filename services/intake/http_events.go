package intake

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// postEvents takes facts in whichever form they come.
func (s *Service) postEvents(w http.ResponseWriter, r *http.Request) error {
	viewer, err := s.ready(r)
	if err != nil {
		return err
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return errMedia
	case r.Header.Get("ce-specversion") != "":
		return s.postBinary(w, r, viewer)
	case media == "application/cloudevents+json", media == "application/json":
		return s.postOne(w, r, viewer)
	case media == "application/cloudevents-batch+json":
		return s.postBatch(w, r, viewer)
	case media == "application/x-ndjson", media == "application/ndjson", media == "application/jsonl":
		return s.postLines(w, r, viewer)
	}
	return errMedia
}

var errMedia = fault.New(fault.Invalid, "content-type",
	"send application/cloudevents+json, application/cloudevents-batch+json, or application/x-ndjson with one CloudEvent a line")

func (s *Service) postOne(w http.ResponseWriter, r *http.Request, viewer access.Viewer) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFact))
	if err != nil {
		return unreadable(err)
	}
	return s.answerOne(w, r, viewer, decodeEvent(raw))
}

// postBinary takes a CloudEvent whose attributes are headers.
func (s *Service) postBinary(w http.ResponseWriter, r *http.Request, viewer access.Viewer) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFact))
	if err != nil {
		return unreadable(err)
	}
	if !json.Valid(data) {
		return fault.New(fault.Invalid, "json", "the body is not JSON")
	}
	h := r.Header
	raw, err := json.Marshal(cloudEvent{SpecVersion: h.Get("ce-specversion"), ID: h.Get("ce-id"), Source: h.Get("ce-source"),
		Type: h.Get("ce-type"), Subject: h.Get("ce-subject"), Time: h.Get("ce-time"), Data: data})
	if err != nil {
		return err
	}
	return s.answerOne(w, r, viewer, decodeEvent(raw))
}

// stored is the answer where a fact is in the log.
type stored struct {
	ID        events.FactID `json:"id"`
	Sequence  uint64        `json:"sequence"`
	Duplicate bool          `json:"duplicate,omitempty"`
}

func (s *Service) answerOne(w http.ResponseWriter, r *http.Request, viewer access.Viewer, in Incoming) error {
	out := s.Accept(detached(r.Context()), viewer, []Incoming{in}, Options{})[0]
	if out.Err != nil {
		return out.Err
	}
	return writeJSON(w, statusOf(out), stored{out.ID, out.Seq, out.Duplicate})
}

// postBatch takes a JSON list. The good ones are stored, also where others are refused: then the
// problem names them, by their place in the list from 1.
func (s *Service) postBatch(w http.ResponseWriter, r *http.Request, viewer access.Viewer) error {
	var list []json.RawMessage
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBatch))
	if err != nil {
		return unreadable(err)
	}
	if json.Unmarshal(raw, &list) != nil {
		return fault.New(fault.Invalid, "json", "the body is not a JSON list of CloudEvents")
	}
	var verdicts []verdict
	for at := 0; at < len(list); at += maxChunk {
		var chunk []Incoming
		for _, one := range list[at:min(at+maxChunk, len(list))] {
			chunk = append(chunk, decodeEvent(one))
		}
		for i, out := range s.Accept(detached(r.Context()), viewer, chunk, Options{}) {
			verdicts = append(verdicts, verdictOf(at+i+1, out))
		}
	}
	return answerBatch(w, verdicts)
}

func answerBatch(w http.ResponseWriter, verdicts []verdict) error {
	status, problem := http.StatusOK, fault.Problem{Status: http.StatusUnprocessableEntity, Type: "urn:kith:problem:batch", Title: "Some facts are refused"}
	for _, v := range verdicts {
		switch {
		case v.Status == http.StatusCreated && status == http.StatusOK:
			status = http.StatusCreated
		case v.Status >= http.StatusBadRequest:
			status = http.StatusUnprocessableEntity
			problem.Errors = append(problem.Errors, v.numbered()...)
		}
	}
	if status != http.StatusUnprocessableEntity {
		return writeJSON(w, status, map[string]any{"verdicts": verdicts})
	}
	w.Header().Set("Content-Type", fault.ContentType)
	return writeJSON(w, status, struct {
		fault.Problem
		Verdicts []verdict `json:"verdicts"`
	}{problem, verdicts})
}

func unreadable(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return fault.Wrap(fault.Invalid, "body", "the body cannot be read to its end", err)
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if !strings.Contains(w.Header().Get("Content-Type"), "json") {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // the sender has left
	return nil
}
