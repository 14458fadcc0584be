package coverage

import (
	"cmp"
	"fmt"
	"slices"

	"kith.internal/events"
)

// Roster is all crowds of an organization.
type Roster struct {
	Crowds []*Crowd
	Last   int // the highest number that a crowd ever had
}

// largest is how many people a crowd has at most: more tell no finer share.
const largest = 600

// Turn brings the roster to a new week: who goes and who comes, and what everybody answers now.
// What it does with whom follows from people's places, never from their answers.
func (r *Roster) Turn(plan Plan, people []Person, floor, questions int) {
	step := StepOf(floor)
	r.leave(people, step)
	r.arrive(plan, r.waiting(people), step)
	for _, c := range r.Crowds {
		c.count(questions)
	}
}

// leave lets members go, and ends crowds in which nobody is left.
func (r *Roster) leave(people []Person, step int) {
	by := make(map[events.PersonID]*Person, len(people))
	for i := range people {
		by[people[i].ID] = &people[i]
	}
	r.Crowds = slices.DeleteFunc(r.Crowds, func(c *Crowd) bool {
		c.look(by)
		c.release(step)
		return !slices.ContainsFunc(c.Members, func(m Member) bool { return !m.gone() })
	})
}

// waiting is who is in no crowd, in the order of their pseudonyms.
func (r *Roster) waiting(people []Person) []Person {
	counted := map[events.PersonID]bool{}
	for _, c := range r.Crowds {
		for _, m := range c.Members {
			if !m.gone() {
				counted[m.Person] = true
			}
		}
	}
	var waiting []Person
	for _, p := range people {
		if !p.Out && !p.Gone && !counted[p.ID] {
			waiting = append(waiting, p)
		}
	}
	slices.SortFunc(waiting, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	return waiting
}

// arrive finds crowds for those who wait: of their own kind, or of a wider one.
func (r *Roster) arrive(plan Plan, waiting []Person, step int) {
	for i, table := range plan {
		var here []Person
		for _, p := range waiting {
			if plan.of(p.ID) == i {
				here = append(here, p)
			}
		}
		for _, kind := range kinds(table) {
			here = r.settle(i, kind, here, step)
		}
	}
}

// settle takes in who can be, in crowds of one kind, and returns the others.
func (r *Roster) settle(table int, kind []Dimension, people []Person, step int) []Person {
	var others []Person
	groups := map[string][]Person{}
	var order []string
	for _, p := range people {
		l := labels(p, kind)
		if l == nil {
			others = append(others, p)
			continue
		}
		key := fmt.Sprint(l) // a map prints in the order of its keys
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], p)
	}
	slices.Sort(order)
	for _, key := range order {
		group := groups[key]
		others = append(others, r.take(table, labels(group[0], kind), group, step)...)
	}
	slices.SortFunc(others, func(a, b Person) int { return cmp.Compare(a.ID, b.ID) })
	return others
}

// take lets people join a crowd that is like them, in whole steps, and makes new crowds of the others. A crowd
// is one less than some steps: so all its spans are equally long.
func (r *Roster) take(table int, labels Place, people []Person, step int) []Person {
	for _, c := range r.Crowds {
		room := (largest - len(c.Members)) / step * step
		if size := min(len(people)/step*step, room); size > 0 && c.like(table, labels) {
			c.join(people[:size])
			people = people[size:]
		}
	}
	for len(people) >= Least(step) {
		size := (min(len(people), largest)+1)/step*step - 1
		r.Last++
		c := &Crowd{ID: r.Last, Table: table, Labels: labels}
		c.join(people[:size])
		r.Crowds, people = append(r.Crowds, c), people[size:]
	}
	return people
}
