package coverage

import (
	"slices"

	"kith.internal/events"
)

// Again counts the same crowds once more, by what their members answered at another time. Whoever had no answer then
// keeps theirs, and cells are as much vaguer; a crowd with somebody who must not be counted any more is silent. So
// who asks of many times reads of the same people, or of none of them: nothing can be subtracted.
func (r *Roster) Again(people []Person, out func(events.PersonID) bool, questions int) {
	yes := make(map[events.PersonID]Answers, len(people))
	for _, p := range people {
		if !p.Gone && !p.Out {
			yes[p.ID] = p.Yes
		}
	}
	r.Crowds = slices.DeleteFunc(r.Crowds, func(c *Crowd) bool {
		return slices.ContainsFunc(c.Members, func(m Member) bool { return m.nobody() || out(m.Person) })
	})
	for _, c := range r.Crowds {
		c.Kept = 0
		for i := range c.Members {
			m := &c.Members[i]
			if then, answered := yes[m.Person]; answered {
				m.Yes = then
			} else {
				c.Kept++
			}
		}
		c.count(questions)
	}
}
