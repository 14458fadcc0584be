package gaps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/keyring"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
)

// vault seals by turning bits over, and destroys nothing but keys.
type vault map[events.PersonID]bool

func (vault) seal(group string) events.SealedBytes {
	sealed := []byte(group)
	for i := range sealed {
		sealed[i] ^= 0xff
	}
	return sealed
}

func (v vault) open(person events.PersonID, sealed events.SealedBytes) (events.Code, error) {
	if v[person] {
		return "", keyring.ErrDestroyed
	}
	return events.Code(v.seal(string(sealed))), nil
}

// crew is how many people the stories of groups have.
const crew = 240

// groupOf is what the n-th identifies with: of each four two with the first, one with the second, one with none.
func groupOf(n int) string { return []string{"oaks", "elms", "oaks", ""}[n%4] }

// identified is an organization most of which identifies with a group.
func identified(t *testing.T, groupOf func(n int) string) (*history, vault) {
	h, v := newHistory(t), vault{}
	h.rules.OpenWith(v.open)
	for n := range crew {
		h.on(0, events.People, member(n), &events.PersonJoined{Level: 3, Department: "ops", EffectiveAt: day(-400)})
		if group := groupOf(n); group != "" {
			h.on(0, events.Personal, member(n), &events.GroupSelfIdentified{How: "self", Details: v.seal(group)})
		}
	}
	return h, v
}

// supported gives everybody somebody in a role.
func (h *history) supported(role events.RoleName, by func(n int) int) {
	for n := range crew {
		if s := by(n); s >= 0 {
			h.on(1, events.Role, member(n), recognized(role, member(s%crew), 1))
		}
	}
}

// likely is a supporter of the same group for three of four who have one, and of another for the fourth.
func likely(n int) int {
	if n%16 < 4 {
		return n + 1
	}
	return n + 4
}

func TestGroups(t *testing.T) {
	t.Parallel()
	few := func(n int) string { return []string{"oaks", ""}[min(n%8, 1)] }
	for name, c := range map[string]struct {
		groups       func(n int) string
		when         func(h *history, v vault)
		metric, cell string
		truth        int // percent; 0 where nothing is told
	}{
		"S2.03 S2.30 who has a mentor is told by group": {when: func(h *history, _ vault) {
			h.supported(events.Mentor, func(n int) int { return []int{n + 1, -1, n + 1}[n%3] })
		}, metric: "mentor", cell: "oaks", truth: 67},
		"S2.03 and of the other group": {metric: "sponsor", cell: "elms", truth: 1},
		"S1.24 mentors of the same group are a share of all": {when: func(h *history, _ vault) { h.supported(events.Mentor, likely) },
			metric: "mentor-same-group", cell: "everybody", truth: 75},
		"S1.24 mentors across groups are a share of all": {when: func(h *history, _ vault) { h.supported(events.Mentor, likely) },
			metric: "mentor-other-group", cell: "everybody", truth: 17},
		"S1.24 nothing of mentors is told by group": {when: func(h *history, _ vault) { h.supported(events.Mentor, likely) },
			metric: "mentor-other-group", cell: "oaks"},
		"S2.16 sponsors who choose their like are seen in a share of all": {when: func(h *history, _ vault) { h.supported(events.Sponsor, likely) },
			metric: "sponsor-same-group", cell: "everybody", truth: 75},
		"S2.16 sponsors of another group": {when: func(h *history, _ vault) { h.supported(events.Sponsor, likely) },
			metric: "sponsor-other-group", cell: "everybody", truth: 17},
		"S2.16 a sponsor who identifies with none is of no group": {when: func(h *history, _ vault) { h.supported(events.Sponsor, func(int) int { return 3 }) },
			metric: "sponsor-other-group", cell: "everybody", truth: 1},
		"S2.03 too few identify":                  {groups: few, metric: "mentor", cell: "oaks"},
		"S2.03 of a single group nothing is told": {groups: func(int) string { return "oaks" }, metric: "mentor", cell: "oaks"},
		"S2.03 of a small group not even that there is one": {groups: func(n int) string {
			if n%12 == 0 {
				return "yews"
			}
			return groupOf(n)
		}, metric: "mentor", cell: "yews"},
		"S2.03 who takes no part in the analysis is in no group": {when: func(h *history, _ vault) {
			for n := range crew {
				h.on(1, events.Personal, member(n), &events.ParticipationChanged{Purpose: "inclusion-analysis", Participation: "out"})
			}
		}, metric: "mentor", cell: "elms"},
		"S2.03 who withdraws is in no group": {when: func(h *history, _ vault) {
			for n := range crew {
				h.on(1, events.Personal, member(n), &events.GroupSelfIdentificationWithdrawn{How: "self"})
			}
		}, metric: "mentor", cell: "elms"},
		"S2.03 nothing is told in a week in which keys are gone": {when: func(h *history, v vault) {
			for n := range crew / 2 {
				v[member(n)] = true
			}
		}, metric: "mentor", cell: "elms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.groups == nil {
				c.groups = groupOf
			}
			h, v := identified(t, c.groups)
			if c.when != nil {
				c.when(h, v)
			}
			h.until(day(5))
			h.nothingNamesThem(t)
			if c.truth > 0 {
				h.near("group "+c.cell, events.Code(c.metric), c.truth)
			} else if f := h.told(events.Code(c.metric))["group "+c.cell]; f != nil {
				t.Errorf("told is %+v", f)
			}
		})
	}
}

