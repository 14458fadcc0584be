package coverage

import (
	"hash/fnv"
	"slices"

	"kith.internal/events"
)

// Dimension is what cells are told apart by.
type Dimension string

// The dimensions.
const (
	Department Dimension = "department"
	Level      Dimension = "level"  // a stage of a career
	Tenure     Dimension = "tenure" // how long somebody has been there
)

// Place is where somebody stands, as the directory tells everybody.
type Place map[Dimension]events.Code

// within reports whether p has all that is asked for.
func (p Place) within(labels Place) bool {
	for d, v := range labels {
		if p[d] != v {
			return false
		}
	}
	return true
}

// Answers are the questions to which somebody's answer is yes, by index.
type Answers [2]uint64

// Capacity is how many questions there may be.
const Capacity = 128

// Set answers a question with yes, if that is so.
func (a *Answers) Set(question int, yes bool) {
	if yes {
		a[question/64] |= 1 << (question % 64)
	}
}

// Yes reports the answer to a question.
func (a Answers) Yes(question int) bool { return a[question/64]&(1<<(question%64)) != 0 }

// or are the questions to which one of both says yes.
func (a Answers) or(b Answers) Answers { return Answers{a[0] | b[0], a[1] | b[1]} }

// Person is one person in one week.
type Person struct {
	ID    events.PersonID
	Gone  bool // no longer there
	Out   bool // takes no part: must not be counted
	Place Place
	Yes   Answers
}

// Plan says which dimensions are counted together, in tables. Everybody is counted in one table only; one that
// stands there twice counts twice as many people.
type Plan [][]Dimension

// Standard is the plan of an organization that has asked for no other: one half of the people is counted by
// department, a quarter by level, a quarter by tenure.
func Standard() Plan { return Plan{{Department}, {Level}, {Department}, {Tenure}} }

// of is the table that a person is counted in: it never changes.
func (p Plan) of(person events.PersonID) []Dimension {
	h := fnv.New32a()
	h.Write([]byte(person))
	return p[int(h.Sum32()>>8)%len(p)]
}

// tables are those of the plan, each once.
func (p Plan) tables() (tables [][]Dimension) {
	for _, t := range p {
		if !slices.ContainsFunc(tables, func(known []Dimension) bool { return slices.Equal(known, t) }) {
			tables = append(tables, t)
		}
	}
	return tables
}

// kinds are the sets of dimensions that crowds of a table may be of, the finest first: whoever
// finds no crowd of their own is counted in a wider one, or with the rest of everybody.
func kinds(table []Dimension) [][]Dimension {
	sets := [][]Dimension{table}
	if len(table) > 1 {
		for _, d := range table {
			sets = append(sets, []Dimension{d})
		}
	}
	return sets
}

// labels are what a person has of some dimensions; nil where they lack one.
func labels(p Person, of []Dimension) Place {
	l := Place{}
	for _, d := range of {
		if p.Place[d] == "" {
			return nil
		}
		l[d] = p.Place[d]
	}
	return l
}
