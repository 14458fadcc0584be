package gaps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/gap-projection/coverage"
)

// member is the n-th of a made-up staff.
func member(n int) events.PersonID {
	id := []byte("paaaaaaaaaaaaaaaa")
	for i := len(id) - 1; n > 0; i, n = i-1, n/26 {
		id[i] = byte('a' + n%26)
	}
	return events.PersonID(id)
}

// staff is how many people the program's stories have: of two departments and three levels.
const staff = 120

// employ lets everybody join, some time ago.
func (h *history) employ() *history {
	for n := range staff {
		f := &events.PersonJoined{Level: 1 + n%3*3, Department: "ops", EffectiveAt: day(-400 - n%2*1000)}
		if n%3 == 0 {
			f.Department = "sales"
		}
		h.on(0, events.People, member(n), f)
	}
	return h
}

// each says something about every k-th person.
func (h *history) each(on, k int, c events.Context, f func(n int) events.Fact) *history {
	for n := 0; n < staff; n += k {
		h.on(on, c, member(n), f(n))
	}
	return h
}

// told is what was published of a metric in the last week: by cell, as a share of so many people.
func (h *history) told(metric events.Code) map[string]*events.CoverageMeasured {
	cells := map[string]*events.CoverageMeasured{}
	var last events.Code
	for _, e := range h.measured {
		if f, ok := e.Fact.(*events.CoverageMeasured); ok && f.Metric == metric {
			if f.Week != last {
				clear(cells)
				last = f.Week
			}
			cells[strings.TrimPrefix(string(f.By)+" "+string(f.Cell), " ")] = f
		}
	}
	return cells
}

// near holds the share of a metric against the truth: as near as it says it is.
func (h *history) near(cell string, metric events.Code, truth int) {
	h.t.Helper()
	f := h.told(metric)[cell]
	switch {
	case f == nil:
		h.t.Fatal(fmt.Sprintf("%s of %s was not measured", metric, cell))
	case f.Suppressed:
		h.t.Fatal(fmt.Sprintf("%s of %s is hidden", metric, cell))
	case max(truth-f.Value, f.Value-truth) > f.Margin+5: // who is counted is some of the people
		h.t.Fatal(fmt.Sprintf("%s of %s is %d %% ±%d (%d people), the truth is %d %%", metric, cell, f.Value, f.Margin, f.People, truth))
	}
}

func mentored(n int) events.Fact { return recognized(events.Mentor, member((n+1)%staff), 1) }

// received is an act for the n-th by the next one, that a system has recorded.
func received(n int) events.Act {
	return events.Act{Recipient: member(n), Supporter: member((n + 1) % staff), RecordedBy: "system"}
}

func opportunity(n int) events.Fact {
	return &events.OpportunityGiven{Act: received(n), Kind: "stretch"}
}

