package events

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Problem is one faulty field of a fact: its path in the JSON body, such as "topics[1]", and a
// reason a stranger can act on. It never repeats the faulty value, which might name somebody.
// The path is empty where the body as a whole is at fault.
type Problem struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// Problems is every faulty field of a fact at once.
type Problems struct{ Fields []Problem }

// Error lists every field with what is wrong with it.
func (p *Problems) Error() string {
	var parts []string
	for _, f := range p.Fields {
		parts = append(parts, strings.TrimPrefix(f.Field+": "+f.Reason, ": "))
	}
	return strings.Join(parts, "; ")
}

// JoinProblems makes one *Problems of what several checks of one fact found; of a field that
// an earlier one names, or a part of such a field, it keeps the first reason. It returns nil where all are nil, and
// the first error that is no *Problems as it is.
func JoinProblems(errs ...error) error {
	r := &report{}
	for _, err := range errs {
		var p *Problems
		switch {
		case errors.As(err, &p):
			r.join(p.Fields)
		case err != nil:
			return err
		}
	}
	return r.err()
}

// report collects problems on a walk through a fact. Paths are only spelled out for a problem,
// because nearly every fact has none.
type report struct {
	problems []Problem
	at       []step // from the root to where the walk is
	known    Clear  // secrets that are given, though not in the fact
}

// step is a member of an object, or an element of a list where name is empty.
type step struct {
	name  string
	index int
}

func (r *report) enter(s step) { r.at = append(r.at, s) }
func (r *report) leave()       { r.at = r.at[:len(r.at)-1] }

// add reports a member of the object where the walk is; "" is the value where it is.
func (r *report) add(member, reason string) {
	var b strings.Builder
	for _, s := range r.at {
		s.write(&b)
	}
	if member != "" {
		step{name: member}.write(&b)
	}
	r.problems = append(r.problems, Problem{Field: b.String(), Reason: reason})
}

func (s step) write(path *strings.Builder) {
	switch {
	case s.name == "":
		path.WriteString("[" + strconv.Itoa(s.index) + "]")
	case path.Len() > 0:
		path.WriteString("." + s.name)
	default:
		path.WriteString(s.name)
	}
}

func (r *report) join(more []Problem) {
	n := len(r.problems)
	for _, m := range more {
		if !slices.ContainsFunc(r.problems[:n], func(p Problem) bool { return p.covers(m.Field) }) {
			r.problems = append(r.problems, m)
		}
	}
}

// covers reports whether field is what p names, or a part of it: a body that is no JSON need not
// be told what it lacks.
func (p Problem) covers(field string) bool {
	rest, ok := strings.CutPrefix(field, p.Field)
	return ok && (rest == "" || p.Field == "" || rest[0] == '.' || rest[0] == '[')
}

func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &Problems{Fields: r.problems}
}
