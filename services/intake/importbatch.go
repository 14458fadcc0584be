package intake

import (
	"net/http"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/services/intake/mapping"
)

// tellEvery is how often an import tells how far it is.
const tellEvery = 200 * time.Millisecond

// batch collects the facts of rows into commits.
type batch struct {
	i     *importing
	in    []Incoming
	lines []int
	reqs  []mapping.Request
}

func (b *batch) add(row mapping.Row) error {
	b.i.refuse(row)
	for _, r := range row.Requests {
		b.in = append(b.in, Incoming{ID: r.ID, Source: b.i.m.Source(), Type: r.Fact, Subject: r.Person, Time: r.Time, Data: r.Body})
		b.lines, b.reqs = append(b.lines, row.Line), append(b.reqs, r)
	}
	if len(b.in) < maxChunk {
		return nil
	}
	return b.flush()
}

// flush stores what was collected. Facts that are refused are reported; where nothing can be
// stored at all, the import ends, and is completed by the next one.
func (b *batch) flush() error {
	i := b.i
	for at := 0; at < len(b.in); at += maxChunk {
		end := min(at+maxChunk, len(b.in))
		outcomes := i.s.Accept(i.ctx, i.viewer, b.in[at:end], Options{
			unknown: unknownPeople{i.m.People.Unknown, i.m.People.Level}, first: i.first, stored: i.stored,
		})
		if i.raced {
			return fault.New(fault.Conflict, "import-running", "another import by this mapping began at the same time: import again")
		}
		for n, o := range outcomes {
			if err := i.outcome(o, b.lines[at+n], b.reqs[at+n]); err != nil {
				return err
			}
		}
	}
	if len(b.lines) > 0 {
		i.at.Line = b.lines[len(b.lines)-1]
	}
	b.in, b.lines, b.reqs = b.in[:0], b.lines[:0], b.reqs[:0]
	i.tell()
	return nil
}

func (i *importing) outcome(o Outcome, line int, r mapping.Request) error {
	switch {
	case o.Err == nil && o.Duplicate:
		i.at.Duplicate++
	case o.Err == nil:
		i.at.Accepted++
		i.done.Sequence = max(i.done.Sequence, o.Seq)
	case fault.Status(o.Err) >= http.StatusInternalServerError:
		return o.Err
	default:
		for _, p := range problemsOf(o.Err, line, r) {
			i.problem(p)
		}
		i.at.Refused++
	}
	return nil
}

func problemsOf(err error, line int, r mapping.Request) []mapping.Problem {
	p := fault.ProblemOf(err)
	if len(p.Errors) == 0 {
		return []mapping.Problem{{Line: line, Reason: p.Detail}}
	}
	var all []mapping.Problem
	for _, f := range p.Errors {
		all = append(all, mapping.Problem{Line: line, Field: f.Name, Column: r.ColumnOf(f.Name), Reason: f.Reason})
	}
	return all
}

// refuse reports all that is wrong with a row, which is refused once.
func (i *importing) refuse(row mapping.Row) {
	for _, p := range row.Problems {
		p.Line = row.Line
		i.problem(p)
	}
	if len(row.Problems) > 0 {
		i.at.Refused++
		i.s.metrics.facts.WithLabelValues("refused").Inc()
	}
}

func (i *importing) problem(p mapping.Problem) {
	p.File = i.at.File
	i.report.Problem(p)
}

func (i *importing) tell() {
	if now := i.s.now(); now.Sub(i.told) >= tellEvery {
		i.told = now
		i.report.Progress(i.at)
	}
}
