package mapping

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"kith.internal/events"
)

// Survey is what follows from the whole of the files, before the first fact is made of them.
type Survey struct {
	Last   time.Time // of the last act, as the files write it
	people map[string]*tally
}

// NeedsSurvey reports whether something follows from the whole of a file.
func (m *Mapping) NeedsSurvey(f *File) bool {
	return f.Kind == OfActs && (m.Rebased() || f.Derive != nil)
}

// Survey reads the files of acts ahead. Rows that are wrong count for nothing here: Rows reports
// them. It fails where a file cannot be read.
func (m *Mapping) Survey(ctx context.Context, inputs ...Input) (*Survey, error) {
	s := &Survey{people: map[string]*tally{}}
	for _, in := range inputs {
		if !m.NeedsSurvey(in.File) {
			continue
		}
		for rec, err := range in.records(ctx) {
			if err != nil {
				return nil, err
			}
			if rec.problem == nil {
				s.row(in.File, &rec.record)
			}
		}
	}
	return s, nil
}

func (s *Survey) row(f *File, rec *record) {
	if skip, err := holds(f.program.skip, rec); err != nil || f.program.skip != nil && skip {
		return
	}
	for i := range f.program.rules {
		r := &f.program.rules[i]
		if yes, err := holds(r.when, rec); err == nil && yes {
			s.act(r, rec)
		}
	}
	if f.program.derive != nil {
		s.count(f.program.derive, rec)
	}
}

// act moves Last on. An act without a time of its own holds from its asOf.
func (s *Survey) act(r *rule, rec *record) {
	body := map[string]any{}
	for _, f := range r.fields {
		if f.from.shape.form == moment && r.time == nil {
			if v, err := f.from.get(rec, Run{}); err == nil {
				f.put(body, v)
			}
		}
	}
	at, err := r.occurred(rec, Run{Now: time.Unix(1<<40, 0)}, body)
	if entry, ok := events.Lookup(r.name); err == nil && ok && events.ActOf(entry.New()) != nil && at.After(s.Last) && at.Unix() < 1<<40 {
		s.Last = at
	}
}

// count adds a row to what is known of its two people.
func (s *Survey) count(d *derivation, rec *record) {
	v, err := d.time.get(rec, Run{})
	if err != nil {
		return
	}
	at, err := time.Parse(time.RFC3339Nano, v.(string))
	supporter, recipient := rec.cell(d.supporter), rec.cell(d.recipient)
	if err != nil || supporter == "" || recipient == "" {
		return
	}
	gave, got := s.tally(supporter, at), s.tally(recipient, at)
	gave.given[allRows]++
	got.received[allRows]++
	for name, condition := range d.counts {
		if yes, err := holds(condition, rec); err == nil && yes {
			gave.given[name]++
			got.received[name]++
		}
	}
}

func (s *Survey) tally(person string, at time.Time) *tally {
	t, ok := s.people[person]
	if !ok {
		t = &tally{person: person, given: map[string]int64{}, received: map[string]int64{}, first: at, last: at}
		s.people[person] = t
	}
	if at.Before(t.first) {
		t.first = at
	}
	if at.After(t.last) {
		t.last = at
	}
	return t
}

// Derived are the people that the mapping derives from the whole of a file, one row a person, in
// the order of their ids. A person is derived once: an id of the person alone makes a later,
// longer file change nothing about those who were there.
func (m *Mapping) Derived(in Input, s *Survey, run Run) []Row {
	d := in.File.program.derive
	if d == nil {
		return nil
	}
	var rows []Row
	for _, who := range slices.Sorted(maps.Keys(s.people)) {
		row := Row{}
		say := func(field, column, reason string) {
			row.Problems = append(row.Problems, Problem{Field: field, Column: column, Reason: reason})
		}
		for i := range d.rules {
			r := &d.rules[i]
			yes, err := holds(r.when, s.people[who])
			if err != nil {
				say("", "", "the condition for "+r.name+" "+err.Error())
			}
			if !yes || err != nil {
				continue
			}
			if req, ok := r.request(s.people[who], run, say); ok {
				req.ID = derivedID(in.File.Name, r.name, who)
				row.Requests = append(row.Requests, req)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func derivedID(file, fact, who string) string {
	sum := sha256.Sum256([]byte(file + "\x00" + fact + "\x00" + who))
	return "derived." + hex.EncodeToString(sum[:16])
}
