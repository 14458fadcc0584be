package coverage

import (
	"slices"

	"kith.internal/events"
)

// Crowd is a group of people who are counted together, and only together.
type Crowd struct {
	ID      int      `json:"id"`
	Step    int      `json:"step"`   // of the floor under which it was made
	Labels  Place    `json:"labels"` // what all of them have in common
	Members []Member `json:"members"`
	Size    int      `json:"size"`   // how many there were when they were last counted
	Counts  []int    `json:"counts"` // how many of them answered each question with yes
	Kept    int      `json:"-"`      // how many were counted Again with an answer of another time
}

// Member is one of a crowd.
type Member struct {
	Person events.PersonID `json:"person,omitempty"` // nobody for one who takes no part any more
	Left   bool            `json:"left,omitempty"`   // counted as they last were, until a step of members have left
	Yes    Answers         `json:"yes"`
}

// gone reports whether a member waits for others to go.
func (m Member) gone() bool { return m.Left || m.nobody() }

// nobody reports whether a member must not be counted any more.
func (m Member) nobody() bool { return m.Person == "" }

// like reports whether the crowd is open to people with some labels.
func (c *Crowd) like(labels Place) bool {
	return !c.held() && len(c.Labels) == len(labels) && c.Labels.within(labels)
}

// look brings the members up to date with the people there are now.
func (c *Crowd) look(people map[events.PersonID]*Person) {
	for i := range c.Members {
		m := &c.Members[i]
		switch p := people[m.Person]; {
		case p == nil || p.Out:
			*m = Member{}
		case p.Gone || !p.Place.within(c.Labels):
			m.Left = true
		default:
			m.Left, m.Yes = false, p.Yes
		}
	}
}

// release lets members go in whole steps: first those who take no part.
func (c *Crowd) release(step int) {
	out := 0
	for _, m := range c.Members {
		if m.gone() {
			out++
		}
	}
	out = out / step * step
	for _, which := range []func(Member) bool{Member.nobody, Member.gone} {
		c.Members = slices.DeleteFunc(c.Members, func(m Member) bool {
			if out == 0 || !which(m) {
				return false
			}
			out--
			return true
		})
	}
}

// Forget drops what is known of a member, before the next week does; false where they are none.
func (c *Crowd) Forget(person events.PersonID) bool {
	i := slices.IndexFunc(c.Members, func(m Member) bool { return m.Person == person })
	if i >= 0 {
		c.Members[i] = Member{}
	}
	return i >= 0
}

// held reports whether the crowd repeats what it last told: it has somebody who must not be counted.
func (c *Crowd) held() bool {
	return slices.ContainsFunc(c.Members, Member.nobody)
}

// count asks the members.
func (c *Crowd) count(questions int) {
	if c.held() {
		return
	}
	c.Size, c.Counts = len(c.Members), make([]int, questions)
	for _, m := range c.Members {
		for q := range questions {
			if m.Yes.Yes(q) {
				c.Counts[q]++
			}
		}
	}
}

// join adds people.
func (c *Crowd) join(people []Person) {
	for _, p := range people {
		c.Members = append(c.Members, Member{Person: p.ID, Yes: p.Yes})
	}
}
