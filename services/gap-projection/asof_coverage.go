package gaps

import (
	"time"

	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
)

// CoverageOf is what the program view would have published of the week that ended at a time, by these documents,
// under the floor then in force or a higher one, by a dimension or, where that is empty, of everybody. People are
// brought together in crowds of their own, as on the first Monday of an organization.
func CoverageOf(networks *projection.Docs, ended time.Time, floor int, by string) (CoverageAnswer, error) {
	q := CoverageQuery{By: coverage.Dimension(by)}
	if err := q.check(); err != nil {
		return CoverageAnswer{}, err
	}
	rules, err := NewRules()
	if err != nil {
		return CoverageAnswer{}, err
	}
	s := &step{d: networks, initial: rules.initial, now: ended}
	policy, err := s.policy()
	if err != nil {
		return CoverageAnswer{}, err
	}
	policy.Floor = max(policy.Floor, floor)
	people, concentrated, err := s.population(ended, policy.Floor)
	if err != nil {
		return CoverageAnswer{}, err
	}
	roster := &coverage.Roster{}
	roster.Turn(coverage.Standard(), people, policy.Floor, len(questions))
	cells := coverage.Cells(roster.Picture(policy.Floor, len(questions)), Metrics(), valuesOf(people))
	if !concentrated {
		hide(cells, busiestSponsors)
	}
	a := CoverageAnswer{Floor: policy.Floor, Crowd: coverage.Least(coverage.StepOf(policy.Floor)), Weeks: []WeekView{}}
	a.add(&Published{Week: coverage.WeekOf(ended.AddDate(0, 0, -1)), Policy: policy, At: ended, Cells: cells}, q)
	return a, nil
}