// TestProgram: what everybody's networks say of the organization. The story begins on a Thursday; the first
// Monday is day 4, the next one day 11.
func TestProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given  func(h *history)
		metric events.Code
		truth  int // percent of everybody
	}{
		"S1.39 S2.29 S2.30 who has somebody in a role": {func(h *history) { h.each(1, 2, events.Role, mentored) }, "mentor", 50},
		"S1.26 who has as many as they should":         {func(h *history) { h.each(1, 2, events.Role, mentored) }, "target-mentor", 0},
		"S1.10 who is supported by people inside": {func(h *history) {
			h.each(1, 3, events.Role, mentored)
			h.each(1, 4, events.Role, func(int) events.Fact { return recognized(events.Advocate, xeno, 1) })
		}, "mostly-internal", 33},
		"S1.21 S1.19 who learns from somebody more junior": {func(h *history) {
			h.each(1, 4, events.Role, func(n int) events.Fact {
				f := recognized(events.Mentor, member((n+1)%staff), 1)
				f.Subtype = events.ReverseMentor
				return f
			})
		}, "reverse-mentor", 25},
		"S2.15 opportunities with a sponsor": {func(h *history) {
			h.each(1, 2, events.Role, func(n int) events.Fact { return recognized(events.Sponsor, member((n+1)%staff), 1) })
			h.each(1, 3, events.Support, opportunity)
		}, "stretch-with-sponsor", 17},
		"S2.15 opportunities without a sponsor": {func(h *history) {
			h.each(1, 2, events.Role, func(n int) events.Fact { return recognized(events.Sponsor, member((n+1)%staff), 1) })
			h.each(1, 3, events.Support, opportunity)
		}, "stretch-without-sponsor", 17},
		"S1.38 promotions with a sponsor": {func(h *history) {
			h.each(1, 2, events.Role, func(n int) events.Fact { return recognized(events.Sponsor, member((n+1)%staff), 1) })
			h.each(2, 3, events.People, func(n int) events.Fact {
				return &events.PromotionOccurred{Kind: "promotion", FromLevel: 1 + n%3*3, ToLevel: 2 + n%3*3, EffectiveAt: day(2)}
			})
		}, "promoted-with-sponsor", 17},
		"S2.28 S1.41 mentors who became sponsors": {func(h *history) {
			h.each(1, 2, events.Role, mentored)
			h.each(2, 2, events.Role, func(n int) events.Fact { return recognized(events.Sponsor, member((n+1)%staff), 2) })
		}, "mentor-to-sponsor", 50},
		"S2.19 S2.18 support in a program": {func(h *history) {
			h.each(1, 4, events.Support, func(n int) events.Fact {
				a := received(n)
				a.Formality = "gaaaaaaaaaaaaaaaa"
				return &events.AdviceGiven{Act: a}
			})
			h.each(2, 2, events.Support, func(n int) events.Fact { return &events.AdviceGiven{Act: received(n)} })
		}, "formal", 25},
		"S2.23 S2.35 what allies do": {func(h *history) {
			h.each(1, 3, events.Personal, func(n int) events.Fact {
				return &events.AllyActionTaken{Act: received(n), Kind: "credit", ConfirmedBy: "recipient"}
			})
		}, "ally-acts", 33},
		"S2.36 ties that last": {func(h *history) {
			h.each(1, 2, events.Role, func(n int) events.Fact { return recognized(events.Mentor, member((n+1)%staff), -380) })
		}, "tie-alive", 50},
		"S1.11 declared and enacted": {func(h *history) {
			h.each(1, 2, events.Personal, func(n int) events.Fact {
				return &events.RoleDeclared{Supporter: member((n + 1) % staff), Role: events.Mentor, DeclaredBy: "recipient"}
			})
			h.each(2, 4, events.Role, mentored)
		}, "named-and-seen", 25},
		"S1.23 who speaks up": {func(h *history) {
			for n := 0; n < staff; n += 3 { // the most junior, to somebody above them, and that one back
				up, down := received(n+1), received(n)
				up.Supporter, down.Supporter = member(n), member(n+1)
				h.on(1, events.Support, member(n+1), &events.FeedbackGiven{Act: up, Valence: "constructive", Voluntary: true, Sharing: "named"})
				h.on(1, events.Support, member(n), &events.FeedbackGiven{Act: down, Valence: "mixed", Voluntary: true, Sharing: "named"})
			}
		}, "spoke-up", 33},
		"who lost their only mentor": {func(h *history) {
			h.each(1, 2, events.Role, mentored)
			h.each(2, 4, events.Role, func(n int) events.Fact { return recognized(events.Mentor, member((n+3)%staff), 1) })
			for n := 1; n < staff; n += 8 {
				h.on(3, events.People, member(n), &events.PersonLeft{EffectiveAt: day(3), ReasonClass: "resignation"})
			}
		}, "orphaned", 0},
		"S2.34 seniors who sponsor": {func(h *history) {
			h.each(1, 3, events.Role, func(n int) events.Fact { return recognized(events.Sponsor, member((n+2)%staff), 1) })
		}, "senior-sponsoring", 33},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t).employ()
			c.given(h)
			h.until(day(5))
			h.near("everybody", c.metric, c.truth)
		})
	}
}

// Weeks: each is measured once, on its Monday, and says nothing of less than a crowd.
func TestWeeksArePublishedOnce(t *testing.T) {
	t.Parallel()
	h := newHistory(t).employ()
	h.each(1, 2, events.Role, mentored)
	h.on(2, events.People, ego, &events.PersonJoined{Level: 3, Department: "legal", EffectiveAt: day(2)})
	h.until(day(19))
	var weeks []events.Code
	for _, e := range h.measured {
		f, ok := e.Fact.(*events.CoverageMeasured)
		if !ok {
			continue
		}
		if e.Context != events.Coverage || e.Subject != events.Nobody || e.Time.Weekday() != time.Monday || e.CausationID == "" {
			t.Fatalf("%+v", e)
		}
		if len(weeks) == 0 || weeks[len(weeks)-1] != f.Week {
			weeks = append(weeks, f.Week)
		}
	}
	t.Run("S2.31 a trend is one week after another, each published once", func(t *testing.T) {
		if want := []events.Code{"2026-w01", "2026-w02", "2026-w03"}; !slices.Equal(weeks, want) {
			t.Errorf("published were %v, want %v", weeks, want)
		}
	})
	if f := h.told("mentor")["department legal"]; f == nil || !f.Suppressed || f.Value != 0 {
		t.Errorf("of a department of one is told %+v", f)
	}
}

