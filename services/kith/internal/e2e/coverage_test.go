package e2e

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/gap-projection/coverage/coveragetest"
	"kith.internal/services/internal/readmodel"
)

// attackCoverage attacks what is published of a real organization: this week as it stands, the next one, in which some
// come, go, move and take no part any more, and what its people are asked of two times before, twenty times over.
func (u *product) attackCoverage(t *testing.T, least int) {
	people, roster := u.counted(t)
	counted := 0
	for _, c := range roster.Crowds {
		counted += len(c.Members)
	}
	if counted < least {
		t.Fatalf("%d of %d people are counted", counted, len(people))
	}
	u.publishedAs(t, roster)
	questions, attacked := len(gaps.Metrics()), 0
	for seed := range uint64(20) {
		rosters := [3]*coveragetest.Rosters{}
		for i := range rosters {
			_, crowds := u.counted(t)
			rosters[i] = &coveragetest.Rosters{Crowds: *crowds}
		}
		r := rosters[0]
		o := coveragetest.Of(slices.Clone(people), coverage.Standard(), questions, seed)
		before, once := o.Told(r, coveragetest.Week{}, 5), o.Again(rosters[1], 5)
		o.Next()
		groups, unsettled, broken := o.Attack(before, o.Publish(r, before, 5), once, o.Again(rosters[2], 5))
		attacked += groups
		for _, b := range broken {
			t.Errorf("seed %d: %s", seed, b)
		}
		if unsettled > 0 {
			t.Errorf("seed %d: the attacker gave up on %d groups", seed, unsettled)
		}
	}
	t.Logf("%d of %d people are counted, in %d crowds; %d groups attacked", counted, len(people), len(roster.Crowds), attacked)
}

// counted is who is there, and the crowds in which they are counted, from the service's own documents.
func (u *product) counted(t *testing.T) (people []coverage.Person, roster *coverage.Roster) {
	t.Helper()
	roster = &coverage.Roster{}
	yes := map[events.PersonID]coverage.Answers{}
	places := map[events.PersonID]coverage.Place{}
	documents := u.documents(t, readmodel.Networks)
	for key, r := range documents {
		if !strings.HasPrefix(key, "crowd.") {
			continue
		}
		c := &coverage.Crowd{}
		if err := json.Unmarshal(r.Body, c); err != nil {
			t.Fatal(err)
		}
		roster.Crowds, roster.Last = append(roster.Crowds, c), max(roster.Last, c.ID)
		for _, m := range c.Members {
			yes[m.Person], places[m.Person] = m.Yes, c.Labels
		}
	}
	slices.SortFunc(roster.Crowds, func(a, b *coverage.Crowd) int { return cmp.Compare(a.ID, b.ID) })
	for key, r := range documents {
		if strings.HasPrefix(key, readmodel.NetworkKey("")) {
			n := &readmodel.Network{}
			if err := json.Unmarshal(r.Body, n); err != nil {
				t.Fatal(err)
			}
			people = append(people, personOf(n, yes[n.Person], places[n.Person]))
		}
	}
	slices.SortFunc(people, func(a, b coverage.Person) int { return cmp.Compare(a.ID, b.ID) })
	return people, roster
}

// personOf stands where the directory says, and where the crowd does whose member they are.
func personOf(n *readmodel.Network, yes coverage.Answers, labels coverage.Place) coverage.Person {
	s := n.At(time.Now())
	p := coverage.Person{ID: n.Person, Gone: s.Presence != readmodel.Present && s.Presence != readmodel.Away, Yes: yes,
		Out: !n.TakesPart("org-aggregate"), Place: coverage.Place{coverage.Department: s.Department, coverage.Level: "any", coverage.Tenure: "any"}}
	for d, v := range labels {
		p.Place[d] = v
	}
	return p
}

// publishedAs: what the API tells is what follows from the crowds' spans.
func (u *product) publishedAs(t *testing.T, roster *coverage.Roster) {
	t.Helper()
	want := map[events.Code]coverage.Cell{}
	for _, c := range coverage.Cells(roster.Picture(5, len(gaps.Metrics())), gaps.Metrics(), nil) {
		want[c.Metric] = c
	}
	var a gaps.CoverageAnswer
	u.get(t, "integration:other", "/gap-projection/v1/program/coverage", &a)
	if len(a.Weeks) != 1 || len(a.Weeks[0].Cells) < 30 {
		t.Fatalf("published is %+v", a)
	}
	for _, c := range a.Weeks[0].Cells {
		if w := want[c.Metric]; !c.Suppressed && (c.Value != w.Value || c.Margin != w.Margin || c.People != w.People) {
			t.Errorf("told is %+v, the crowds say %+v", c, w)
		}
	}
}
