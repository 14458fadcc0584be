package audit

import (
	"encoding/json"
	"net/http"
	"strconv"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/internal/access"
)

// routesOfProofs adds those of checkpoints, proofs and the log itself.
func (s *Service) routesOfProofs(mux *kit.Mux, metrics *kit.Metrics) {
	handle(s, mux, metrics, "GET", "checkpoint", s.checkpoint, decodeViewer)
	handle(s, mux, metrics, "POST", "checkpoint", s.seal, decodeViewer)
	handle(s, mux, metrics, "GET", "proofs", s.prove, decodeProof)
	mux.Handle("GET "+pathOf+"log", metrics.Handle("log", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.getLog(w, r); err != nil {
			s.logger.Log(r.Context(), fault.KindOf(err).Level(), "request failed", "route", r.Pattern, "error", err)
			fault.Write(w, r, err)
		}
	})))
}

func decodeProof(r *http.Request) (proofQuery, error) {
	q := proofQuery{viewer: access.ViewerOf(r), event: r.URL.Query().Get("event")}
	var wrong []fault.Field
	if since := r.URL.Query().Get("since"); since != "" {
		var err error
		if q.since, err = strconv.ParseUint(since, 10, 63); err != nil || q.since == 0 {
			wrong = append(wrong, fault.Field{Name: "since", Reason: "is not the size of a checkpoint"})
		}
	}
	if _, err := strconv.ParseUint(q.event, 10, 64); q.event != "" && err != nil && !events.FactID(q.event).Valid() {
		wrong = append(wrong, fault.Field{Name: "event", Reason: "is neither the id of a fact nor a sequence"})
	}
	if q.event == "" && q.since == 0 && wrong == nil {
		wrong = append(wrong, fault.Field{Name: "event", Reason: "is missing, and since as well"})
	}
	if wrong != nil {
		return q, fault.New(fault.Invalid, "parameters", "the query cannot be read", wrong...)
	}
	return q, nil
}

// recorders is how many readings are recorded at once.
const recorders = 256

// getLog answers with every message of the log, a line each, as kith-proof verifies it. It shows everybody, so
// it is for auditors, and everybody sees that they have read it.
func (s *Service) getLog(w http.ResponseWriter, r *http.Request) error {
	if err := s.recordAll(r); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	var left error // the reader has gone
	err := s.log.Messages(r.Context(), 1, 0, func(m eventlog.Stored) error {
		left = lines.Encode(sealing.EntryOf(m))
		return left
	})
	if err != nil && left == nil && r.Context().Err() == nil {
		s.logger.Error("the export of the log breaks off", "error", err)
		lines.Encode(map[string]any{"failed": fault.ProblemOf(err)}) //nolint:errcheck // nobody is left to tell
	}
	return nil
}

// recordAll appends, for everybody, that an auditor reads what the log has of them.
func (s *Service) recordAll(r *http.Request) error {
	v := access.ViewerOf(r)
	switch {
	case v.Kind != access.Auditor:
		return fault.New(fault.Forbidden, "not-an-auditor", "the log is read by auditors only, who ask as auditor:<name>")
	case v.Purpose != "audit":
		return fault.New(fault.Invalid, "no-purpose", "say what for: the header "+access.PurposeHeader+" holds audit")
	}
	if _, err := s.postings.ToEnd(r.Context()); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(r.Context())
	g.SetLimit(recorders)
	for _, who := range s.postings.Everybody() {
		g.Go(func() error { return s.policy.Read(ctx, v, access.History(who)) })
	}
	return g.Wait()
}
