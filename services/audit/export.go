package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/replay"
)

// Record is everything that is held on a person, line by line: what they have a right to, in a form that other
// programs read.
type Record []any

// Content implements what kit asks of an answer that is not JSON: these are lines of it.
func (r Record) Content() (string, []byte) {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, line := range r {
		lines.Encode(line) //nolint:errcheck // what is in it was made here
	}
	return "application/x-ndjson", text.Bytes()
}

// The lines of a record, in this order. Each says by its kind what it is.
type (
	aboutLine struct {
		Kind    string            `json:"kind"` // about
		Person  events.PersonID   `json:"person"`
		Entries []events.PersonID `json:"entries"` // of the directory that are the person's
		At      time.Time         `json:"at"`
		Known   uint64            `json:"known"` // the last sequence of the log that is in it
		Mode    events.LegalMode  `json:"legalMode"`
	}
	factLine struct {
		Kind      string          `json:"kind"` // fact
		Seq       uint64          `json:"seq"`
		Recorded  time.Time       `json:"recorded"`
		ID        events.FactID   `json:"id"`
		Type      string          `json:"type"`
		Time      time.Time       `json:"time"`
		Source    string          `json:"source,omitempty"`
		Actor     string          `json:"actor,omitempty"`
		Subject   string          `json:"subject"`
		Causation events.FactID   `json:"causation,omitempty"`
		Data      json.RawMessage `json:"data"`
	}
	sealedLine struct {
		Kind  string       `json:"kind"`  // sealed: somebody spoke for the person, who is not to know more of it yet
		Month events.Month `json:"month"` // in which
	}
	exemptLine struct {
		Kind  string `json:"kind"`  // exempt: what was said in confidence by others, if anything, is not in the record
		Basis string `json:"basis"` // by which law
	}
	seenLine struct {
		Kind string `json:"kind"` // seen: roles, gaps, and why, as of now
		Seen any    `json:"seen"`
	}
	viewedLine struct {
		Kind string `json:"kind"` // viewed
		Viewing
	}
)

// exemption is where the law lets a controller hold back what others said in confidence.
const exemption = "gdpr-15-4"

// record is everything that is held on a person. It fails with fault.NotFound where that is nothing, or where
// they were erased, and as access.Policy.Read does.
func (s *Service) record(ctx context.Context, q PersonQuery) (Record, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.Record(q.Person)); err != nil {
		return nil, err
	}
	if s.keys == nil {
		return nil, errNoKeys
	}
	n, err := s.naming(ctx, q.Person)
	if err != nil {
		return nil, err
	}
	mode, err := s.legalMode(ctx)
	if err != nil {
		return nil, err
	}
	r := recording{named: n, mode: mode, nameless: map[events.FactID]bool{}}
	lines := Record{aboutLine{"about", q.Person, n.entries, s.now().UTC(), n.all[len(n.all)-1].Seq, mode}}
	for _, e := range n.all {
		if err := s.recordOne(ctx, &r, e); err != nil {
			return nil, err
		}
	}
	seen, err := s.seenNow(ctx, q.Person)
	return slices.Concat(lines, r.facts, r.confidential(), seen, r.viewed), err
}

// seenNow is what the person sees now: their roles and gaps, each with what it rests on. Who has no network sees none.
func (s *Service) seenNow(ctx context.Context, p events.PersonID) (Record, error) {
	cut := replay.Cut{At: s.now().UTC(), Known: s.postings.End()}
	facts, err := s.restsOn(ctx, p, cut.Known)
	if err != nil {
		return nil, err
	}
	_, seen, err := s.seen(ctx, p, cut, facts)
	switch {
	case fault.KindOf(err) == fault.NotFound && err != nil:
		return nil, nil
	case err != nil:
		return nil, err
	}
	return Record{seenLine{"seen", seen}}, nil
}