// An import is measured as soon as it has settled, for the week that ended last, and that week only once.
func TestAnImportIsMeasuredAtOnce(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.on(0, events.People, "", &events.ImportStarted{Source: "hr"})
	h.employ()
	h.on(1, events.People, "", &events.ImportFinished{Source: "hr"})
	h.until(day(3)) // nobody says that all has been recognized, so it settles after ten minutes
	if f := h.told("gap-open")["everybody"]; f == nil || f.Week != "2025-w52" {
		t.Fatalf("measured is %+v", f)
	}
	n := len(h.measured)
	h.on(3, events.People, "", &events.ImportStarted{Source: "hr"})
	h.on(3, events.People, "", &events.ImportFinished{Source: "hr"})
	h.until(day(4).Add(-time.Hour))
	for _, e := range h.measured[n:] {
		if e.Context == events.Coverage {
			t.Fatalf("a second time: %+v", e.Fact)
		}
	}
	h.until(day(4))
	if f := h.told("gap-open")["everybody"]; f.Week != "2026-w01" {
		t.Errorf("then measured is %s", f.Week)
	}
}

// Who takes no part is in no crowd; who says so, and who is erased, is in none at once.
func TestNobodyIsCountedWhoTakesNoPart(t *testing.T) {
	t.Parallel()
	h := newHistory(t).employ()
	h.on(1, events.Personal, member(3), &events.ParticipationChanged{Purpose: "org-aggregate", Participation: "out"})
	h.until(day(5))
	if c := h.crowds(); len(c) == 0 || slices.ContainsFunc(c, func(c string) bool { return strings.Contains(c, string(member(3))) }) {
		t.Errorf("who takes no part is in one of %d crowds", len(c))
	}
	erased := h.counted()
	h.on(6, events.People, erased, &events.PersonErased{DestroyedAt: day(6), FinalAt: day(36)})
	if strings.Contains(strings.Join(h.crowds(), " "), string(erased)) {
		t.Errorf("an erased person stands in a crowd: %s", erased)
	}
	objects := h.counted()
	for _, other := range []events.Purpose{"own-network", "program"} {
		h.on(6, events.Personal, objects, &events.ParticipationChanged{Purpose: other, Participation: "out"})
	}
	if !strings.Contains(strings.Join(h.crowds(), " "), string(objects)) {
		t.Errorf("who takes no part in something else is not counted: %s", objects)
	}
	h.on(6, events.Personal, objects, &events.ParticipationChanged{Purpose: "org-aggregate", Participation: "out"})
	if strings.Contains(strings.Join(h.crowds(), " "), string(objects)) {
		t.Errorf("who objects stands in a crowd: %s", objects)
	}
}

// counted is somebody who stands in a crowd.
func (h *history) counted() events.PersonID {
	h.t.Helper()
	for n := range staff {
		if strings.Contains(strings.Join(h.crowds(), " "), string(member(n))) {
			return member(n)
		}
	}
	h.t.Fatal("nobody stands in a crowd")
	return ""
}

// crowds are who stands in each.
func (h *history) crowds() (crowds []string) {
	for key := range h.store.Records() {
		if strings.HasPrefix(key, "crowd.") {
			c, err := projection.Get[coverage.Crowd](h.docs, key)
			if err != nil {
				h.t.Fatal(err)
			}
			crowds = append(crowds, fmt.Sprint(c))
		}
	}
	return crowds
}

// A floor that is raised holds from the next measurement on; the facts name the policy.
func TestAHigherFloorHidesMore(t *testing.T) {
	t.Parallel()
	visible := func(h *history) (n int, policy string) {
		for _, e := range h.measured {
			if f, ok := e.Fact.(*events.CoverageMeasured); ok && f.Week == "2026-w02" {
				policy = f.Policy
				if !f.Suppressed {
					n++
				}
			}
		}
		return n, policy
	}
	low := newHistory(t).employ()
	low.until(day(12))
	high := newHistory(t).employ()
	in := high.input(day(5), events.Policy, "", &events.PolicyChanged{Floor: 10, LegalMode: "full"})
	high.until(day(5))
	high.take(in)
	high.until(day(12))
	n, policy := visible(low)
	m, raised := visible(high)
	if m >= n || m == 0 || policy != "default" || raised != string(in.ID) {
		t.Errorf("%d cells under %s, %d under %s", n, policy, m, raised)
	}
}

// Metrics have room in what a crowd remembers of its members, and a name each.
func TestMetricsAreTold(t *testing.T) {
	seen := map[events.Code]bool{}
	for _, m := range gaps.Metrics() {
		if seen[m.Code] || m.About == "" {
			t.Errorf("%s: %q", m.Code, m.About)
		}
		seen[m.Code] = true
	}
	if len(seen) > coverage.Capacity {
		t.Errorf("%d metrics", len(seen))
	}
}
