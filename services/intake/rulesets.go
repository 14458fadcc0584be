package intake

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/preview"
	"kith.internal/services/internal/ruleset"
)

// newRuleset is a ruleset to activate, and the hash of what whoever activates it has seen would follow.
type newRuleset struct {
	Text string `json:"text"`
	Diff string `json:"diff"`
}

// previewed is how old what was seen may be.
const previewed = 24 * time.Hour

// postRuleset activates a ruleset. It does nothing that nobody has looked at: see the package preview.
func (s *Service) postRuleset(w http.ResponseWriter, r *http.Request) error {
	viewer, err := s.ready(r)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBatch))
	if err != nil {
		return unreadable(err)
	}
	var in newRuleset
	if json.Unmarshal(raw, &in) != nil {
		return fault.New(fault.Invalid, "json", "the body is not {text, diff} in JSON")
	}
	out, err := s.activate(detached(r.Context()), viewer, in)
	if err != nil {
		return err
	}
	return writeJSON(w, statusOf(out), stored{out.ID, out.Seq, out.Duplicate})
}

// activate appends a ruleset. The same preview activates it once.
func (s *Service) activate(ctx context.Context, viewer access.Viewer, in newRuleset) (Outcome, error) {
	rules, err := ruleset.Parse(in.Text)
	if err != nil {
		return Outcome{}, fault.New(fault.Invalid, "ruleset", "the ruleset is refused", fault.Field{Name: "text", Reason: "is no ruleset: " + err.Error()})
	}
	e := events.Event{
		ID: events.IncomingID(s.tenantKey, ownSource, "ruleset/"+in.Diff), Source: ownSource, Context: events.Policy, Subject: events.Nobody,
		Time: s.now().UTC(), Actor: viewer.Actor(), Fact: &events.RulesetActivated{Version: rules.Version, Hash: rules.Hash, Text: in.Text},
	}
	if err := s.policy.Write(ctx, viewer, e); err != nil {
		return Outcome{}, err
	}
	seen, err := preview.Of(s.tenantKey, rules.Hash, in.Diff)
	if err != nil {
		return Outcome{}, err
	}
	if known, err := s.standing(ctx, e.ID); err != nil || known.Seq > 0 {
		return known, err
	}
	if err := s.stillTrue(ctx, seen); err != nil {
		return Outcome{}, err
	}
	acks, err := s.log.Append(ctx, e)
	if err != nil {
		return Outcome{}, err
	}
	s.seen.put(e.ID, acks[0].Seq)
	return Outcome{ID: e.ID, Seq: acks[0].Seq, Duplicate: acks[0].Duplicate}, nil
}

// standing is where a fact stands already; none where it does not.
func (s *Service) standing(ctx context.Context, id events.FactID) (Outcome, error) {
	where := s.seen.where(id)
	if len(where) == 0 {
		return Outcome{}, nil
	}
	stored, err := s.settle(ctx, where)
	for seq, is := range stored {
		if is == id {
			return Outcome{ID: id, Seq: seq, Duplicate: true}, err
		}
	}
	return Outcome{}, err
}

// stillTrue fails with kind Conflict where what was seen is too old, or where another ruleset was activated
// since: then something else would follow.
func (s *Service) stillTrue(ctx context.Context, seen preview.Preview) error {
	if seen.At.Before(s.now().Add(-previewed)) {
		return fault.New(fault.Conflict, "diff-too-old", "what would follow was asked for more than a day ago: ask again, and look")
	}
	other := false
	err := s.log.Read(ctx, seen.End+1, []string{events.FilterFact(events.Policy, "RulesetActivated")}, func(events.Event, error) error {
		other = true
		return nil
	})
	if err == nil && other {
		err = fault.New(fault.Conflict, "another-ruleset", "another ruleset was activated since: ask again what would follow, and look")
	}
	return err
}
