package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/isoweek"
)

// What was told of the organization at a time is what was published, once anything was. Of the time before that is
// told what the crowds of the first published week answer, by what was known when it was published. No other people
// are ever counted together, and nothing that was recorded since changes a number: so there is nothing to subtract.

// CoverageTold is what was published of the last week that had ended by a time, of weeks from the facts that tell
// them; false where none had. Floors are those that were ever set, by the fact that did, and floor is today's.
func CoverageTold(told []events.Event, at time.Time, floors map[string]int, floor int, by string) (a CoverageAnswer, known bool, err error) {
	q := CoverageQuery{By: coverage.Dimension(by)}
	if err := q.check(); err != nil {
		return a, false, err
	}
	week := isoweek.Of(at.AddDate(0, 0, -7))
	p := &Published{}
	for _, e := range told {
		f := e.Fact.(*events.CoverageMeasured)
		if f.Week > week || f.Week < p.Week {
			continue
		}
		if f.Week > p.Week {
			p = &Published{Week: f.Week, Policy: Policy{max(floors[f.Policy], defaultPolicy.Floor), f.Policy}, At: e.Time}
		}
		if p.Cells = append(p.Cells, cellOf(f)); f.By == events.Code(coverage.Group) {
			p.Groups = groupsTold
		}
	}
	return q.answer(p, floor), p.Week != "", nil
}

// answer is a week under a floor, or a higher one of its own.
func (q CoverageQuery) answer(p *Published, floor int) CoverageAnswer {
	floor = max(floor, p.Policy.Floor)
	a := CoverageAnswer{Floor: floor, Crowd: coverage.Least(coverage.StepOf(floor)), Weeks: []WeekView{}}
	a.add(p, q)
	return a
}

// CoverageBefore is what the crowds of the first published week answer at a time before it. First is the documents
// as they were when it was published, then what was true at the time by what was known when it was. Out is who must not
// be counted any more. It fails with fault.NotFound where the crowds cannot be had any more.
func CoverageBefore(first, then *projection.Docs, at time.Time, floor int, by string, out func(events.PersonID) bool) (a CoverageAnswer, err error) {
	q := CoverageQuery{By: coverage.Dimension(by)}
	if err := q.check(); err != nil {
		return a, err
	}
	p, roster, err := lastWeek(first)
	if err != nil {
		return a, err
	}
	rules, err := NewRules()
	if err != nil {
		return a, err
	}
	p.Policy.Floor = max(p.Policy.Floor, floor)
	s := &step{d: then, initial: rules.initial, now: at}
	people, concentrated, err := s.population(at, p.Policy.Floor)
	if err != nil {
		return a, err
	}
	roster.Again(people, out, len(questions))
	values := valuesIn(p.Cells)
	p.Week, p.At, p.Groups = isoweek.Of(at.AddDate(0, 0, -1)), at, ""
	p.Cells = coverage.Cells(roster.Picture(p.Policy.Floor, len(questions)), Metrics(), values)
	if !concentrated {
		hide(p.Cells, busiestSponsors)
	}
	return q.answer(p, floor), nil
}

var errNoFirst = fault.New(fault.NotFound, "not-measured", "the first crowds cannot be made again, for the rules, or whoever stood in them, are others now: ask of a time after the first published week")

// lastWeek is the week that was measured last, and its crowds, if these tell what was published.
func lastWeek(d *projection.Docs) (*Published, *coverage.Roster, error) {
	s := &step{d: d}
	m, err := projection.Get[Measured](d, coverageKey)
	if m == nil || err != nil {
		return nil, nil, errNoFirst
	}
	kept, err := projection.Get[crowdsOfGroups](d, groupsKey)
	if err != nil {
		return nil, nil, err
	}
	published, err := projection.Get[Published](d, WeekKey(m.Week))
	if published == nil || err != nil || kept != nil && kept.Unsure {
		return nil, nil, errNoFirst
	}
	roster, err := s.roster(m.Crowd)
	if err != nil {
		return nil, nil, err
	}
	p := *published
	cells := coverage.Cells(roster.Picture(p.Policy.Floor, len(questions)), Metrics(), valuesIn(p.Cells))
	for _, c := range p.Cells {
		c.Smallest = 0
		same := func(o coverage.Cell) bool { o.Smallest = 0; return o == c }
		if c.By != coverage.Group && !c.Suppressed && !slices.ContainsFunc(cells, same) {
			return nil, nil, errNoFirst
		}
	}
	return &p, roster, nil
}

// valuesIn are the values that cells are told by.
func valuesIn(cells []coverage.Cell) map[coverage.Dimension][]events.Code {
	values := map[coverage.Dimension][]events.Code{}
	for _, c := range cells {
		if c.By != "" && c.By != coverage.Group && !slices.Contains(values[c.By], c.Cell) {
			values[c.By] = append(values[c.By], c.Cell)
		}
	}
	for _, codes := range values {
		slices.Sort(codes)
	}
	return values
}
