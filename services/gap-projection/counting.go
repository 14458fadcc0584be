package gaps

import (
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/readmodel"
)

// Counter counts what is true of people as the program view does: in the crowds of the last published week,
// which overlap in nobody, and as spans. So what it tells and what was published cannot be subtracted either.
type Counter struct {
	crowds      []*coverage.Crowd
	departments []events.Code
	floor       int
}

// Count is between which two numbers the count of a department's People lies, or of everybody's.
type Count struct {
	Department events.Code // empty: everybody
	Low, High  int
	People     int // of how many it speaks; 0: nothing may be told
}

// NewCounter counts by documents, as they are at a time. A crowd with somebody who is out is silent until the next
// week has been measured. Whoever has left is counted no more, and takes a whole step of their crowd with them: with
// one person less beside what was published, that one could be subtracted.
func NewCounter(networks *projection.Docs, at time.Time, floor int, out func(events.PersonID) bool) (*Counter, error) {
	here, err := presentIn(networks, at)
	if err != nil {
		return nil, err
	}
	_, roster, err := lastWeek(networks)
	if err != nil {
		roster = &coverage.Roster{} // nothing is told but in the crowds that were
	}
	c := &Counter{floor: max(floor, defaultPolicy.Floor), departments: slices.Compact(slices.Sorted(maps.Values(here)))}
	for _, crowd := range roster.Crowds {
		if slices.ContainsFunc(crowd.Members, func(m coverage.Member) bool { return m.Person == "" || out(m.Person) }) {
			continue
		}
		counted := &coverage.Crowd{ID: crowd.ID, Labels: crowd.Labels}
		for some := range slices.Chunk(crowd.Members, coverage.StepOf(c.floor)) {
			if !slices.ContainsFunc(some, func(m coverage.Member) bool { _, present := here[m.Person]; return !present }) {
				counted.Members = append(counted.Members, some...)
			}
		}
		counted.Size = len(counted.Members)
		c.crowds = append(c.crowds, counted)
	}
	return c, nil
}

// presentIn are those who are there, and their departments.
func presentIn(networks *projection.Docs, at time.Time) (map[events.PersonID]events.Code, error) {
	keys, err := networks.Keys(readmodel.NetworkKey(""))
	if err != nil {
		return nil, err
	}
	here := map[events.PersonID]events.Code{}
	for _, key := range keys {
		n, err := projection.Look[readmodel.Network](networks, key)
		if err != nil {
			return nil, err
		}
		if n == nil || n.Erased || n.Merged != "" {
			continue
		}
		if now := n.At(at); now.Presence == readmodel.Present || now.Presence == readmodel.Away {
			here[n.Person] = now.Department
		}
	}
	return here, nil
}

// Count tells of how many something is true: of everybody first, then of each department.
func (c *Counter) Count(yes map[events.PersonID]bool) []Count {
	r := coverage.Roster{Crowds: c.crowds}
	for _, crowd := range c.crowds {
		crowd.Counts = []int{0}
		for _, m := range crowd.Members {
			if yes[m.Person] {
				crowd.Counts[0]++
			}
		}
	}
	picture := r.Picture(c.floor, 1)
	everybody := Count{Low: picture.Total[0].Low, High: picture.Total[0].High}
	by := map[events.Code]Count{}
	for _, s := range picture.Crowds {
		everybody.People += s.Size
		d := by[s.Labels[coverage.Department]]
		by[s.Labels[coverage.Department]] = Count{Low: d.Low + s.Told[0].Low, High: d.High + s.Told[0].High, People: d.People + s.Size}
	}
	counts := []Count{everybody}
	for _, department := range c.departments {
		if department != "" {
			d := by[department]
			d.Department = department
			counts = append(counts, d)
		}
	}
	return counts
}