// nothingNamesThem: no document, and no fact that follows, has a person and a group.
func (h *history) nothingNamesThem(t *testing.T) {
	t.Helper()
	for key, r := range h.store.Records() {
		if group := hasGroup(string(r.Body)); group && namesAnybody(key+string(r.Body)) {
			t.Errorf("%s has a group and a person: %s", key, r.Body)
		}
	}
	for _, e := range slices.Concat(h.derived, h.measured) {
		if said := fmt.Sprintf("%+v", e.Fact); hasGroup(said) && (e.Subject != events.Nobody || namesAnybody(said)) {
			t.Errorf("%s of %s", said, e.Subject)
		}
	}
}

func namesAnybody(text string) bool {
	for n := range crew {
		if strings.Contains(text, string(member(n))) {
			return true
		}
	}
	return false
}

func hasGroup(text string) bool {
	return strings.Contains(text, "oaks") || strings.Contains(text, "elms")
}

// groupsOf is how groups were told in a week, and of how many people.
func (h *history) groupsOf(t *testing.T, week events.Code) string {
	t.Helper()
	p, err := projection.Get[gaps.Published](h.docs, gaps.WeekKey(week))
	if err != nil || p == nil {
		t.Fatal(week, p, err)
	}
	people := 0
	for _, c := range p.Cells {
		if c.By == "group" && c.Metric == "mentor" {
			people += c.People
		}
	}
	return fmt.Sprint(p.Groups, " ", people)
}

// TestGroupsFromWeekToWeek: what is told of groups after something has happened in the week before. What stands
// first is told in any case.
func TestGroupsFromWeekToWeek(t *testing.T) {
	t.Parallel()
	withdraw := func(h *history, from, n int) {
		for i := range n {
			h.on(6, events.Personal, member(from+i), &events.GroupSelfIdentificationWithdrawn{How: "self"})
		}
	}
	for name, c := range map[string]struct {
		when func(h *history, v vault)
		then [2]string // a week later, and two
	}{
		"S2.03 as before":                          {func(*history, vault) {}, [2]string{"told 82", "told 82"}},
		"S2.03 one withdraws, and is not counted":  {func(h *history, _ vault) { withdraw(h, 2, 1) }, [2]string{"told 70", "told 70"}},
		"S2.03 half withdraw":                      {func(h *history, _ vault) { withdraw(h, 0, 120) }, [2]string{"too-few 0", "too-few 0"}},
		"S2.03 one says the same again":            {func(h *history, v vault) { h.say(0, v.seal("oaks")) }, [2]string{"told 82", "told 82"}},
		"S2.03 keys are gone, which nobody said":   {func(_ *history, v vault) { v[member(0)] = true }, [2]string{"made-anew 0", "made-anew 0"}},
		"S2.03 somebody was erased":                {func(h *history, v vault) { v[member(2)] = true; h.erase(2) }, [2]string{"told 70", "told 70"}},
		"S2.03 the service is not given keys more": {func(h *history, _ vault) { h.rules.OpenWith(nil) }, [2]string{"no-keys 0", "no-keys 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, v := identified(t, groupOf)
			h.until(day(5))
			if got := h.groupsOf(t, "2026-w01"); got != "told 82" {
				t.Fatal(got)
			}
			c.when(h, v)
			h.until(day(19))
			h.nothingNamesThem(t)
			if got := [2]string{h.groupsOf(t, "2026-w02"), h.groupsOf(t, "2026-w03")}; got != c.then {
				t.Errorf("%q, want %q", got, c.then)
			}
		})
	}
}

func (h *history) say(n int, sealed events.SealedBytes) {
	h.on(6, events.Personal, member(n), &events.GroupSelfIdentified{How: "survey", Details: sealed})
}

func (h *history) erase(n int) {
	h.on(6, events.People, member(n), &events.PersonErased{DestroyedAt: day(6), FinalAt: day(36)})
}

// What is made anew after an erasure counts others than was told of, since what the erased sealed opens no more. So
// in the week after, nothing is told of groups: two weeks could be subtracted.
func TestGroupsAreSilentOnceMadeAnew(t *testing.T) {
	t.Parallel()
	h, v := identified(t, groupOf)
	h.until(day(12))
	v[member(2)] = true
	h.erase(2)
	h.until(day(19))
	anew := newHistory(t)
	anew.rules.OpenWith(v.open)
	for _, in := range h.log {
		anew.seq = in.Seq
		anew.take(in)
		for _, own := range h.measured {
			if own.CausationID == in.ID {
				if err := anew.rules.Stated(anew.docs, own); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, week := range []events.Code{"2026-w01", "2026-w02", "2026-w03"} {
		if was, is := h.groupsOf(t, week), anew.groupsOf(t, week); was != is {
			t.Errorf("week %s was %s, and is %s", week, was, is)
		}
	}
	anew.until(day(33))
	if got := [2]string{anew.groupsOf(t, "2026-w04"), anew.groupsOf(t, "2026-w05")}; got != [2]string{"made-anew 0", "told 82"} {
		t.Errorf("then %q", got)
	}
}
