package gaps_test

import (
	"strings"
	"testing"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// Basis says whether a network rests on one survey only: then nobody should read it as more.
func TestBasis(t *testing.T) {
	answer := func(asOf int) events.Fact {
		return &events.SupportReported{Act: act(ben), Kind: "advice", Cadence: "monthly", ReportedBy: "recipient", AsOf: day(asOf)}
	}
	role := recognized(events.Mentor, ben, 0)
	for _, c := range []struct {
		name  string
		facts []events.Fact
		want  gaps.BasisKind
	}{
		{"no roles", []events.Fact{answer(0)}, gaps.BasisNone},
		{"acts", []events.Fact{advice(ben), role}, gaps.BasisActs},
		{"one survey", []events.Fact{answer(0), answer(0), role}, gaps.BasisOneSurvey},
		{"one survey, and acts of somebody who plays no role", []events.Fact{answer(0), role, advice(cleo)}, gaps.BasisOneSurvey},
		{"two surveys", []events.Fact{answer(0), answer(1), role}, gaps.BasisMixed},
		{"a survey and acts", []events.Fact{answer(0), advice(ben), role}, gaps.BasisMixed},
	} {
		h := newHistory(t)
		h.on(0, events.People, ego, joined(1, -400))
		for _, f := range c.facts {
			h.on(2, contextOf(f), ego, f)
		}
		if got := h.rules.Answer(h.network(ego), day(3)).Basis; got.Kind != c.want || (c.want == gaps.BasisOneSurvey) != got.AsOf.Equal(day(0)) {
			t.Errorf("%s: %+v, want %s", c.name, got, c.want)
		}
	}
}

func contextOf(f events.Fact) events.Context {
	if events.ActOf(f) != nil {
		return events.Support
	}
	return events.Role
}

// S1.03 S1.07 S1.11 A network shows who plays a role, who is only named, and what it sums up to.
func TestANetworkInNumbers(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -400))
	h.on(1, events.Personal, ego, &events.RoleDeclared{Supporter: ben, Role: events.Mentor, DeclaredBy: "recipient"},
		&events.RoleDeclared{Supporter: cleo, Role: events.Sponsor, DeclaredBy: "recipient"})
	h.on(1, events.Role, ego, recognized(events.Mentor, ben, 1), recognized(events.Advocate, ben, 1), recognized(events.Mentor, xeno, 1))
	h.on(50, events.Role, ego, fading(events.Mentor, xeno, 1), lapsed(events.Advocate, ben, 1))
	a := h.rules.Answer(h.network(ego), day(51))
	mentor, sponsor := a.Roles[0], a.Roles[2]
	if len(mentor.Supporters) != 2 || mentor.Supporters[0].Supporter != ben || !mentor.Supporters[0].Declared || mentor.Supporters[1].Status != "at-risk" || mentor.Held != 2 {
		t.Errorf("mentor: %+v", mentor)
	}
	if len(sponsor.Declared) != 1 || sponsor.Declared[0].Supporter != cleo || len(mentor.Declared) != 0 {
		t.Errorf("declared: %+v, %+v", sponsor.Declared, mentor.Declared)
	}
	want := gaps.Health{Supporters: 2, Active: 1, AtRisk: 1, RolesExpected: 4, RolesCovered: 1, InternalShare: 50, Arenas: 2, OpenGaps: a.Health.OpenGaps}
	if a.Health != want {
		t.Errorf("health: %+v, want %+v", a.Health, want)
	}
}

// Who has left is shown, and counts no longer; a line manager is marked as one.
func TestANetworkMarksWhoLeavesAndWhoManages(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ben, in("ops", 7, "")).on(0, events.People, cleo, in("ops", 7, ""))
	h.on(0, events.People, ego, &events.PersonJoined{Level: 3, Department: "ops", Manager: ben, EffectiveAt: day(-400)})
	h.on(1, events.Role, ego, recognized(events.Sponsor, ben, 1), recognized(events.Sponsor, cleo, 1)).on(2, events.People, cleo, leaves(20)).until(day(30))
	a := h.rules.Answer(h.network(ego), day(30))
	sponsors := a.Roles[2]
	if sponsors.Held != 1 || a.Health.Supporters != 1 || a.Health.Active != 1 {
		t.Errorf("%+v, %+v", sponsors, a.Health)
	}
	for _, s := range sponsors.Supporters {
		manager := s.Supporter == ben
		if s.LineManager != manager || s.Counts != manager || s.Leaves.IsZero() != manager {
			t.Errorf("%+v", s)
		}
	}
}

// Rule 13: what is stated about a person names nobody else.
func TestGapFactsNameNoThirdPerson(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -400))
	h.on(1, events.Role, ego, recognized(events.Mentor, ben, -30), recognized(events.Sponsor, cleo, -30))
	h.on(60, events.Role, ego, fading(events.Mentor, ben, -30)).until(day(200))
	for _, e := range h.derived {
		e.Seq = 1
		m, err := events.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		all := m.Subject + string(m.Body)
		for _, values := range m.Header {
			all += strings.Join(values, " ")
		}
		for _, other := range []events.PersonID{ben, cleo} {
			if strings.Contains(all, string(other)) {
				t.Errorf("%s names %s", e.Type(), other)
			}
		}
	}
}

// S1.19 Two who mentor each other are told so, and only as long as both do.
func TestMutualMentors(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -400)).on(0, events.People, ben, joined(6, -400))
	h.on(1, events.Role, ego, recognized(events.Mentor, ben, 1))
	mutual := func() bool { return h.rules.Answer(h.network(ego), day(60)).Roles[0].Supporters[0].Mutual }
	if mutual() {
		t.Error("mutual, though only one is the other's mentor")
	}
	reverse := recognized(events.Mentor, ego, 2)
	reverse.Subtype = events.ReverseMentor
	h.on(2, events.Role, ben, reverse)
	if !mutual() {
		t.Error("not mutual, though each is the other's mentor")
	}
	h.on(50, events.Role, ben, lapsed(events.Mentor, ego, 2))
	if mutual() {
		t.Error("mutual, though one of them is no mentor any more")
	}
}
