package coverage_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// organization is made up: people who come, go and move, with answers that stay.
type organization struct {
	dice   *rand.Rand
	people []coverage.Person
	plan   coverage.Plan
	likely float64 // of a yes
}

const questions = 2

func newOrganization(seed uint64) *organization {
	o := &organization{dice: rand.New(rand.NewPCG(seed, 3)), plan: coverage.Standard()}
	if seed%3 == 0 {
		o.plan = coverage.Plan{{coverage.Department}, {coverage.Level, coverage.Tenure}}
	}
	o.likely = []float64{0, 0.05, 0.3, 0.5, 0.8, 1}[seed%6]
	for range []int{30, 60, 14, 120, 240}[seed/6%5] {
		o.hire()
	}
	return o
}

func (o *organization) hire() {
	p := coverage.Person{ID: events.NewPersonID(), Place: coverage.Place{}}
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
	for q := range questions {
		p.Yes.Set(q, o.dice.Float64() < o.likely)
	}
	o.people = append(o.people, p)
}

// week lets some people come, go, move and stop taking part: sometimes one, sometimes many.
func (o *organization) week() {
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

func (o *organization) some() int { return []int{0, 0, 1, 1, 2, 5, 9, 20}[o.dice.IntN(8)] }

func (o *organization) anybody() *coverage.Person { return &o.people[o.dice.IntN(len(o.people))] }

// index finds people by pseudonym.
func (o *organization) index() map[events.PersonID]int {
	at := map[events.PersonID]int{}
	for i, p := range o.people {
		at[p.ID] = i
	}
	return at
}

// published is what a week tells, and of whom: all that an attacker can know of it.
type published struct {
	members map[int][]events.PersonID // by crowd
	picture coverage.Picture
}

// publish turns a roster and tells. Of a crowd with somebody who takes no part any more, the attacker takes
// the members to be as they were: nobody tells them that somebody is not counted.
func publish(r *coverage.Roster, o *organization, before published, floor int) published {
	r.Turn(o.plan, o.people, floor, questions)
	p := published{map[int][]events.PersonID{}, r.Picture(floor, questions)}
	for _, c := range r.Crowds {
		var members []events.PersonID
		for _, m := range c.Members {
			members = append(members, m.Person)
		}
		if slices.Contains(members, "") {
			members = before.members[c.ID]
		}
		p.members[c.ID] = members
	}
	return p
}

// learnAll is what an attacker makes of a week: every crowd and the total of all, which is more than any
// filter of the API tells.
func learnAll(a *attacker, o *organization, p published, q int) {
	at := o.index()
	var all []int
	for _, s := range p.picture.Crowds {
		var in []int
		for _, id := range p.members[s.Crowd] {
			in = append(in, at[id])
		}
		a.learn(in, s.Told[q].Low, s.Told[q].High)
		all = append(all, in...)
	}
	if len(all) > 0 {
		a.learn(all, p.picture.Total[q].Low, p.picture.Total[q].High)
	}
}

// groups are what an attacker would like to know of: everybody who is in some cell, whoever came to or went from
// one, each pair of cells' overlap, and some single people.
func (o *organization) groups(before, after published, own int) map[string][]int {
	g := map[string][]int{}
	at := o.index()
	for i, p := range o.people {
		if i == own || p.Out {
			continue
		}
		d, l, t := string(p.Place[coverage.Department]), string(p.Place[coverage.Level]), string(p.Place[coverage.Tenure])
		for _, key := range []string{d, l, t, d + l, l + t, d + t, d + l + t} {
			g[key] = append(g[key], i)
		}
	}
	for _, who := range difference(before, after) {
		if i := at[who]; i != own {
			g["came"] = append(g["came"], i)
		}
	}
	for _, who := range difference(after, before) {
		if i := at[who]; i != own {
			g["went"] = append(g["went"], i)
		}
	}
	for range 5 {
		if i := o.dice.IntN(len(o.people)); i != own {
			g[fmt.Sprint("person ", i)] = []int{i}
		}
	}
	return g
}

// difference is who is counted in one week and not in another.
func difference(without, with published) (who []events.PersonID) {
	known := map[events.PersonID]bool{}
	for _, m := range without.members {
		for _, id := range m {
			known[id] = true
		}
	}
	for _, m := range with.members {
		for _, id := range m {
			if !known[id] {
				who = append(who, id)
			}
		}
	}
	return who
}

// yes is the truth.
func (o *organization) yes(q int) []bool {
	yes := make([]bool, len(o.people))
	for i, p := range o.people {
		yes[i] = p.Yes.Yes(q)
	}
	return yes
}

// wanted is how many counts of a group must stay possible: five, or all that there are.
func wanted(group []int) int { return min(5, len(group)+1) }

// TestAttack attacks each two successive weeks of 200 organizations, some of which raise their floor.
func TestAttack(t *testing.T) {
	t.Parallel()
	crowds, attacked := 0, 0
	for seed := range uint64(200) {
		o := newOrganization(seed)
		r := &coverage.Roster{}
		var before, after published
		for week := range 5 {
			floor := 5
			if week > 2 && seed%4 == 0 {
				floor = 10
			}
			before, after = after, publish(r, o, after, floor)
			crowds += len(after.picture.Crowds)
			groups, unsettled, broken := o.attack(before, after)
			if unsettled > 0 {
				t.Errorf("organization %d, week %d: the attacker gave up on %d groups", seed, week, unsettled)
			}
			for _, b := range broken {
				t.Errorf("organization %d, week %d: %s", seed, week, b)
			}
			attacked += groups
			o.week()
		}
	}
	t.Logf("%d groups attacked, %d crowds published", attacked, crowds)
	if crowds < 1000 || attacked < 10_000 {
		t.Error("too little was attacked")
	}
}

// attack tries every group and says of which too much is known.
func (o *organization) attack(before, after published) (groups, unsettled int, broken []string) {
	own := o.dice.IntN(len(o.people))
	q := o.dice.IntN(questions)
	a := &attacker{people: len(o.people), own: own, ownYes: o.people[own].Yes.Yes(q)}
	learnAll(a, o, before, q)
	learnAll(a, o, after, q)
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

// The attacker finds what there is to find: it breaks whatever is weaker than what is published.
func TestTheAttackerBreaksWeakerRules(t *testing.T) {
	t.Parallel()
	type rules func(o *organization, r *coverage.Roster, before published) published
	for name, weaker := range map[string]struct {
		publish rules
		enough  uint64 // organizations to find something in
	}{
		"each cell is hidden by itself, the others are exact": {naive, 3},
		"spans are exact": {func(o *organization, r *coverage.Roster, before published) published {
			return exact(r, publish(r, o, before, 5))
		}, 12},
		"whoever comes or goes does so at once": {func(o *organization, _ *coverage.Roster, before published) published {
			return publish(&coverage.Roster{}, o, before, 5)
		}, 120},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for seed := range weaker.enough {
				o, r := newOrganization(seed), &coverage.Roster{}
				before := weaker.publish(o, r, published{})
				o.week()
				_, _, broken := o.attack(before, weaker.publish(o, r, before))
				found += len(broken)
			}
			t.Logf("%d groups are known too well", found)
			if found == 0 {
				t.Error("the attacker finds nothing")
			}
		})
	}
}

