package gaps

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/readmodel"
)

// The documents of those who identify with a group. None says which: that is opened for the moment in which a week
// is measured, and who is in which crowd follows from it.
const (
	groupPrefix = "group." // one document somebody who identifies with one
	groupsKey   = "groups" // the crowds, without their members
)

// identity is what is kept of somebody who identifies with a group: as they sent it, sealed with their key.
type identity struct {
	Sealed  events.SealedBytes `json:"sealed"`
	Counted events.SealedBytes `json:"counted,omitempty"` // as it was when they were last counted; empty while they wait
	Yes     coverage.Answers   `json:"yes"`               // about their own roles, when they were
	Aside   bool               `json:"aside,omitempty"`   // they went with somebody who withdrew, and are counted by group no more
}

// unsealed is an identity for as long as a week is measured.
type unsealed struct {
	*identity
	person     events.PersonID
	group, was events.Code // they identify with; they are counted by; empty where it does not open, or must not
	supporters map[events.RoleName][]events.PersonID
}

func groupKey(person events.PersonID) string { return groupPrefix + string(person) }

// identified keeps what somebody identifies with, sealed; what they are counted by stays until the next week.
func (s *step) identified(f *events.GroupSelfIdentified) error {
	key := groupKey(s.in.Person())
	if s.d.Seq(key) >= s.in.Seq {
		return nil
	}
	one, err := projection.Get[identity](s.d, key)
	if one == nil {
		one = &identity{}
	}
	one.Sealed = f.Details
	s.d.Put(key, one)
	return err
}

// withdrawn forgets that somebody identified with a group: their crowd notices that it lacks one.
func (s *step) withdrawn(person events.PersonID) {
	if key := groupKey(person); s.d.Seq(key) <= s.in.Seq {
		s.d.Delete(key)
	}
}

// crowdsOfGroups is the document of the crowds.
type crowdsOfGroups struct {
	Crowds []crowdOfGroup `json:"crowds"`
	Last   int            `json:"last"`
	Unsure bool           `json:"unsure,omitempty"` // they may be others than those of which was told
}

// crowdOfGroup is a crowd of which only the number of its members is kept.
type crowdOfGroup struct {
	coverage.Crowd
	Members int `json:"members"`
}

// groups is all that a week's measuring of groups needs.
type groups struct {
	coverage.Groups
	kept *crowdsOfGroups
	who  map[events.PersonID]*unsealed // whoever identifies with one
}

// How the groups of a week are told.
const (
	groupsTold   events.Code = "told"
	groupsFew    events.Code = "too-few"   // of two groups at least; so of none
	groupsAnew   events.Code = "made-anew" // crowds were made anew without somebody erased since: for a week nothing is told
	groupsNoKeys events.Code = "no-keys"   // this installation has given the service no keys
)

// measureGroups turns the crowds of groups, says what may be told of them, and returns people without those who are
// counted there. Last is the week before.
func (s *step) measureGroups(people []coverage.Person, floor int, last events.Code) (others []coverage.Person, cells []coverage.Cell, how events.Code, err error) {
	g, open, err := s.groups()
	switch {
	case err != nil:
		return nil, nil, "", err
	case len(g.who)+len(g.kept.Crowds) == 0:
		return people, nil, groupsFew, nil
	case s.open == nil:
		return people, nil, groupsNoKeys, nil
	}
	if err := s.unseal(g, open, last); err != nil {
		return nil, nil, "", err
	}
	metrics := groupMetrics()
	g.Turn(g.among(people), floor, len(metrics), g.ties)
	s.keepGroups(g)
	if how = groupsAnew; !g.kept.Unsure {
		how, cells = groupsFew, coverage.GroupCells(g.Picture(floor, len(metrics)), metrics)
	}
	if len(cells) > 0 {
		how = groupsTold
	}
	return g.Others(people), cells, how, nil
}

// unseal opens what people identify with, and puts the crowds together from it.
func (s *step) unseal(g *groups, open []*unsealed, last events.Code) error {
	erased, err1 := s.open.all(open)
	told, err2 := s.toldOfGroups(last)
	g.kept.Unsure = erased || g.kept.Unsure && told
	g.assemble()
	return errors.Join(err1, err2)
}

// groups is whoever identifies with one, and the crowds as they are kept; open are those whose group may be opened:
// who take part in both purposes it is for.
func (s *step) groups() (g *groups, open []*unsealed, err error) {
	g = &groups{who: map[events.PersonID]*unsealed{}}
	rules, err1 := s.ruleset()
	keys, err2 := s.d.Keys(groupPrefix)
	kept, err3 := projection.Get[crowdsOfGroups](s.d, groupsKey)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, nil, err
	}
	if g.kept = kept; kept == nil {
		g.kept = &crowdsOfGroups{}
	}
	for _, key := range keys {
		one := &unsealed{person: events.PersonID(strings.TrimPrefix(key, groupPrefix))}
		var err1 error
		one.identity, err1 = projection.Get[identity](s.d, key)
		n, err2 := projection.Look[readmodel.Network](s.d, readmodel.NetworkKey(one.person))
		if err := errors.Join(err1, err2); err != nil {
			return nil, nil, err
		}
		if one.identity == nil {
			continue
		}
		g.who[one.person] = one
		if !one.Aside && n != nil && n.TakesPart("org-aggregate") && n.TakesPart("inclusion-analysis") {
			one.supporters = subject{view: newView(n, rules, s.now)}.supporters()
			open = append(open, one)
		}
	}
	return g, open, nil
}

