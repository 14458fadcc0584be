package coverage_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// plan counts everybody by department.
var plan = coverage.Plan{{coverage.Department}}

// team is n people of a department, of whom some answer yes.
func team(department events.Code, from, n, yes int) []coverage.Person {
	var people []coverage.Person
	for i := range n {
		p := coverage.Person{ID: events.PersonID(fmt.Sprintf("p%016d", from+i)), Place: coverage.Place{coverage.Department: department}}
		p.Yes.Set(0, i < yes)
		people = append(people, p)
	}
	return people
}

var metrics = []coverage.Metric{{Code: "mentor", By: []coverage.Dimension{coverage.Department}}}

// story is an organization from week to week.
type story struct {
	roster coverage.Roster
	people []coverage.Person
	floor  int
}

func (s *story) week() map[events.Code]coverage.Cell {
	s.roster.Turn(plan, s.people, s.floor, 1)
	cells := map[events.Code]coverage.Cell{}
	for _, c := range coverage.Cells(s.roster.Picture(s.floor, 1), metrics, map[coverage.Dimension][]events.Code{coverage.Department: {"sales", "legal"}}) {
		cells[c.Cell] = c
	}
	return cells
}

func TestCells(t *testing.T) {
	for name, c := range map[string]struct {
		given []coverage.Person
		floor int
		when  func(s *story)
		then  string // sales, legal, everybody
	}{
		"S1.39 the share of a department is told": {given: team("sales", 0, 35, 14), then: "40±8 of 35, hidden, 40±8 of 35"},
		"ten people are too few":                  {given: team("sales", 0, 10, 5), then: "nothing"},
		"eleven are enough for two halves":        {given: team("sales", 0, 11, 5), then: "25±23 of 11, hidden, 25±23 of 11"},
		"none looks like few":                     {given: team("sales", 0, 35, 0), then: "5±8 of 35, hidden, 5±8 of 35"},
		"all look like nearly all":                {given: team("sales", 0, 35, 35), then: "95±8 of 35, hidden, 95±8 of 35"},
		"two departments": {
			given: append(team("sales", 0, 35, 14), team("legal", 50, 11, 11)...), then: "40±8 of 35, 75±23 of 11, 50±11 of 46"},
		"a higher floor hides more": {given: team("sales", 0, 11, 5), floor: 10, then: "nothing"},
		"five who come wait": {given: team("sales", 0, 17, 6), when: func(s *story) {
			s.people = append(s.people, team("sales", 50, 5, 5)...)
		}, then: "50±15 of 17, hidden, 50±15 of 17"},
		"six who come are counted": {given: team("sales", 0, 17, 6), when: func(s *story) {
			s.people = append(s.people, team("sales", 50, 6, 6)...)
		}, then: "65±11 of 23, hidden, 65±11 of 23"},
		"five who go are counted as they were": {given: team("sales", 0, 17, 6), when: func(s *story) {
			for i := range 5 {
				s.people[i].Gone = true
			}
		}, then: "50±15 of 17, hidden, 50±15 of 17"},
		"six who go are gone": {given: team("sales", 0, 17, 6), when: func(s *story) {
			for i := range 6 {
				s.people[i].Gone = true
			}
		}, then: "25±23 of 11, hidden, 25±23 of 11"},
		"S2.03 who takes no part is not counted, and a number without them is not told": {given: team("sales", 0, 17, 6), when: func(s *story) {
			s.people[0].Out = true
			for i := range s.people {
				s.people[i].Yes.Set(0, true)
			}
		}, then: "50±15 of 17, hidden, 50±15 of 17"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &story{people: c.given, floor: max(c.floor, 5)}
			cells := s.week()
			if c.when != nil {
				c.when(s)
				cells = s.week()
			}
			got := fmt.Sprintf("%s, %s, %s", show(cells["sales"]), show(cells["legal"]), show(cells["everybody"]))
			if len(cells) == 0 {
				got = "nothing"
			}
			if got != c.then {
				t.Errorf("%s, want %s", got, c.then)
			}
		})
	}
}

func show(c coverage.Cell) string {
	if c.Suppressed {
		return "hidden"
	}
	return fmt.Sprintf("%d±%d of %d", c.Value, c.Margin, c.People)
}

// What is told of a department is as near to the truth as it says.
func TestValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(11, 300).Draw(t, "people")
		n = (n+1)/6*6 - 1 // all of them are counted
		yes := rapid.IntRange(0, n).Draw(t, "yes")
		s := &story{people: append(team("sales", 0, n, yes), team("legal", 500, 35, rapid.IntRange(0, 35).Draw(t, "others"))...), floor: 5}
		c := s.week()["sales"]
		if off := 100*yes - c.Value*n; max(off, -off) > (c.Margin+5)*n {
			t.Errorf("%d of %d is told as %s", yes, n, show(c))
		}
	})
}

// Each span holds a step of counts at least, they leave nothing out, and those of a larger step are made of
// whole spans of a smaller one.
func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := coverage.StepOf(rapid.IntRange(5, 50).Draw(t, "floor"))
		n := rapid.IntRange(2*step-1, 700).Draw(t, "n")
		count := rapid.IntRange(0, n).Draw(t, "count")
		s, wide := coverage.SpanOf(count, n, step), coverage.SpanOf(count, n, 2*step)
		if s.Low > count || s.High < count || s.Low < 0 || s.High > n {
			t.Errorf("%d of %d is in %v", count, n, s)
		}
		if s.High-s.Low+1 < step {
			t.Errorf("%v is shorter than %d", s, step)
		}
		if wide.Low > s.Low || wide.High < s.High {
			t.Errorf("%v is not within %v", s, wide)
		}
	})
}
