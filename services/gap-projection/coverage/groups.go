package coverage

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"kith.internal/events"
)

// GroupFloor is the least floor where people are told apart by groups that they identify with: protected
// attributes (domain.md section 5).
const GroupFloor = 10

// The dimensions of those who identify with a group.
const (
	Group Dimension = "group" // they are counted by it
	Known Dimension = "known" // they are counted elsewhere; only ties of others to them are told apart by it
)

// Identified is the place of somebody who identifies with a group: one half is counted by it, the other only known.
func Identified(person events.PersonID, group events.Code) Place {
	h := fnv.New32a()
	h.Write([]byte("group " + person))
	if h.Sum32()>>8&1 == 0 {
		return Place{Group: group}
	}
	return Place{Known: group}
}

// Groups is the crowds of those who identify with a group: one crowd a group and half, so that what a member
// identifies with says which one is theirs, and nothing else has to.
type Groups struct {
	Roster
	Aside map[events.PersonID]bool // who went with somebody, and is counted by group no more
}

// Ties answers what of a member depends on the groups of others: of those who are known.
type Ties func(member events.PersonID, group events.Code, known map[events.PersonID]events.Code) Answers

// Turn brings the groups to a new week. Of people those are out who identify with no group.
func (g *Groups) Turn(people []Person, floor, questions int, ties Ties) {
	step := StepOf(max(floor, GroupFloor))
	g.withdraw(people, step)
	g.leave(people, step)
	g.Crowds = slices.DeleteFunc(g.Crowds, func(c *Crowd) bool { return len(c.Members) < Least(step) })
	g.enter(g.waiting(people), step)
	known := g.known()
	for _, c := range g.counted() {
		for i, m := range c.Members {
			c.Members[i].Yes = m.Yes.or(ties(m.Person, known[m.Person], known))
		}
		c.count(questions)
	}
}

// withdraw lets members go who take no part any more, or identify with another group now: at once, and with each as
// many others as make up a step. These must not come back, or in the end only the one would be gone.
func (g *Groups) withdraw(people []Person, step int) {
	now, left := map[events.PersonID]Place{}, map[events.PersonID]bool{}
	for _, p := range people {
		if left[p.ID] = p.Gone; !p.Out {
			now[p.ID] = p.Place
		}
	}
	for _, c := range g.Crowds {
		withdrawn := func(m Member) bool { return !maps.Equal(now[m.Person], c.Labels) }
		before := len(c.Members)
		c.Members = slices.DeleteFunc(c.Members, withdrawn)
		gone := before - len(c.Members)
		with := min((gone+step-1)/step*step-gone, len(c.Members))
		slices.SortStableFunc(c.Members, func(a, b Member) int { return leaversFirst(left[a.Person], left[b.Person]) })
		for _, m := range c.Members[:with] {
			g.setAside(m.Person)
		}
		c.Members = c.Members[with:]
	}
}

func leaversFirst(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

func (g *Groups) setAside(person events.PersonID) {
	if g.Aside == nil {
		g.Aside = map[events.PersonID]bool{}
	}
	g.Aside[person] = true
}

// enter lets people join the crowds of their groups, in whole steps, once there are to be two groups at least.
func (g *Groups) enter(waiting []Person, step int) {
	like, two := map[string][]Person{}, map[events.Code]bool{}
	for _, c := range g.Crowds {
		two[c.Labels[Group]] = true
	}
	for _, p := range waiting {
		key := fmt.Sprint(p.Place)
		if g.Aside[p.ID] {
			continue
		}
		if like[key] = append(like[key], p); len(like[key]) >= Least(step) {
			two[p.Place[Group]] = true
		}
	}
	if delete(two, ""); len(two) < 2 {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(like)) {
		g.join(like[key], step)
	}
}

// join lets people who are alike into their crowd, which is made if they are enough.
func (g *Groups) join(people []Person, step int) {
	labels := people[0].Place
	i := slices.IndexFunc(g.Crowds, func(c *Crowd) bool { return maps.Equal(c.Labels, labels) })
	switch {
	case i >= 0:
		g.Crowds[i].join(people[:len(people)/step*step])
	case i < 0 && len(people) >= Least(step):
		g.Last++
		c := &Crowd{ID: g.Last, Step: step, Labels: labels}
		c.join(people[:(len(people)+1)/step*step-1])
		g.Crowds = append(g.Crowds, c)
	}
}

// counted are the crowds of which numbers are told.
func (g *Groups) counted() (counted []*Crowd) {
	for _, c := range g.Crowds {
		if c.Labels[Group] != "" {
			counted = append(counted, c)
		}
	}
	return counted
}

// known are the groups of all members.
func (g *Groups) known() map[events.PersonID]events.Code {
	known := map[events.PersonID]events.Code{}
	for _, c := range g.Crowds {
		for _, m := range c.Members {
			known[m.Person] = c.Labels[Group] + c.Labels[Known]
		}
	}
	return known
}

// Others leaves nobody to be counted elsewhere who is counted by group: the two must not overlap.
func (g *Groups) Others(people []Person) []Person {
	people = slices.Clone(people)
	counted := map[events.PersonID]bool{}
	for _, c := range g.counted() {
		for _, m := range c.Members {
			counted[m.Person] = true
		}
	}
	for i := range people {
		people[i].Gone = people[i].Gone || counted[people[i].ID]
	}
	return people
}

// Picture tells what may be told of those who are counted by group.
func (g *Groups) Picture(floor, questions int) Picture {
	r := Roster{Crowds: g.counted()}
	return r.Picture(max(floor, GroupFloor), questions)
}

// GroupCells are the cells of groups. Of one group alone nothing is told, for that would be a statement about the
// others; nor is it told which groups there are beside those that are told of.
func GroupCells(p Picture, metrics []Metric) []Cell {
	var groups []events.Code
	for _, s := range p.Crowds {
		groups = append(groups, s.Labels[Group])
	}
	if slices.Sort(groups); len(groups) < 2 {
		return nil
	}
	cells := Cells(p, metrics, map[Dimension][]events.Code{Group: groups})
	for i := range cells {
		cells[i].By = Group
	}
	return cells
}