// legalMode is what the person is told of what others said in confidence, by the last policy.
func (s *Service) legalMode(ctx context.Context) (events.LegalMode, error) {
	common, err := s.read(ctx, s.postings.Named("", s.postings.End()))
	mode := events.LegalMode("disclose-existence")
	for _, e := range common {
		if f, ok := e.Fact.(*events.PolicyChanged); ok {
			mode = f.LegalMode
		}
	}
	return mode, err
}

// recording is a record while it is made.
type recording struct {
	*named
	mode          events.LegalMode
	facts, viewed Record
	sealed        []events.Month
	nameless      map[events.FactID]bool // what was said to the person without a name
}

// recordOne adds a fact as far as the person may know it.
func (s *Service) recordOne(ctx context.Context, r *recording, e events.Event) error {
	if v := r.viewing(e); v != nil {
		r.viewed = append(r.viewed, viewedLine{"viewed", *v})
		return nil
	}
	if r.mode != "full" && r.inConfidence(e) {
		if events.ActOf(e.Fact) != nil && r.is(e.Person()) {
			r.sealed = append(r.sealed, events.Month(e.Time.UTC().Format("2006-01")))
		}
		return nil
	}
	if r.tellsWho(e) {
		return nil
	}
	data, err := s.opened(ctx, r, e)
	if err != nil {
		return err
	}
	line := factLine{"fact", e.Seq, e.Recorded, e.ID, e.Type(), e.Time, e.Source, e.Actor, e.Subject, e.CausationID, data}
	if r.unnamed(e) {
		line.Source, line.Actor, r.nameless[e.ID] = "", "", true
	}
	r.facts = append(r.facts, line)
	return nil
}

// inConfidence reports whether a fact is sealed from the person: whoever gave an act themselves knows of it.
func (r *recording) inConfidence(e events.Event) bool {
	if e.Context != events.Sealed && e.Context != events.RoleSealed {
		return false
	}
	for _, field := range events.PersonFields(e.Fact) {
		if field.Name == "supporter" && r.is(*field.ID) {
			return false
		}
	}
	return e.Actor == "" || !r.is(events.PersonID(e.Actor))
}

// unnamed reports whether somebody spoke to the person without a name: who it was belongs to them, in any mode.
func (r *recording) unnamed(e events.Event) bool {
	f, ok := e.Fact.(*events.FeedbackGiven)
	return ok && f.Sharing != "named" && !r.is(f.Supporter)
}

// tellsWho reports whether a fact is about something that was said without a name, and would tell it.
func (r *recording) tellsWho(e events.Event) bool {
	ids, _ := events.References(e.Fact)
	return slices.ContainsFunc(ids, func(id *events.FactID) bool { return r.nameless[*id] })
}

// opened is what a fact says, with what is sealed for the person opened, and without what is sealed for others.
func (s *Service) opened(ctx context.Context, r *recording, e events.Event) (json.RawMessage, error) {
	body, err := json.Marshal(e.Fact)
	if err != nil {
		return nil, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	if r.unnamed(e) {
		delete(members, "supporter")
	}
	for name, sealed := range events.Secrets(e.Fact) {
		delete(members, name)
		if len(*sealed) == 0 || !r.is(e.Person()) || r.unnamed(e) || name == "followedFrom" && r.mode != "full" {
			continue // a promotion follows from sealed acts, too
		}
		plain, err := s.keys.Open(ctx, e.Person(), name, *sealed)
		if err != nil {
			return nil, err
		}
		members[name] = plain
	}
	return json.Marshal(members)
}

// confidential is what is said of what others said in confidence. The months are not in the order of the
// log, in which they would stand between facts that can be dated.
func (r *recording) confidential() (lines Record) {
	if r.mode == "exempt-reference" {
		return Record{exemptLine{"exempt", exemption}}
	}
	slices.SortFunc(r.sealed, func(a, b events.Month) int { return cmp.Compare(a, b) })
	for _, month := range r.sealed {
		lines = append(lines, sealedLine{"sealed", month})
	}
	return lines
}
