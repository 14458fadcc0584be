package gaps_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/gap-projection/coverage/coveragetest"
	"kith.internal/services/internal/readmodel"
)

// counting counts an organization with the crowds of its last published week.
type counting struct {
	*coveragetest.Organization
	crowds []*coverage.Crowd
	gone   map[events.PersonID]bool
	*gaps.Counter
}

func newCounting(t *testing.T, o *coveragetest.Organization, r *coveragetest.Rosters) *counting {
	t.Helper()
	c := &counting{Organization: o, crowds: r.Crowds.Crowds, gone: map[events.PersonID]bool{}}
	docs, now := projection.NewDocs(t.Context(), projection.NewMemory()), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	docs.Begin(1)
	docs.Put("coverage", &gaps.Measured{Week: "2026-w09"})
	docs.Put(gaps.WeekKey("2026-w09"), &gaps.Published{Week: "2026-w09"})
	silent := map[events.PersonID]bool{"": true}
	for _, p := range o.People {
		n := &readmodel.Network{Person: p.ID}
		n.Add(readmodel.Change{At: now.AddDate(-1, 0, 0), Kind: readmodel.Joined, Department: p.Place[coverage.Department]})
		if c.gone[p.ID] = p.Gone; p.Gone {
			n.Add(readmodel.Change{At: now.AddDate(0, 0, -1), Kind: readmodel.Left})
		}
		silent[p.ID] = p.Out
		docs.Put(readmodel.NetworkKey(p.ID), n)
	}
	for _, crowd := range c.crowds {
		kept := *crowd
		kept.Counts = make([]int, len(gaps.Metrics()))
		docs.Put(fmt.Sprint("crowd.", crowd.ID), &kept)
	}
	var err error
	if c.Counter, err = gaps.NewCounter(docs, now, 5, func(p events.PersonID) bool { return silent[p] }); err != nil {
		t.Fatal(err)
	}
	c.crowds = slices.DeleteFunc(slices.Clone(c.crowds), func(crowd *coverage.Crowd) bool {
		return slices.ContainsFunc(crowd.Members, func(m coverage.Member) bool { return silent[m.Person] }) || len(c.members(crowd)) < 11
	})
	return c
}

// members are those of a crowd of whom something is told: by sixes who are all there.
func (c *counting) members(crowd *coverage.Crowd) (who []events.PersonID) {
	for six := range slices.Chunk(crowd.Members, 6) {
		if !slices.ContainsFunc(six, func(m coverage.Member) bool { return c.gone[m.Person] }) {
			for _, m := range six {
				who = append(who, m.Person)
			}
		}
	}
	return who
}

// cell is what is told of some people, of whom an attacker knows who they are.
type cell struct {
	low, high int
	who       []events.PersonID
}

// inCrowds are the cells that a Counter tells.
func (c *counting) inCrowds(yes map[events.PersonID]bool) (cells []cell) {
	for _, n := range c.Count(yes) {
		one := cell{low: n.Low, high: n.High}
		for _, crowd := range c.crowds {
			if n.Department == "" || crowd.Labels[coverage.Department] == n.Department {
				one.who = append(one.who, c.members(crowd)...)
			}
		}
		if n.People != len(one.who) {
			panic(fmt.Sprintf("%d people are told of as %d", len(one.who), n.People))
		}
		cells = append(cells, one)
	}
	return cells
}

// byThemselves are cells of whole departments, each hidden by itself where too few say yes or no.
func (c *counting) byThemselves(yes map[events.PersonID]bool) (cells []cell) {
	departments := map[events.Code]*cell{"": {}}
	for _, p := range c.People {
		for _, d := range []events.Code{"", p.Place[coverage.Department]} {
			if one := departments[d]; one == nil {
				departments[d] = &cell{}
			}
			if one := departments[d]; !p.Gone && !p.Out {
				if one.who = append(one.who, p.ID); yes[p.ID] {
					one.low++
				}
			}
		}
	}
	for _, d := range slices.Sorted(maps.Keys(departments)) {
		one := departments[d]
		n, low := len(one.who), one.low/6*6
		if one.low < 5 || n-one.low < 5 {
			one.low, one.high = 0, n
		} else {
			one.low, one.high = max(low, 5), min(low+5, n-5)
		}
		cells = append(cells, *one)
	}
	return cells
}

// told is what is told of all questions, as the attacker reads it: each cell is a crowd to them.
func (c *counting) told(tell func(*counting, map[events.PersonID]bool) []cell) coveragetest.Week {
	w := coveragetest.Crowds{Members: map[int][]events.PersonID{}}
	for q := range c.Questions {
		yes := map[events.PersonID]bool{}
		for _, p := range c.People {
			yes[p.ID] = p.Yes.Yes(q)
		}
		for i, one := range tell(c, yes) {
			if w.Members[i] = one.who; q == 0 {
				w.Picture.Crowds = append(w.Picture.Crowds, coverage.Sketch{Crowd: i})
			}
			w.Picture.Crowds[i].Told = append(w.Picture.Crowds[i].Told, coverage.Span{Low: one.low, High: one.high})
		}
		w.Picture.Total = append(w.Picture.Total, coverage.Span{High: 2 * len(c.People)}) // the first cell tells it
	}
	return coveragetest.Week{Crowds: w}
}

// attacked publishes two weeks of an organization, in which some people come and go, and counts three times: after the one,
// when they have gone, and after the other. It returns what an attacker finds out who takes what is counted to be
// what was published.
func attacked(t *testing.T, seed uint64, tell func(*counting, map[events.PersonID]bool) []cell) (groups, unsettled int, broken []string) {
	t.Helper()
	o, r := coveragetest.New(seed), &coveragetest.Rosters{}
	before := o.Publish(r, coveragetest.Week{}, 5)
	told := []coveragetest.Week{newCounting(t, o, r).told(tell)}
	o.Next()
	told = append(told, newCounting(t, o, r).told(tell))
	after := o.Publish(r, before, 5)
	return o.Attack(before, after, append(told, newCounting(t, o, r).told(tell))...)
}

// What is counted in crowds of the published week tells no more of anybody beside it, nor beside what was counted before. In
// cells of whole departments, it does.
func TestCountsAreSafeBesideWhatIsPublished(t *testing.T) {
	t.Parallel()
	tried := 0
	for seed := range uint64(200) {
		groups, unsettled, broken := attacked(t, seed, (*counting).inCrowds)
		if unsettled > 0 {
			t.Errorf("organization %d: the attacker gave up on %d groups", seed, unsettled)
		}
		tried += groups
		for _, b := range broken {
			t.Errorf("organization %d: %s", seed, b)
		}
	}
	if tried < 2000 {
		t.Errorf("only %d groups were attacked", tried)
	}
	if _, _, broken := attacked(t, 10, (*counting).byThemselves); len(broken) == 0 {
		t.Error("the attacker finds nothing in cells of whole departments")
	}
}
