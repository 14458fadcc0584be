package coverage

import (
	"cmp"
	"slices"

	"kith.internal/events"
)

// Picture is all that is ever told of a week: every cell is computed from it and from nothing else.
type Picture struct {
	Crowds []Sketch
	Total  []Span // of all crowds together, by question
}

// Sketch is what is told of one crowd.
type Sketch struct {
	Crowd  int // its number
	Labels Place
	Size   int
	Kept   int    // how many of them are counted with an answer of another time
	Told   []Span // by question
}

// Picture tells what may be told of the crowds as they were last counted.
func (r *Roster) Picture(floor, questions int) Picture {
	step := StepOf(floor)
	p, counts := Picture{Total: make([]Span, questions)}, make([]int, questions)
	for _, c := range r.Crowds {
		if c.Size < Least(step) {
			continue // too few, for now: nothing is told of them
		}
		s := Sketch{Crowd: c.ID, Labels: c.Labels, Size: c.Size, Kept: c.Kept, Told: make([]Span, questions)}
		for q, n := range c.Counts {
			s.Told[q] = spanOf(n, s.Size, step)
			counts[q] += n
		}
		p.Crowds = append(p.Crowds, s)
	}
	for q := range questions {
		p.Total[q] = p.total(q, counts[q], step)
	}
	return p
}

// total lays a span over what the crowds' spans leave open: it begins where they do. It is twice as long, so that
// what everybody's number and a crowd's say together of those who came to it leaves as much open as either.
func (p Picture) total(q, count, step int) Span {
	low, high := 0, 0
	for _, s := range p.Crowds {
		low, high = low+s.Told[q].Low, high+s.Told[q].High
	}
	s := spanOf(count-low, high-low, 2*step)
	return Span{low + s.Low, low + s.High}
}

// Cell is one number of a week.
type Cell struct {
	By         Dimension   `json:"by,omitempty"` // empty: of everybody
	Cell       events.Code `json:"cell"`         // the value of By
	Metric     events.Code `json:"metric"`
	Value      int         `json:"value,omitempty"`      // percent, to the nearest five; 5 is "at most", 95 "at least"
	Margin     int         `json:"margin,omitempty"`     // by how many points the value may be off
	People     int         `json:"people,omitempty"`     // of how many it speaks
	Smallest   int         `json:"smallest,omitempty"`   // the size of the smallest crowd in it
	Suppressed bool        `json:"suppressed,omitempty"` // too few people, or too vague, to be told
}

// Everybody is the cell of all people.
const Everybody events.Code = "everybody"

// vaguest is the margin beyond which a cell tells nothing.
const vaguest = 30

// Cells are the cells of a week: of every metric that of everybody, and one for each value that
// its dimensions have among people, hidden where no crowd stands for it. There are none where there is
// no crowd at all.
func Cells(p Picture, metrics []Metric, values map[Dimension][]events.Code) []Cell {
	var cells []Cell
	if len(p.Crowds) == 0 {
		return nil
	}
	for q, m := range metrics {
		if !m.Parts {
			cells = append(cells, p.everybody(q, m.Code))
		}
		for _, d := range m.By {
			for _, v := range values[d] {
				if m.Only == "" || m.Only == v {
					cells = append(cells, p.cell(q, m.Code, d, v))
				}
			}
		}
	}
	return cells
}

func (p Picture) everybody(q int, metric events.Code) Cell {
	open := p.Total[q].High - p.Total[q].Low
	for _, s := range p.Crowds {
		open += s.Kept
	}
	return p.estimate(q, p.Crowds, open, Cell{Cell: Everybody, Metric: metric})
}

func (p Picture) cell(q int, metric events.Code, d Dimension, v events.Code) Cell {
	var in []Sketch
	open := 0
	for _, s := range p.Crowds {
		if s.Labels[d] == v {
			in, open = append(in, s), open+s.Told[q].High-s.Told[q].Low+s.Kept
		}
	}
	return p.estimate(q, in, open, Cell{By: d, Cell: v, Metric: metric})
}

// estimate is the share among some crowds, of which open counts are possible beside the lowest. Where
// in its span each crowd lies is taken to be as it is with all crowds together: a question to which few say
// yes is not rounded up in every crowd.
func (p Picture) estimate(q int, crowds []Sketch, open int, c Cell) Cell {
	low, room := 0, 0
	for _, s := range p.Crowds {
		low, room = low+s.Told[q].Low, room+s.Told[q].High-s.Told[q].Low
	}
	twice := p.Total[q].Low + p.Total[q].High - 2*low // of what lies above low
	part, size := 0, 0                                // part is of 2 × room × size
	for _, s := range crowds {
		part += 2*room*s.Told[q].Low + twice*(s.Told[q].High-s.Told[q].Low)
		size += s.Size
	}
	if size > 0 {
		c.Smallest = slices.MinFunc(crowds, func(a, b Sketch) int { return cmp.Compare(a.Size, b.Size) }).Size
		c.Margin = (100*open + 2*size - 1) / (2 * size)
	}
	if size == 0 || c.Margin > vaguest {
		return Cell{By: c.By, Cell: c.Cell, Metric: c.Metric, Suppressed: true}
	}
	whole := 2 * room * size
	c.Value = min(max(5*((40*part+whole)/(2*whole)), 5), 95)
	c.People = size
	return c
}
