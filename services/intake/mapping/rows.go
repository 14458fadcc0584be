package mapping

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"
)

// Run is what differs between two imports of the same files.
type Run struct {
	Shift time.Duration // added to every time
	Now   time.Time     // the time of facts that the files give none
}

// Request is a fact as intake takes it: people stand in it by their external ids, and what will
// be sealed in clear.
type Request struct {
	ID     string          // the sender's id: the same row always has the same
	Fact   string          // wire name
	Person string          // whom it is about, where the body does not say
	Time   time.Time       // when it happened
	Body   json.RawMessage // its fields

	columns map[string]string
}

// ColumnOf is the file's column behind a field of the body, or "".
func (r Request) ColumnOf(field string) string {
	field, _, _ = strings.Cut(field, "[") // of an item, that of the list
	return r.columns[field]
}

// Row is what one row of a file says: facts, or what is wrong with it, or both.
type Row struct {
	Line     int
	Requests []Request
	Problems []Problem
}

// Rows reads one file. Its errors are those of reading; what is wrong with a row stands in the
// row. A file without a needed column yields one row with that problem, and ends.
func (m *Mapping) Rows(ctx context.Context, in Input, run Run) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		seen := counter{}
		for rec, err := range in.records(ctx) {
			switch {
			case err != nil:
				yield(Row{}, err)
				return
			case rec.problem != nil:
				if !yield(Row{Line: rec.line, Problems: []Problem{*rec.problem}}, nil) {
					return
				}
			default:
				if row := in.File.row(&rec.record, run, seen); row.worth() && !yield(row, nil) {
					return
				}
			}
		}
	}
}

func (r Row) worth() bool { return len(r.Requests) > 0 || len(r.Problems) > 0 }

// row makes the facts of one row.
func (f *File) row(rec *record, run Run, seen counter) Row {
	row := Row{Line: rec.line}
	say := func(field, column, reason string) {
		row.Problems = append(row.Problems, Problem{Line: rec.line, Field: field, Column: column, Reason: reason})
	}
	skip, err := holds(f.program.skip, rec)
	if err != nil {
		say("", "", "skip "+err.Error())
		return row
	}
	if f.program.skip != nil && skip {
		return row
	}
	taken := false
	for i := range f.program.rules {
		r := &f.program.rules[i]
		yes, err := holds(r.when, rec)
		if err != nil {
			say("", "", "the condition for "+r.name+" "+err.Error())
		}
		if !yes || err != nil {
			continue
		}
		taken = true
		if req, ok := r.request(rec, run, say); ok {
			req.ID = seen.id(f, i, r, rec)
			row.Requests = append(row.Requests, req)
		}
	}
	if !taken && len(row.Problems) == 0 {
		say("", "", "no fact of the mapping takes this row")
	}
	return row
}
