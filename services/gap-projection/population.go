package gaps

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// hide takes a metric out that was asked of nobody.
func hide(cells []coverage.Cell, metric events.Code) {
	for i, c := range cells {
		if c.Metric == metric {
			cells[i] = coverage.Cell{By: c.By, Cell: c.Cell, Metric: c.Metric, Suppressed: true}
		}
	}
}

// population is everybody the directory speaks of, with their answers, and whether there are sponsors enough to
// speak of the busiest.
func (s *step) population(ended time.Time, floor int) (people []coverage.Person, concentrated bool, err error) {
	rules, err := s.ruleset()
	if err != nil {
		return nil, false, err
	}
	keys, err := s.d.Keys(readmodel.NetworkKey(""))
	if err != nil {
		return nil, false, err
	}
	sponsors := map[events.PersonID][]int{} // by sponsor: whom they sponsor, as places in people
	for _, key := range keys {
		n, err := projection.Look[readmodel.Network](s.d, key)
		if err != nil {
			return nil, false, err
		}
		if n == nil || n.Erased || n.Merged != "" || n.At(s.now).Presence == readmodel.Unknown {
			continue
		}
		v := subject{view: newView(n, rules, s.now), from: ended.AddDate(0, 0, -7), to: ended}
		for _, one := range v.sponsors {
			sponsors[one.id] = append(sponsors[one.id], len(people))
		}
		people = append(people, v.person())
	}
	return people, busiest(people, sponsors, floor), nil
}

// The bands of tenure.
const (
	firstYear events.Code = "first-year"
	settled   events.Code = "1-to-3-years"
	longHere  events.Code = "over-3-years"
)

// person is the subject as a crowd counts them.
func (s subject) person() coverage.Person {
	p := coverage.Person{ID: s.n.Person, Gone: s.standing.Presence == readmodel.Gone, Out: !s.n.TakesPart("org-aggregate")}
	if p.Gone || p.Out {
		return p
	}
	switch here := s.now.Sub(s.standing.Start); {
	case here < year:
		s.tenure = firstYear
	case here < 3*year:
		s.tenure = settled
	default:
		s.tenure = longHere
	}
	p.Place = coverage.Place{coverage.Tenure: s.tenure}
	if s.standing.Department != "" {
		p.Place[coverage.Department] = s.standing.Department
	}
	if s.standing.Level > 0 {
		p.Place[coverage.Level] = stageCode(s.rules.StageAt(s.standing.Level))
	}
	for i, q := range questions {
		p.Yes.Set(i, q.yes(s))
	}
	return p
}

var codeRE = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,47}$`)

// stageCode is a stage as a code: a ruleset may call it anything.
func stageCode(stage ruleset.Stage) events.Code {
	if codeRE.MatchString(stage.Name) {
		return events.Code(stage.Name)
	}
	return events.Code("from-level-" + strconv.Itoa(stage.FromLevel))
}

// busiest answers for everybody whether one of the busiest tenth of sponsors sponsors them; false where this tenth
// is fewer than a step, who must not be spoken of.
func busiest(people []coverage.Person, sponsors map[events.PersonID][]int, floor int) bool {
	question := slices.IndexFunc(questions, func(q question) bool { return q.Code == busiestSponsors })
	order := slices.SortedFunc(maps.Keys(sponsors), func(a, b events.PersonID) int {
		return cmp.Or(cmp.Compare(len(sponsors[b]), len(sponsors[a])), cmp.Compare(a, b))
	})
	tenth := len(order) / 10
	if tenth < coverage.StepOf(floor) {
		return false
	}
	for _, one := range order[:tenth] {
		for _, i := range sponsors[one] {
			people[i].Yes.Set(question, !people[i].Gone && !people[i].Out)
		}
	}
	return true
}

// valuesOf are the values that dimensions have among people, sorted.
func valuesOf(people []coverage.Person) map[coverage.Dimension][]events.Code {
	values := map[coverage.Dimension][]events.Code{}
	for _, p := range people {
		for d, v := range p.Place {
			if i, known := slices.BinarySearch(values[d], v); !known && v != "" && !p.Gone && !p.Out {
				values[d] = slices.Insert(values[d], i, v)
			}
		}
	}
	return values
}
