package coverage_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/gap-projection/coverage/coveragetest"
)

// TestAttack attacks each two successive weeks of 200 organizations, some of which raise their floor.
func TestAttack(t *testing.T) {
	t.Parallel()
	crowds, groups, attacked := 0, 0, 0
	for seed := range uint64(200) {
		o := coveragetest.New(seed)
		r := &coveragetest.Rosters{}
		var before, after coveragetest.Week
		for week := range 5 {
			floor := 5
			if week > 2 && seed%4 == 0 {
				floor = 10
			}
			before, after = after, o.Publish(r, after, floor)
			crowds, groups = crowds+len(after.Crowds.Picture.Crowds), groups+len(after.Groups.Picture.Crowds)
			tried, unsettled, broken := o.Attack(before, after)
			if unsettled > 0 {
				t.Errorf("organization %d, week %d: the attacker gave up on %d groups", seed, week, unsettled)
			}
			for _, b := range broken {
				t.Errorf("organization %d, week %d: %s", seed, week, b)
			}
			attacked += tried
			o.Next()
		}
	}
	t.Logf("%d groups attacked, %d crowds and %d by group published", attacked, crowds, groups)
	if crowds < 1000 || groups < 300 || attacked < 10_000 {
		t.Error("too little was attacked")
	}
}

// TestAttackOfTimesBefore attacks each two successive weeks together with what the crowds of the first one tell when they
// are asked of two times before it: then somebody takes no part any more, and they are asked of two times again.
func TestAttackOfTimesBefore(t *testing.T) {
	t.Parallel()
	crowds, attacked := 0, 0
	for seed := range uint64(60) {
		o, r := coveragetest.New(seed), &coveragetest.Rosters{}
		weeks := []coveragetest.Week{o.Publish(r, coveragetest.Week{}, 5)}
		first := func() *coveragetest.Rosters { return &coveragetest.Rosters{Crowds: copyOf(t, r.Crowds)} }
		rosters := []*coveragetest.Rosters{first(), first(), first(), first()}
		var asked []coveragetest.Week
		for week := range 3 {
			if week < 2 {
				asked = append(asked, o.Again(rosters[2*week], 5), o.Again(rosters[2*week+1], 5))
				crowds += len(asked[2*week].Crowds.Picture.Crowds)
			}
			o.Next()
			weeks = append(weeks, o.Publish(r, weeks[week], 5))
			tried, unsettled, broken := o.Attack(weeks[week], weeks[week+1], asked...)
			if unsettled > 0 {
				t.Errorf("organization %d, week %d: the attacker gave up on %d groups", seed, week, unsettled)
			}
			for _, b := range broken {
				t.Errorf("organization %d, week %d: %s", seed, week, b)
			}
			attacked += tried
		}
	}
	t.Logf("%d groups attacked, %d crowds asked again", attacked, crowds)
	if crowds < 300 || attacked < 5_000 {
		t.Error("too little was attacked")
	}
}

func copyOf(t *testing.T, r coverage.Roster) (c coverage.Roster) {
	t.Helper()
	text, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The attacker finds what there is to find: it breaks whatever is weaker than what is published.
func TestTheAttackerBreaksWeakerRules(t *testing.T) {
	t.Parallel()
	type rules func(o *coveragetest.Organization, r *coveragetest.Rosters, before coveragetest.Week) coveragetest.Week
	for name, weaker := range map[string]struct {
		publish rules
		enough  uint64 // organizations to find something in
	}{
		"each cell is hidden by itself, the others are exact": {naive, 3},
		"spans are exact": {func(o *coveragetest.Organization, r *coveragetest.Rosters, before coveragetest.Week) coveragetest.Week {
			return exact(r, o.Publish(r, before, 5))
		}, 12},
		"whoever comes or goes does so at once": {func(o *coveragetest.Organization, r *coveragetest.Rosters, before coveragetest.Week) coveragetest.Week {
			r.Crowds = coverage.Roster{}
			return o.Publish(r, before, 5)
		}, 200},
		"of another time other people are counted together": {func(o *coveragetest.Organization, _ *coveragetest.Rosters, before coveragetest.Week) coveragetest.Week {
			return o.Publish(&coveragetest.Rosters{}, before, 5)
		}, 200},
		"S2.03 whoever identifies or withdraws is counted by group at once": {func(o *coveragetest.Organization, r *coveragetest.Rosters, before coveragetest.Week) coveragetest.Week {
			r.Groups = coverage.Groups{}
			return o.Publish(r, before, 5)
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for seed := range weaker.enough {
				o, r := coveragetest.New(seed), &coveragetest.Rosters{}
				before := weaker.publish(o, r, coveragetest.Week{})
				o.Next()
				_, _, broken := o.Attack(before, weaker.publish(o, r, before))
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
func exact(r *coveragetest.Rosters, w coveragetest.Week) coveragetest.Week {
	p := w.Crowds
	for i, s := range p.Picture.Crowds {
		for _, c := range r.Crowds.Crowds {
			if c.ID != s.Crowd {
				continue
			}
			for q, n := range c.Counts {
				p.Picture.Crowds[i].Told[q] = coverage.Span{Low: n, High: n}
			}
		}
	}
	return w
}

// naive tells the exact count of every cell of five people or more, and of everybody.
func naive(o *coveragetest.Organization, _ *coveragetest.Rosters, _ coveragetest.Week) coveragetest.Week {
	p := coveragetest.Crowds{Members: map[int][]events.PersonID{}, Picture: coverage.Picture{Total: make([]coverage.Span, o.Questions)}}
	groups := map[events.Code][]coverage.Person{}
	for _, one := range o.People {
		if one.Gone || one.Out {
			continue
		}
		for _, cell := range []events.Code{"everybody", one.Place[coverage.Department], one.Place[coverage.Level], one.Place[coverage.Tenure]} {
			groups[cell] = append(groups[cell], one)
		}
	}
	for _, cell := range slices.Sorted(maps.Keys(groups)) {
		if group := groups[cell]; len(group) >= 5 {
			s := coverage.Sketch{Crowd: len(p.Members), Told: make([]coverage.Span, o.Questions)}
			for q := range o.Questions {
				for _, one := range group {
					if one.Yes.Yes(q) {
						s.Told[q].Low++
					}
				}
				s.Told[q].High = s.Told[q].Low
				p.Picture.Total[q].High += s.Told[q].High
			}
			for _, one := range group {
				p.Members[s.Crowd] = append(p.Members[s.Crowd], one.ID)
			}
			p.Picture.Crowds = append(p.Picture.Crowds, s)
		}
	}
	return coveragetest.Week{Crowds: p}
}