// exact tells each crowd's count instead of a span.
func exact(r *coverage.Roster, p published) published {
	for i, s := range p.picture.Crowds {
		for _, c := range r.Crowds {
			if c.ID != s.Crowd {
				continue
			}
			for q, n := range c.Counts {
				p.picture.Crowds[i].Told[q] = coverage.Span{Low: n, High: n}
			}
		}
	}
	return p
}

// naive tells the exact count of every cell of five people or more, and of everybody.
func naive(o *organization, _ *coverage.Roster, _ published) published {
	p := published{members: map[int][]events.PersonID{}, picture: coverage.Picture{Total: make([]coverage.Span, questions)}}
	groups := map[events.Code][]coverage.Person{}
	for _, one := range o.people {
		if one.Gone || one.Out {
			continue
		}
		for _, cell := range []events.Code{"everybody", one.Place[coverage.Department], one.Place[coverage.Level], one.Place[coverage.Tenure]} {
			groups[cell] = append(groups[cell], one)
		}
	}
	for _, cell := range slices.Sorted(maps.Keys(groups)) {
		if group := groups[cell]; len(group) >= 5 {
			s := coverage.Sketch{Crowd: len(p.members), Told: make([]coverage.Span, questions)}
			for q := range questions {
				for _, one := range group {
					if one.Yes.Yes(q) {
						s.Told[q].Low++
					}
				}
				s.Told[q].High = s.Told[q].Low
				p.picture.Total[q].High += s.Told[q].High
			}
			for _, one := range group {
				p.members[s.Crowd] = append(p.members[s.Crowd], one.ID)
			}
			p.picture.Crowds = append(p.picture.Crowds, s)
		}
	}
	return p
}
