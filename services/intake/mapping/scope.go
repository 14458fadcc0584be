package mapping

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
)

// scope is what the expressions of a rule may name: a row, or a person with counts.
type scope interface {
	cel.Activation
	cell(column string) string
}

// record is one row of a file.
type record struct {
	line  int
	index map[string]int // a column's place in the row
	cells []string
}

// ResolveName finds row.<column> and line.
func (r *record) ResolveName(name string) (any, bool) {
	if name == "line" {
		return int64(r.line), true
	}
	column, ok := strings.CutPrefix(name, "row.")
	if !ok {
		return nil, false
	}
	at, ok := r.index[column]
	if !ok {
		return nil, false
	}
	return r.cells[at], true
}

// Parent is none.
func (r *record) Parent() cel.Activation { return nil }

func (r *record) cell(column string) string { return r.cells[r.index[column]] }

// allRows counts every row of a person, whatever the mapping counts besides.
const allRows = "all"

// tally is what a whole file says of one person.
type tally struct {
	person          string
	given, received map[string]int64
	first, last     time.Time
}

// ResolveName finds person, first, last, given.<count> and received.<count>.
func (t *tally) ResolveName(name string) (any, bool) {
	switch name {
	case "person":
		return t.person, true
	case "first":
		return t.first, true
	case "last":
		return t.last, true
	}
	if count, ok := strings.CutPrefix(name, "given."); ok {
		return t.given[count], true
	}
	if count, ok := strings.CutPrefix(name, "received."); ok {
		return t.received[count], true
	}
	return nil, false
}

// Parent is none.
func (t *tally) Parent() cel.Activation { return nil }

// cell is of no use here: the compiler refuses columns in derived facts.
func (t *tally) cell(string) string { return "" }
