package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/isoweek"
)

// The business rules of the program view (the package coverage has those of privacy):
//
//  1. Once a week, on Monday at 00:00 UTC, the week that has ended is measured, from networks as
//     they are then. A Due fact says that it is time; one that comes late measures when it comes.
//  2. While an import runs or settles nothing is measured: when it has settled, what was put off is. So an
//     organization that has just been imported sees its first figures at once, for the week that ended last.
//     Weeks before that are not made up: the log says what people did then, not what was believed then.
//  3. A week is published once, as facts, and never changes. A week in which nobody measured has none.
//  4. Everybody is counted who is in the directory, present or on leave, and takes part in the
//     purpose org-aggregate.
//  5. What is counted is what people may know themselves: roles that only sealed acts show are left out, so
//     that a number never moves with an endorsement its recipient must not learn of.
//  6. Who identifies with a group is counted by it if they take part in the purpose inclusion-analysis too, and
//     have not withdrawn. Groups are opened for that moment and written nowhere (groups.go).

// The documents of the program view.
const (
	coverageKey = "coverage" // what has been measured
	policyKey   = "policy"   // the floor in force
	crowdPrefix = "crowd."   // one document a crowd
	weekPrefix  = "week."    // one document a published week
)

// Measured is how far the program view has come.
type Measured struct {
	Week  events.Code `json:"week,omitempty"` // the last week that was measured
	Crowd int         `json:"crowd"`          // the highest number of a crowd
	Next  time.Time   `json:"next"`           // when it is time again
}

// Policy is the floor in force.
type Policy struct {
	Floor   int    `json:"floor"`
	Version string `json:"version"` // the id of the fact that set it, or "default"
}

// defaultPolicy is in force until a PolicyChanged says otherwise (domain.md section 5.1).
var defaultPolicy = Policy{Floor: 5, Version: "default"}

// Published is one week as it was published.
type Published struct {
	Week   events.Code     `json:"week"`
	Policy Policy          `json:"policy"`
	At     time.Time       `json:"at"`
	Groups events.Code     `json:"groups,omitempty"` // how groups are told; empty in weeks from before they were
	Cells  []coverage.Cell `json:"cells"`
}

// WeekKey is where a published week stands.
func WeekKey(week events.Code) string { return weekPrefix + string(week) }

// schedule asks for the first measurement once there is anybody.
func (s *step) schedule() error {
	if s.d.Seq(coverageKey) > 0 {
		return nil
	}
	s.keepMeasured(&Measured{})
	return nil
}

func (s *step) policyChanged(f *events.PolicyChanged) error {
	if s.d.Seq(policyKey) < s.in.Seq {
		s.d.Put(policyKey, &Policy{Floor: max(f.Floor, defaultPolicy.Floor), Version: string(s.in.ID)})
	}
	return nil
}

// measureDue measures the week that has ended, if that was not done, and asks for the next Monday.
func (s *step) measureDue() error {
	m, err := projection.Get[Measured](s.d, coverageKey)
	if m == nil || err != nil || s.d.Seq(coverageKey) >= s.in.Seq {
		return err
	}
	importing, err := s.importing()
	if err != nil {
		return err
	}
	ended := isoweek.Monday(s.now)
	if week := isoweek.Of(ended.AddDate(0, 0, -1)); week > m.Week && !importing {
		if err := s.measure(m, ended, week); err != nil {
			return err
		}
		m.Week = week
	}
	s.keepMeasured(m)
	return nil
}

// keepMeasured keeps how far it has come, and asks for the next Monday.
func (s *step) keepMeasured(m *Measured) {
	m.Next = isoweek.Next(later(s.now, s.d.Time().UTC()))
	s.d.Put(coverageKey, m)
	s.d.Wake(coverageKey, "", m.Next)
}

// measure turns the crowds to a week that ended at a time, publishes what may be told of them, and states it.
func (s *step) measure(m *Measured, ended time.Time, week events.Code) error {
	policy, err := s.policy()
	if err != nil {
		return err
	}
	people, concentrated, err := s.population(ended, policy.Floor)
	if err != nil {
		return err
	}
	roster, err := s.roster(m.Crowd)
	if err != nil {
		return err
	}
	before := slices.Clone(roster.Crowds)
	others, byGroup, how, err := s.measureGroups(people, policy.Floor, m.Week)
	if err != nil {
		return err
	}
	roster.Turn(coverage.Standard(), others, policy.Floor, len(questions))
	m.Crowd = roster.Last
	s.keepCrowds(before, roster.Crowds)
	cells := coverage.Cells(roster.Picture(policy.Floor, len(questions)), Metrics(), valuesOf(people))
	if !concentrated {
		hide(cells, busiestSponsors)
	}
	cells = append(cells, byGroup...)
	s.d.Put(WeekKey(week), &Published{Week: week, Policy: policy, At: s.now, Groups: how, Cells: cells})
	for _, c := range cells {
		s.out = append(s.out, events.Event{Context: events.Coverage, Subject: events.Nobody, Time: s.now, Fact: &events.CoverageMeasured{
			Week: week, By: events.Code(c.By), Cell: c.Cell, Metric: c.Metric, Value: c.Value, Margin: c.Margin,
			People: c.People, Suppressed: c.Suppressed, Policy: policy.Version,
		}})
	}
	return nil
}

func (s *step) policy() (Policy, error) {
	p, err := projection.Get[Policy](s.d, policyKey)
	if p == nil {
		return defaultPolicy, err
	}
	return *p, err
}

// restated keeps a cell as it was published, whatever today's rules would have.
func restated(d *projection.Docs, own events.Event, f *events.CoverageMeasured) error {
	key := WeekKey(f.Week)
	p, err := projection.Get[Published](d, key)
	if err != nil {
		return err
	}
	if p == nil {
		p = &Published{Week: f.Week, Policy: Policy{Floor: defaultPolicy.Floor, Version: f.Policy}, At: own.Time}
	}
	cell := cellOf(f)
	i := slices.IndexFunc(p.Cells, func(c coverage.Cell) bool { return c.By == cell.By && c.Cell == cell.Cell && c.Metric == cell.Metric })
	if i < 0 {
		p.Cells = append(p.Cells, cell)
	} else {
		cell.Smallest = p.Cells[i].Smallest
		p.Cells[i] = cell
	}
	if cell.By == coverage.Group {
		p.Groups = groupsTold
	}
	d.Put(key, p)
	return nil
}

// cellOf is a cell as its fact tells it.
func cellOf(f *events.CoverageMeasured) coverage.Cell {
	return coverage.Cell{By: coverage.Dimension(f.By), Cell: f.Cell, Metric: f.Metric, Value: f.Value, Margin: f.Margin,
		People: f.People, Suppressed: f.Suppressed}
}
