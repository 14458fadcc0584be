package coverage

import (
	"cmp"
	"fmt"
	"maps"
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

// leave lets members go, and ends crowds in which nobody is left, or that a higher floor has made too small: their
// people wait for larger ones.
func (r *Roster) leave(people []Person, step int) {
	by := make(map[events.PersonID]*Person, len(people))
	for i := range people {
		by[people[i].ID] = &people[i]
	}
	r.Crowds = slices.DeleteFunc(r.Crowds, func(c *Crowd) bool {
		c.look(by)
		c.release(step)
		outgrown := c.Step < step && len(c.Members) < Least(step)
		return outgrown || !slices.ContainsFunc(c.Members, func(m Member) bool { return !m.gone() })
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
	slices.SortFunc(waiting, byID)
	return waiting
}

// arrive finds crowds for those who wait: of their own kind, of a wider one, or of all that are left.
func (r *Roster) arrive(plan Plan, waiting []Person, step int) {
	var left []Person
	for _, table := range plan.tables() {
		var here []Person
		for _, p := range waiting {
			if slices.Equal(plan.of(p.ID), table) {
				here = append(here, p)
			}
		}
		for _, kind := range kinds(table) {
			here = r.settle(kind, here, step)
		}
		left = append(left, here...)
	}
	slices.SortFunc(left, byID)
	r.settle(nil, left, step)
}

func byID(a, b Person) int { return cmp.Compare(a.ID, b.ID) }

// settle takes in who can be, in crowds of one kind, and returns the others.
func (r *Roster) settle(kind []Dimension, people []Person, step int) []Person {
	var others []Person
	groups := map[string][]Person{}
	for _, p := range people {
		if l := labels(p, kind); l == nil {
			others = append(others, p)
		} else {
			key := fmt.Sprint(l) // a map prints in the order of its keys
			groups[key] = append(groups[key], p)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		others = append(others, r.take(labels(group[0], kind), group, step)...)
	}
	slices.SortFunc(others, byID)
	return others
}

// take lets people join a crowd that is like them, in whole steps, and makes new crowds of the others. A crowd
// is one less than some steps: so all its spans are equally long.
func (r *Roster) take(labels Place, people []Person, step int) []Person {
	for _, c := range r.Crowds {
		room := (largest - len(c.Members)) / step * step
		if size := min(len(people)/step*step, room); size > 0 && c.like(labels) {
			c.join(people[:size])
			people = people[size:]
		}
	}
	for len(people) >= Least(step) {
		size := (min(len(people), largest)+1)/step*step - 1
		r.Last++
		c := &Crowd{ID: r.Last, Step: step, Labels: labels}
		c.join(people[:size])
		r.Crowds, people = append(r.Crowds, c), people[size:]
	}
	return people
}
