package coveragetest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// Organization is people who come, go and move, with answers that stay. Some identify with a group, which others
// know as well: the worst that can be.
type Organization struct {
	People    []coverage.Person
	Groups    map[events.PersonID]events.Code // that they identify with
	Plan      coverage.Plan
	Questions int

	dice   *rand.Rand
	likely float64 // of a yes
	alike  bool    // departments are
}

// Of is an organization that there is. What happens in it from now on follows from the seed.
func Of(people []coverage.Person, plan coverage.Plan, questions int, seed uint64) *Organization {
	return &Organization{people, map[events.PersonID]events.Code{}, plan, questions, rand.New(rand.NewPCG(seed, 3)), 0.5, false}
}

// New makes up an organization: of 14 to 240 people, some departments large and some small.
func New(seed uint64) *Organization {
	o := Of(nil, coverage.Standard(), 2, seed)
	if seed%3 == 0 {
		o.Plan = coverage.Plan{{coverage.Department}, {coverage.Level, coverage.Tenure}}
	}
	o.alike = seed/30%2 == 1
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
	o.identify(&p)
}

// identify: most people do, with a group that is large or one that is not, and some with none any more. In some
// organizations nearly all of a department are of one group.
func (o *Organization) identify(p *coverage.Person) {
	group := []events.Code{"a", "a", "a", "a", "b", "b", "b", "c", "", ""}[o.dice.IntN(10)]
	if o.alike && o.dice.IntN(20) > 0 {
		group = []events.Code{"a", "a", "b"}[int(p.Place[coverage.Department][1]-'0')%3]
	}
	o.Groups[p.ID] = group
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
	for range o.some() / 5 {
		o.identify(o.anybody())
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

// Crowds are those of a week, as they are told.
type Crowds struct {
	Members map[int][]events.PersonID // by crowd
	coverage.Picture
}

// Week is what a week tells, and of whom: all that an attacker can know of it.
type Week struct{ Crowds, Groups Crowds }

// Rosters are all crowds that there are.
type Rosters struct {
	Crowds coverage.Roster
	Groups coverage.Groups
}

// Publish turns all crowds and tells.
func (o *Organization) Publish(r *Rosters, before Week, floor int) Week {
	r.Groups.Turn(o.identified(), floor, o.Questions, nobodyElse)
	r.Crowds.Turn(o.Plan, r.Groups.Others(o.People), floor, o.Questions)
	return o.Told(r, before, floor)
}

// nobodyElse: answers follow from nobody's group.
func nobodyElse(events.PersonID, events.Code, map[events.PersonID]events.Code) (none coverage.Answers) {
	return none
}

// identified are those who identify with a group; who does not must not be counted by it.
func (o *Organization) identified() (people []coverage.Person) {
	for _, p := range o.People {
		group := o.Groups[p.ID]
		p.Place, p.Out = coverage.Identified(p.ID, group), p.Out || group == ""
		people = append(people, p)
	}
	return people
}

// Told is what all crowds tell as they are. Of a crowd with somebody who takes no part any more, the attacker takes
// the members to be as they were: nobody tells them that somebody is not counted.
func (o *Organization) Told(r *Rosters, before Week, floor int) Week {
	w := Week{
		Crowds: Crowds{members(r.Crowds.Crowds), r.Crowds.Picture(floor, o.Questions)},
		Groups: Crowds{members(r.Groups.Crowds), r.Groups.Picture(floor, o.Questions)},
	}
	for id, m := range w.Crowds.Members {
		if slices.Contains(m, "") {
			w.Crowds.Members[id] = before.Crowds.Members[id]
		}
	}
	return w
}

// Again is what the first crowds tell when they are asked of another time, at which some of their people had not come
// yet, as a roster that may be spoilt tells it. Answers are as they are now: who asks takes them to be alike.
func (o *Organization) Again(first *Rosters, floor int) Week {
	var then []coverage.Person
	one := 3 + o.dice.IntN(40)
	for _, p := range o.People {
		if p.Gone = false; o.dice.IntN(one) > 0 {
			then = append(then, p)
		}
	}
	at := o.index()
	first.Crowds.Again(then, func(p events.PersonID) bool { return o.People[at[p]].Out }, o.Questions)
	return Week{Crowds: Crowds{members(first.Crowds.Crowds), first.Crowds.Picture(floor, o.Questions)}}
}

func members(crowds []*coverage.Crowd) map[int][]events.PersonID {
	members := map[int][]events.PersonID{}
	for _, c := range crowds {
		for _, m := range c.Members {
			members[c.ID] = append(members[c.ID], m.Person)
		}
	}
	return members
}

// told are the crowds of which something is told, and each with its members.
func (w Week) told() []Crowds { return []Crowds{w.Crowds, w.Groups} }

// learn is what an attacker makes of a week: every crowd and the total of all, which is more than any
// filter of the API tells.
func (o *Organization) learn(a *attacker, w Week, q int) {
	at := o.index()
	for _, p := range w.told() {
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
			a.learn(all, p.Total[q].Low, p.Total[q].High)
		}
	}
}

// groups are what an attacker would like to know of: everybody who is in some cell, whoever came to or went from
// one, each pair of cells' overlap, and some single people.
func (o *Organization) groups(weeks []Week, own int) map[string][]int {
	g := map[string][]int{}
	at := o.index()
	for i, p := range o.People {
		if i == own || p.Out {
			continue
		}
		d, l, t := string(p.Place[coverage.Department]), string(p.Place[coverage.Level]), string(p.Place[coverage.Tenure])
		keys := []string{d, l, t, d + l, l + t, d + t, d + l + t}
		if group := string(o.Groups[p.ID]); group != "" {
			keys = append(keys, group, group+d, group+l, group+t, group+" half "+string(coverage.Identified(p.ID, "yes")[coverage.Group]))
		}
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) { // of some all stand at the same level
			g[key] = append(g[key], i)
		}
	}
	turn := func(how string, who []events.PersonID) {
		for _, id := range who {
			if i := at[id]; i != own && !slices.Contains(g[how+string(id)], i) {
				d := how + " " + string(o.People[i].Place[coverage.Department])
				g[how], g[d], g[how+string(id)] = append(g[how], i), append(g[d], i), []int{i}
			}
		}
	}
	for i, after := range weeks[1:] {
		turn("came", difference(weeks[i], after))
		turn("went", difference(after, weeks[i]))
	}
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
	for _, id := range without.everybody() {
		known[id] = true
	}
	for _, id := range with.everybody() {
		if !known[id] {
			who, known[id] = append(who, id), true // who moves may be in two for a while
		}
	}
	return who
}

func (w Week) everybody() (all []events.PersonID) {
	for _, p := range w.told() {
		for _, m := range p.Members {
			all = append(all, m...)
		}
	}
	return all
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

// Attack tries every group against two successive weeks, and whatever else was told, and says of which too much is
// known: fewer than five counts stay possible, or fewer than there are. unsettled are those of which the attacker did
// not find out.
func (o *Organization) Attack(before, after Week, more ...Week) (groups, unsettled int, broken []string) {
	own := o.dice.IntN(len(o.People))
	q := o.dice.IntN(o.Questions)
	a := &attacker{people: len(o.People), own: own, ownYes: o.People[own].Yes.Yes(q)}
	weeks := append([]Week{before, after}, more...)
	for _, w := range weeks {
		o.learn(a, w, q)
	}
	for name, group := range o.groups(weeks, own) {
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