// toldOfGroups reports whether anything was told of groups in a week: not before the first.
func (s *step) toldOfGroups(week events.Code) (bool, error) {
	if week == "" {
		return false, nil
	}
	p, err := projection.Get[Published](s.d, WeekKey(week))
	return p != nil && slices.ContainsFunc(p.Cells, func(c coverage.Cell) bool { return c.By == coverage.Group }), err
}

// assemble puts the members back into the crowds. Who is missing has withdrawn, takes no part any more, or was erased:
// nobody stands for them.
func (g *groups) assemble() {
	members := map[string][]coverage.Member{}
	for _, person := range slices.Sorted(maps.Keys(g.who)) {
		if one := g.who[person]; one.was != "" {
			crowd := fmt.Sprint(coverage.Identified(person, one.was))
			members[crowd] = append(members[crowd], coverage.Member{Person: person, Yes: one.Yes})
		}
	}
	g.Last = g.kept.Last
	for _, k := range g.kept.Crowds {
		c := k.Crowd
		c.Members = members[fmt.Sprint(c.Labels)]
		for len(c.Members) < k.Members {
			c.Members = append(c.Members, coverage.Member{})
		}
		g.Crowds = append(g.Crowds, &c)
	}
}

// among are people as they stand in groups: out is who identifies with none, or not for this.
func (g *groups) among(people []coverage.Person) []coverage.Person {
	people = slices.Clone(people)
	for i := range people {
		p := &people[i]
		one := g.who[p.ID]
		if one == nil || one.group == "" {
			p.Out = true
			continue
		}
		p.Place, p.Yes = coverage.Identified(p.ID, one.group), ownRoles(p.Yes)
	}
	return people
}

// keepGroups keeps the crowds without their members, and with each member only that they are counted.
func (s *step) keepGroups(g *groups) {
	g.kept.Crowds, g.kept.Last = nil, g.Last
	counted := map[events.PersonID]coverage.Answers{}
	for _, c := range g.Crowds {
		k := crowdOfGroup{*c, len(c.Members)}
		k.Crowd.Members = nil
		g.kept.Crowds = append(g.kept.Crowds, k)
		for _, m := range c.Members {
			counted[m.Person] = ownRoles(m.Yes)
		}
	}
	s.d.Put(groupsKey, g.kept)
	for person, one := range g.who {
		now := identity{Sealed: one.Sealed, Aside: one.Aside || g.Aside[person]}
		if yes, in := counted[person]; in {
			now.Counted, now.Yes = one.Sealed, yes
		}
		if !reflect.DeepEqual(now, *one.identity) {
			s.d.Put(groupKey(person), &now)
		}
	}
}

// ownRoles are the answers about one's own roles, the first of all questions: what is kept of answers by group. Ties
// to groups are asked of anew each week, for an answer would tell of the groups of two.
func ownRoles(yes coverage.Answers) coverage.Answers {
	var own coverage.Answers
	for q := range allRoles {
		own.Set(q, yes.Yes(q))
	}
	return own
}

// tiesToGroups are asked of everybody together who is counted by group (domain.md S1.24, S2.16).
var tiesToGroups = []struct {
	coverage.Metric
	role  events.RoleName
	other bool // of another group than the person's
}{
	{coverage.Metric{Code: "mentor-same-group", About: "identify with a group, and have a mentor who identifies with the same"}, events.Mentor, false},
	{coverage.Metric{Code: "mentor-other-group", About: "identify with a group, and have a mentor who identifies with another"}, events.Mentor, true},
	{coverage.Metric{Code: "sponsor-same-group", About: "identify with a group, and have a sponsor who identifies with the same"}, events.Sponsor, false},
	{coverage.Metric{Code: "sponsor-other-group", About: "identify with a group, and have a sponsor who identifies with another"}, events.Sponsor, true},
}

// groupMetrics are what is told by group: the roles that people have, and of all of them their ties to groups.
func groupMetrics() (metrics []coverage.Metric) {
	for _, q := range questions[:len(allRoles)] {
		metrics = append(metrics, coverage.Metric{Code: q.Code, About: q.About, By: []coverage.Dimension{coverage.Group}, Parts: true})
	}
	for _, q := range tiesToGroups {
		metrics = append(metrics, q.Metric)
	}
	return metrics
}

// ties answers the questions about ties: as far as the groups of supporters are known.
func (g *groups) ties(member events.PersonID, group events.Code, known map[events.PersonID]events.Code) (yes coverage.Answers) {
	one := g.who[member]
	for i, q := range tiesToGroups {
		yes.Set(len(allRoles)+i, slices.ContainsFunc(one.supporters[q.role], func(supporter events.PersonID) bool {
			other := known[supporter]
			return other != "" && (other != group) == q.other
		}))
	}
	return yes
}
