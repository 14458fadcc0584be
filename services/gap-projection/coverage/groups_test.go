package coverage_test

import (
	"fmt"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/gap-projection/coverage/coveragetest"
)

// crossed is three departments and three groups of eleven people, each across all of the others. Of each group six say
// yes, of the departments five, five and eight: hardly any other answers agree with what is told of all of them.
func crossed() *coveragetest.Organization {
	var people []coverage.Person
	groups, yes := map[events.PersonID]events.Code{}, [3]int{}
	for d, left := range []int{5, 5, 8} {
		for k := range 11 {
			p := coverage.Person{ID: events.PersonID(fmt.Sprintf("p%016d", 11*d+k)), Place: coverage.Place{
				coverage.Department: events.Code(fmt.Sprint("d", d)), coverage.Level: "l0", coverage.Tenure: "t0"}}
			g := (d + k) % 3
			if left > 0 && yes[g]*3 <= yes[0]+yes[1]+yes[2] {
				p.Yes.Set(0, true)
				left, yes[g] = left-1, yes[g]+1
			}
			groups[p.ID] = events.Code(fmt.Sprint("g", g))
			people = append(people, p)
		}
	}
	o := coveragetest.Of(people, plan, 1, 1)
	o.Groups = groups
	return o
}

// Who is counted by group is not counted by department: it would be found out.
func TestTheAttackerBreaksOverlaps(t *testing.T) {
	o, r, apart := crossed(), &coveragetest.Rosters{}, &coveragetest.Rosters{}
	var by []coverage.Person
	for _, p := range o.People {
		p.Place = coverage.Place{coverage.Department: o.Groups[p.ID]}
		by = append(by, p)
	}
	r.Crowds.Turn(plan, o.People, 5, 1)
	apart.Crowds.Turn(plan, by, 5, 1)
	w := o.Told(r, coveragetest.Week{}, 5)
	w.Groups = o.Told(apart, coveragetest.Week{}, 5).Crowds
	groups, _, broken := o.Attack(coveragetest.Week{}, w)
	t.Logf("of %d groups %d are known too well: %s", groups, len(broken), broken[:min(3, len(broken))])
	if len(broken) == 0 {
		t.Error("the attacker finds nothing")
	}
}

// groupStory is those who identify with one of two groups, from week to week. All have the same sponsor.
type groupStory struct {
	coverage.Groups
	people  []coverage.Person
	sponsor events.PersonID
	floor   int
}

// group is n people of a group, of whom some answer yes.
func group(name events.Code, from, n, yes int) []coverage.Person {
	people := team("", from, n, yes)
	for i := range people {
		people[i].Place = coverage.Place{coverage.Group: name}
	}
	return people
}

func (s *groupStory) week() string {
	s.Turn(s.people, s.floor, 2, func(_ events.PersonID, group events.Code, known map[events.PersonID]events.Code) (yes coverage.Answers) {
		yes.Set(1, known[s.sponsor] == group)
		return yes
	})
	cells := coverage.GroupCells(s.Picture(s.floor, 2), []coverage.Metric{
		{Code: "mentor", By: []coverage.Dimension{coverage.Group}, Parts: true}, {Code: "sponsor-same-group"}})
	var told []string
	for _, c := range cells {
		told = append(told, fmt.Sprintf("%s %s", c.Cell, show(c)))
	}
	return strings.Join(told, ", ")
}

func (s *groupStory) gone(from, n int) {
	for i := range n {
		s.people[from+i].Gone = true
	}
}

// TestGroups: what the crowds of groups do from week to week.
func TestGroups(t *testing.T) {
	const before = "elms 50±16 of 35, oaks 75±24 of 23, everybody 60±19 of 58"
	for name, c := range map[string]struct {
		when func(s *groupStory)
		then string
	}{
		"S2.03 two groups are told, and of all together who has a sponsor of their own": {then: before},
		"S2.03 eleven who come wait":                      {when: func(s *groupStory) { s.people = append(s.people, group("oaks", 90, 11, 11)...) }, then: before},
		"S2.03 twelve who come are counted":               {when: func(s *groupStory) { s.people = append(s.people, group("oaks", 90, 12, 12)...) }, then: "elms 50±16 of 35, oaks 85±16 of 35, everybody 50±16 of 70"},
		"S2.03 eleven who leave are counted as they were": {when: func(s *groupStory) { s.gone(0, 11) }, then: before},
		"S2.03 twelve who leave are gone":                 {when: func(s *groupStory) { s.gone(0, 12) }, then: "elms 25±24 of 23, oaks 75±24 of 23, everybody 25±24 of 46"},
		"S2.03 who withdraws takes eleven others with them": {when: func(s *groupStory) { s.people[20].Out = true },
			then: "elms 25±24 of 23, oaks 75±24 of 23, everybody 25±24 of 46"},
		"S2.03 and first of all those who have left": {when: func(s *groupStory) {
			s.people[20].Out = true
			s.gone(24, 11)
		}, then: "elms 75±24 of 23, oaks 75±24 of 23, everybody 50±24 of 46"},
		"S2.03 a group that has become too small is told no more": {when: func(s *groupStory) { s.people[40].Out = true }, then: ""},
		"S2.03 who identifies with another group has withdrawn from the one before": {when: func(s *groupStory) {
			s.people[20].Place = coverage.Place{coverage.Group: "oaks"}
		}, then: "elms 25±24 of 23, oaks 75±24 of 23, everybody 25±24 of 46"},
		"S2.16 a sponsor who withdraws is of no group any more": {when: func(s *groupStory) { s.people[2].Out = true },
			then: "elms 25±24 of 23, oaks 75±24 of 23, everybody 25±24 of 46"},
		"S2.03 when one of two groups is gone, the other is not told alone": {when: func(s *groupStory) { s.gone(35, 23) }, then: ""},
		"a higher floor hides": {when: func(s *groupStory) { s.floor = 12 }, then: ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &groupStory{people: append(group("elms", 0, 35, 14), group("oaks", 50, 23, 20)...), floor: 5}
			s.sponsor = s.people[2].ID
			if got := s.week(); got != before {
				t.Fatalf("first %s", got)
			}
			if c.when != nil {
				c.when(s)
			}
			if got := s.week(); got != c.then {
				t.Errorf("%s, want %s", got, c.then)
			}
		})
	}
}
