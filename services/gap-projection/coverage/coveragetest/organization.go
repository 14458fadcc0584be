package coveragetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// Organization is people who come, go and move, with answers that stay.
type Organization struct {
	People    []coverage.Person
	Plan      coverage.Plan
	Questions int

	dice   *rand.Rand
	likely float64 // of a yes
}

// Of is an organization that there is. What happens in it from now on follows from the seed.
func Of(people []coverage.Person, plan coverage.Plan, questions int, seed uint64) *Organization {
	return &Organization{people, plan, questions, rand.New(rand.NewPCG(seed, 3)), 0.5}
}

// New makes up an organization: of 14 to 240 people, some departments large and some small.
func New(seed uint64) *Organization {
	o := Of(nil, coverage.Standard(), 2, seed)
	if seed%3 == 0 {
		o.Plan = coverage.Plan{{coverage.Department}, {coverage.Level, coverage.Tenure}}
	}
	o.likely = []float64{0, 0.05, 0.3, 0.5, 0.8, 1}[seed%6]
	for range []int{30, 60, 14, 120, 240}[seed/6%5] {
		o.hire()
	}
	return o
}

func (o *Organization) hire() {
	p := coverage.Person{Place: coverage.Place{}}
	letters := make([]byte, 16)
	for i := range letters {
		letters[i] = "abcdefghijklmnopqrstuvwxyz234567"[o.dice.IntN(32)]
	}
	p.ID = events.PersonID("p" + string(letters))
	department := o.dice.IntN(1 + o.dice.IntN(8)) // some large, some small
	p.Place[coverage.Department] = events.Code(fmt.Sprintf("d%d", department))
	level := o.dice.IntN(3)
	if department == 1 {
		level = 2 // one department stands wholly within a level
	}
	p.Place[coverage.Level] = events.Code(fmt.Sprintf("l%d", level))
	p.Place[coverage.Tenure] = events.Code(fmt.Sprintf("t%d", o.dice.IntN(3)))
	for q := range o.Questions {
		p.Yes.Set(q, o.dice.Float64() < o.likely)
	}
	o.People = append(o.People, p)
}

// Next lets some people come, go, move and stop taking part: sometimes one, sometimes many.
func (o *Organization) Next() {
	for range o.some() {
		o.hire()
	}
	for range o.some() {
		o.anybody().Gone = true
	}
	for range o.some() {
		p := o.anybody()
		p.Place = coverage.Place{coverage.Department: p.Place[coverage.Department], coverage.Level: p.Place[coverage.Level], coverage.Tenure: "t2"}
	}
	if o.dice.IntN(4) == 0 {
		o.anybody().Out = true
	}
}

func (o *Organization) some() int { return []int{0, 0, 1, 1, 2, 5, 9, 20}[o.dice.IntN(8)] }

func (o *Organization) anybody() *coverage.Person { return &o.People[o.dice.IntN(len(o.People))] }

// index finds people by pseudonym.
func (o *Organization) index() map[events.PersonID]int {
	at := map[events.PersonID]int{}
	for i, p := range o.People {
		at[p.ID] = i
	}
	return at
}

// Week is what a week tells, and of whom: all that an attacker can know of it.
type Week struct {
	Members map[int][]events.PersonID // by crowd
	Picture coverage.Picture
}

// Publish turns a roster and tells. Of a crowd with somebody who takes no part any more, the attacker takes
// the members to be as they were: nobody tells them that somebody is not counted.
func (o *Organization) Publish(r *coverage.Roster, before Week, floor int) Week {
	r.Turn(o.Plan, o.People, floor, o.Questions)
	return Told(r, before, floor, o.Questions)
}

// Told is what a roster tells as it is.
func Told(r *coverage.Roster, before Week, floor, questions int) Week {
	p := Week{map[int][]events.PersonID{}, r.Picture(floor, questions)}
	for _, c := range r.Crowds {
		var members []events.PersonID
		for _, m := range c.Members {
			members = append(members, m.Person)
		}
		if slices.Contains(members, "") {
			members = before.Members[c.ID]
		}
		p.Members[c.ID] = members
	}
	return p
}

// learn is what an attacker makes of a week: every crowd and the total of all, which is more than any
// filter of the API tells.
func (o *Organization) learn(a *attacker, p Week, q int) {
	at := o.index()
	var all []int
	for _, s := range p.Picture.Crowds {
		var in []int
		for _, id := range p.Members[s.Crowd] {
			in = append(in, at[id])
		}
		a.learn(in, s.Told[q].Low, s.Told[q].High)
		all = append(all, in...)
	}
	if len(all) > 0 {
		a.learn(all, p.Picture.Total[q].Low, p.Picture.Total[q].High)
	}
}

// groups are what an attacker would like to know of: everybody who is in some cell, whoever came to or went from
// one, each pair of cells' overlap, and some single people.
func (o *Organization) groups(before, after Week, own int) map[string][]int {
	g := map[string][]int{}
	at := o.index()
	for i, p := range o.People {
		if i == own || p.Out {
			continue
		}
		d, l, t := string(p.Place[coverage.Department]), string(p.Place[coverage.Level]), string(p.Place[coverage.Tenure])
		for _, key := range []string{d, l, t, d + l, l + t, d + t, d + l + t} {
			g[key] = append(g[key], i)
		}
	}
	turn := func(how string, who []events.PersonID) {
		for _, id := range who {
			if i := at[id]; i != own {
				d := how + " " + string(o.People[i].Place[coverage.Department])
				g[how], g[d], g[how+string(id)] = append(g[how], i), append(g[d], i), []int{i}
			}
		}
	}
	turn("came", difference(before, after))
	turn("went", difference(after, before))
	for range 5 {
		if i := o.dice.IntN(len(o.People)); i != own {
			g[fmt.Sprint("person ", i)] = []int{i}
		}
	}
	return g
}

// difference is who is counted in one week and not in another.
func difference(without, with Week) (who []events.PersonID) {
	known := map[events.PersonID]bool{}
	for _, m := range without.Members {
		for _, id := range m {
			known[id] = true
		}
	}
	for _, m := range with.Members {
		for _, id := range m {
			if !known[id] {
				who = append(who, id)
			}
		}
	}
	return who
}

// yes is the truth.
func (o *Organization) yes(q int) []bool {
	yes := make([]bool, len(o.People))
	for i, p := range o.People {
		yes[i] = p.Yes.Yes(q)
	}
	return yes
}

// wanted is how many counts of a group must stay possible: five, or all that there are.
func wanted(group []int) int { return min(5, len(group)+1) }

// Attack tries every group against two successive weeks and says of which too much is known: fewer than five counts
// stay possible, or fewer than there are. unsettled are those of which the attacker did not find out.
func (o *Organization) Attack(before, after Week) (groups, unsettled int, broken []string) {
	own := o.dice.IntN(len(o.People))
	q := o.dice.IntN(o.Questions)
	a := &attacker{people: len(o.People), own: own, ownYes: o.People[own].Yes.Yes(q)}
	o.learn(a, before, q)
	o.learn(a, after, q)
	for name, group := range o.groups(before, after, own) {
		groups++
		found, known := a.possible(group, o.yes(q), wanted(group))
		switch {
		case len(found) >= wanted(group):
		case known:
			broken = append(broken, fmt.Sprintf("of %s, %d people, only %v are possible", name, len(group), found))
		default:
			unsettled++
		}
	}
	return groups, unsettled, broken
}
