package gaps_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith.internal/events"
)

// telling is a story, the kinds of gaps it is about, and what is said of ego then.
type telling struct {
	name  string
	story func(h *history)
	about []events.GapKind
	want  string
}

func tells(t *testing.T, tellings []telling) {
	t.Helper()
	for _, c := range tellings {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory(t)
			c.story(h)
			if diff := cmp.Diff(c.want, h.said(ego, c.about...)); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}

// in is somebody's entry in the directory.
func in(department events.Code, level int, manager events.PersonID) *events.PersonJoined {
	return &events.PersonJoined{Level: level, Department: department, Manager: manager, EffectiveAt: day(-400)}
}

func leaves(on int) *events.PersonLeft { return &events.PersonLeft{EffectiveAt: day(on)} }

func TestSupportersWhoLeave(t *testing.T) {
	tells(t, []telling{
		{"S1.12 4. whoever leaves leaves a gap, at once", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, ""))
			h.on(0, events.People, ego, joined(1, -400)).on(0, events.Role, ego, recognized(events.Mentor, ben, -100))
			h.on(20, events.People, ben, leaves(20))
		}, []events.GapKind{events.MissingRole, events.SupporterLeaving}, `day 0: open missing-role mentor, none-active since day -400, severity 80
day 0: open missing-role advocate, none-active since day -400, severity 40
day 0: open missing-role truth-teller, none-active since day -400, severity 50
day 0: close missing-role mentor after 0 days
day 20: open missing-role mentor, supporter-left since day 20, severity 48`},

		{"S1.12 14. who is known to leave leaves a gap before, which gives way to the one after", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, ""))
			h.on(0, events.People, ego, joined(1, -400)).on(0, events.Role, ego, recognized(events.Mentor, ben, -100))
			h.derived = nil
			h.on(20, events.People, ben, leaves(50)).until(day(60))
		}, []events.GapKind{events.MissingRole, events.SupporterLeaving}, `day 20: open supporter-leaving mentor, supporter-leaves since day 20, severity 30
day 50: open missing-role mentor, supporter-left since day 50, severity 48
day 50: close supporter-leaving mentor after 30 days`},

		{"14. nobody's leaving matters where somebody else stays", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, cleo, in("ops", 5, ""))
			h.on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -100), recognized(events.Mentor, cleo, -90))
			h.derived = nil
			h.on(20, events.People, ben, leaves(50)).until(day(60))
		}, []events.GapKind{events.MissingRole, events.SupporterLeaving}, ``},

		{"14. it closes when somebody else takes the role on, or the leaving is called off", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -100))
			h.derived = nil
			h.on(20, events.People, ben, leaves(90))
			h.on(30, events.Role, ego, recognized(events.Mentor, dana, 29))
			h.on(40, events.Role, ego, lapsed(events.Mentor, dana, 29))
			h.on(41, events.People, ben, &events.PersonJoined{Level: 5, Department: "ops", EffectiveAt: day(41)}).until(day(60))
		}, []events.GapKind{events.MissingRole, events.SupporterLeaving}, `day 20: open supporter-leaving mentor, supporter-leaves since day 20, severity 30
day 30: close supporter-leaving mentor after 10 days
day 40: open supporter-leaving mentor, supporter-leaves since day 20, severity 30`},

		{"2, 14. nothing of it in the weeks of somebody new", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, ego, joined(1, 0))
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, 1))
			h.on(5, events.People, ben, leaves(20)).until(day(44))
		}, []events.GapKind{events.MissingRole, events.SupporterLeaving}, ``},

		{"14. an erased supporter is gone as well", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -100))
			h.derived = nil
			h.on(20, events.People, ben, &events.PersonErased{DestroyedAt: day(20), FinalAt: day(50)})
		}, []events.GapKind{events.MissingRole}, `day 20: open missing-role mentor, supporter-left since day 20, severity 48`},

		{"14. whoever comes back holds what their acts still show", func(h *history) {
			h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -100))
			h.derived = nil
			h.on(20, events.People, ben, leaves(20))
			h.on(30, events.People, ben, &events.PersonJoined{Level: 5, Department: "ops", EffectiveAt: day(30)})
		}, []events.GapKind{events.MissingRole}, `day 20: open missing-role mentor, supporter-left since day 20, severity 48
day 30: close missing-role mentor after 10 days`},
	})
}

func TestWholeNetworks(t *testing.T) {
	mid := func(h *history) *history {
		h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, cleo, in("ops", 6, ben)).on(0, events.People, dana, in("sales", 7, ""))
		return h.on(0, events.People, ego, &events.PersonJoined{Level: 3, Department: "ops", Manager: ben, EffectiveAt: day(-400)})
	}
	outside := func(role events.RoleName, since int) *events.RoleRecognized {
		f := recognized(role, xeno, since)
		f.Subtype = events.External
		return f
	}
	tells(t, []telling{
		{"S1.40 15. a sponsor outside only, until there is one inside", func(h *history) {
			mid(h).on(0, events.Role, ego, outside(events.Sponsor, -10)).until(day(20))
			h.on(30, events.Role, ego, recognized(events.Sponsor, dana, 30))
		}, []events.GapKind{events.NoInternalSponsor}, `day 0: open no-internal-sponsor sponsor, only-outside since day -10, severity 30
day 30: close no-internal-sponsor sponsor after 30 days`},

		{"15. not where no sponsor is expected, nor where there is none at all", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400)).on(0, events.Role, ego, outside(events.Sponsor, -10)).until(day(20))
			h.on(20, events.People, ben, joined(5, -400)).until(day(40))
		}, []events.GapKind{events.NoInternalSponsor}, ``},

		{"S1.10 16. most support from outside, a share that one more inside sets right", func(h *history) {
			mid(h).on(0, events.Role, ego, outside(events.TruthTeller, -50))
			other := outside(events.Advocate, 2)
			other.Supporter = "xffffffffffffffff"
			h.on(2, events.Role, ego, other).until(day(20))
			h.on(30, events.Role, ego, recognized(events.Mentor, cleo, 30), recognized(events.Advocate, dana, 30))
		}, []events.GapKind{events.MostlyExternal}, `day 9: open mostly-external, mostly-outside since day 2, severity 18
day 30: close mostly-external after 21 days`},

		{"16. one outside says nothing yet, and half is enough", func(h *history) {
			mid(h).on(0, events.Role, ego, outside(events.TruthTeller, -50)).until(day(20))
			h.on(20, events.Role, ego, recognized(events.Mentor, cleo, 20)).until(day(40))
		}, []events.GapKind{events.MostlyExternal}, ``},

		{"17. one supporter alone holds three roles, until one of them is shared", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Mentor, dana, -50), recognized(events.Advocate, dana, -40), recognized(events.Sponsor, dana, -3)).until(day(20))
			h.on(30, events.Role, ego, recognized(events.Advocate, cleo, 30))
		}, []events.GapKind{events.SinglePoint}, `day 4: open single-point-of-failure, one-holds-many since day -3, severity 24
day 30: close single-point-of-failure after 26 days`},

		{"17. not where others hold the same roles", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Mentor, cleo, -50), recognized(events.Mentor, dana, -50), recognized(events.Advocate, dana, -40),
				recognized(events.Sponsor, dana, -30)).until(day(20))
		}, []events.GapKind{events.SinglePoint}, ``},

		{"S1.35 17. all sponsors in one line, until somebody reports to another manager", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Sponsor, ben, -50), recognized(events.Sponsor, cleo, -3)).until(day(20))
			h.on(30, events.People, cleo, &events.PersonChanged{Manager: dana, EffectiveAt: day(40)}).until(day(50))
		}, []events.GapKind{events.SinglePoint}, `day 4: open single-point-of-failure sponsor, one-line since day -3, severity 24
day 40: close single-point-of-failure sponsor after 36 days`},

		{"17. sponsors in two lines are none", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Sponsor, dana, -50), recognized(events.Sponsor, cleo, -40)).until(day(20))
		}, []events.GapKind{events.SinglePoint}, ``},

		{"18. fewer than three supporters", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Mentor, dana, -50), recognized(events.Advocate, cleo, -40)).until(day(20))
			h.on(30, events.Role, ego, recognized(events.Advocate, ben, 30))
			h.on(40, events.Role, ego, lapsed(events.Advocate, ben, 30)).until(day(60))
		}, []events.GapKind{events.SmallNetwork}, `day 0: open small-network, few-supporters since day -400, severity 30
day 30: close small-network after 30 days
day 47: open small-network, few-supporters since day 40, severity 18`},

		{"19. three supporters in one place, until one of them moves away", func(h *history) {
			mid(h)
			h.on(0, events.People, "pffffffffffffffff", in("ops", 4, ""))
			h.on(0, events.Role, ego, recognized(events.Mentor, cleo, -50), recognized(events.Advocate, ben, -40), recognized(events.Advocate, "pffffffffffffffff", -2)).until(day(20))
			h.on(30, events.People, cleo, &events.PersonChanged{Department: "sales", EffectiveAt: day(35)}).until(day(40))
		}, []events.GapKind{events.NarrowNetwork}, `day 5: open narrow-network, one-arena since day -2, severity 18
day 35: close narrow-network after 30 days`},

		{"S1.09 19. friends and people outside are places of their own", func(h *history) {
			mid(h).on(0, events.Personal, ego, &events.ExternalContactAdded{Contact: xeno, Relation: "friend"})
			h.on(0, events.Role, ego, recognized(events.Mentor, cleo, -50), recognized(events.Advocate, ben, -40), outside(events.TruthTeller, -30)).until(day(20))
		}, []events.GapKind{events.NarrowNetwork}, ``},

		{"20. nobody but the line manager", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Advocate, ben, -2)).until(day(20))
			h.on(30, events.Role, ego, recognized(events.Advocate, cleo, 30))
		}, []events.GapKind{events.OnlyLineManager}, `day 5: open only-line-manager, manager-only since day -2, severity 30
day 30: close only-line-manager after 25 days`},

		{"20. somebody else alone is not the manager", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Advocate, cleo, -2)).until(day(20))
		}, []events.GapKind{events.OnlyLineManager}, ``},

		{"S1.35 5. a line manager who sponsors is enough to begin with, and none of the three", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Sponsor, ben, -50), recognized(events.Sponsor, dana, -50))
			h.derived = nil
			h.on(1, events.Role, ego, recognized(events.Sponsor, cleo, 1)).until(day(20))
			h.on(20, events.Role, ego, recognized(events.Sponsor, "pffffffffffffffff", 20))
		}, []events.GapKind{events.MissingRole, events.ThinRole}, `day 7: open thin-role sponsor, below-target since day 0, severity 21
day 20: close thin-role sponsor after 13 days`},

		{"S1.41 21. two mentors and no sponsor for a year", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Mentor, cleo, -300), recognized(events.Mentor, dana, -200)).until(day(200))
			h.on(200, events.Role, ego, recognized(events.Sponsor, dana, 200))
		}, []events.GapKind{events.OverMentored}, `day 165: open over-mentored-under-sponsored sponsor, mentors-only since day -200, severity 60
day 200: close over-mentored-under-sponsored sponsor after 35 days`},

		{"21. one mentor is not many", func(h *history) {
			mid(h).on(0, events.Role, ego, recognized(events.Mentor, cleo, -300)).until(day(200))
		}, []events.GapKind{events.OverMentored}, ``},

		{"S1.04 3. a friend is no mentor, and may tell the truth", func(h *history) {
			mid(h).on(0, events.Personal, ego, &events.ExternalContactAdded{Contact: xeno, Relation: "family"})
			h.derived = nil
			h.on(1, events.Role, ego, outside(events.Mentor, -50), outside(events.TruthTeller, -50))
		}, []events.GapKind{events.MissingRole}, `day 1: close missing-role truth-teller after 1 days`},
	})
}

func TestPairs(t *testing.T) {
	matched := &events.PairMatched{Program: "gaaaaaaaaaaaaaaaa", Supporter: ben}
	session := &events.MentoringSessionHeld{Act: act(ben), Minutes: 30, Format: "video"}
	ended := &events.MentorshipEnded{Act: act(ben), Kind: "standard", Reason: "completed"}
	rated := func(n uint64, by events.ConfirmingSide) *events.SessionRated {
		return &events.SessionRated{Act: factID(n), Supporter: ben, By: by, Rating: 4}
	}
	known := func(h *history) *history {
		return h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, ego, joined(1, -400))
	}
	tells(t, []telling{
		{"22. a pair that has not met in two weeks, until it does", func(h *history) {
			known(h).on(1, events.Personal, ego, matched).until(day(20))
			h.on(20, events.Support, ego, session)
		}, []events.GapKind{events.StalledPair}, `day 15: open stalled-pair, not-met-yet since day 1, severity 30
day 20: close stalled-pair after 5 days`},

		{"S2.06 22. then one that has not met in four, whatever they call it, until one of them says that it has ended", func(h *history) {
			known(h).on(1, events.Support, ego, &events.MentorshipStarted{Act: act(ben), Kind: "standard", Cadence: "monthly"})
			h.on(10, events.Support, ego, advice(ben)).until(day(50))
			h.on(50, events.Support, ego, ended)
		}, []events.GapKind{events.StalledPair}, `day 38: open stalled-pair, not-met-lately since day 10, severity 30
day 50: close stalled-pair after 12 days`},

		{"22. not one that has ended, in whatever order it is told, nor one that nobody made", func(h *history) {
			known(h).on(1, events.Support, ego, advice(ben))
			end := h.input(day(9), events.Support, ego, ended)
			h.take(end)
			start := h.input(day(10), events.Personal, ego, matched)
			start.Time = day(2)
			h.take(start)
			h.until(day(60))
		}, []events.GapKind{events.StalledPair}, ``},

		{"22. a leave of the mentor's is no silence", func(h *history) {
			known(h).on(1, events.Personal, ego, matched)
			h.on(5, events.People, ben, &events.PersonWentOnLeave{EffectiveAt: day(5)}, &events.PersonReturned{EffectiveAt: day(40)}).until(day(60))
		}, []events.GapKind{events.StalledPair}, `day 54: open stalled-pair, not-met-yet since day 40, severity 30`},

		{"22. with a mentor who has left there is nothing to wait for, nor after months of silence", func(h *history) {
			known(h).on(1, events.Personal, ego, matched, &events.PairMatched{Program: "gaaaaaaaaaaaaaaaa", Supporter: cleo}).until(day(20))
			h.on(20, events.People, ben, leaves(20)).until(day(130))
		}, []events.GapKind{events.StalledPair}, `day 15: open stalled-pair, not-met-yet since day 1, severity 30
day 121: close stalled-pair after 106 days`},

		{"S2.19 22. the pairs of a program end with it, also one that is told of later; those that two agreed on do not", func(h *history) {
			known(h).on(1, events.Personal, ego, matched)
			h.on(3, events.Support, ego, &events.MentorshipStarted{Act: act(cleo), Kind: "standard", Cadence: "monthly"})
			closed := h.input(day(5), events.People, "", &events.ProgramClosed{Kind: "mentoring"})
			closed.Subject = string(matched.Program)
			h.take(closed)
			late := h.input(day(6), events.Personal, ego, &events.PairMatched{Program: matched.Program, Supporter: dana})
			late.Time = day(2)
			h.take(late)
			h.until(day(40))
		}, []events.GapKind{events.StalledPair}, `day 17: open stalled-pair, not-met-yet since day 3, severity 30`},

		{"S1.44 S2.05 23. three sessions that only one of them speaks of, until the other learns from it", func(h *history) {
			known(h).on(1, events.Role, ego, recognized(events.Mentor, ben, -30))
			h.on(2, events.Personal, ego, rated(1, "recipient"), rated(2, "recipient"), rated(2, "recipient")).until(day(9))
			h.on(9, events.Personal, ego, rated(3, "recipient"))
			h.on(20, events.Support, ego, &events.ReverseLearningGained{Act: act(ben)})
		}, []events.GapKind{events.OneSided}, `day 9: open one-sided mentor, one-side-only since day 9, severity 12
day 20: close one-sided mentor after 11 days`},

		{"S1.18 S2.05 23. not where both do, nor where it is over", func(h *history) {
			known(h).on(1, events.Role, ego, recognized(events.Mentor, ben, -30))
			h.on(2, events.Personal, ego, rated(1, "recipient"), rated(2, "recipient"), rated(1, "supporter"), rated(3, "recipient")).until(day(9))
		}, []events.GapKind{events.OneSided}, ``},
	})
}

// The load of a supporter is a matter of their own network.
func TestOverloadedSupporters(t *testing.T) {
	others := []events.PersonID{ben, cleo, dana, "pffffffffffffffff"}
	sponsors := func(h *history, some ...events.PersonID) *history {
		for i, other := range some {
			h.on(0, events.People, other, in("sales", 2, ""))
			h.on(0, events.Role, other, recognized(events.Sponsor, ego, -30+9*i))
		}
		return h
	}
	tells(t, []telling{
		{"S1.46 24. more people than there is room for, until one of them leaves", func(h *history) {
			sponsors(h.on(0, events.People, ego, joined(7, -400)), others...).until(day(20))
			h.on(25, events.People, cleo, leaves(30)).until(day(40))
		}, []events.GapKind{events.Overloaded}, `day 4: open overloaded-supporter sponsor, over-capacity since day -3, severity 24
day 30: close overloaded-supporter sponsor after 26 days`},

		{"24. or a role lapses", func(h *history) {
			sponsors(h.on(0, events.People, ego, joined(7, -400)), others...).until(day(20))
			h.on(25, events.Role, dana, lapsed(events.Sponsor, ego, 0))
		}, []events.GapKind{events.Overloaded}, `day 4: open overloaded-supporter sponsor, over-capacity since day -3, severity 24
day 25: close overloaded-supporter sponsor after 21 days`},

		{"24. as many as there is room for are not too many", func(h *history) {
			sponsors(h.on(0, events.People, ego, joined(7, -400)), others[:3]...).until(day(40))
		}, []events.GapKind{events.Overloaded}, ``},

		{"S1.46 24. room is what a supporter says it is", func(h *history) {
			h.on(0, events.Personal, ego, &events.CapacitySet{Role: events.Sponsor, People: 1})
			sponsors(h.on(0, events.People, ego, joined(7, -400)), others[:2]...).until(day(20))
			h.on(20, events.Personal, ego, &events.CapacitySet{Role: events.Sponsor, People: 2})
		}, []events.GapKind{events.Overloaded}, `day 0: open overloaded-supporter sponsor, over-capacity since day -21, severity 24
day 20: close overloaded-supporter sponsor after 20 days`},

		{"S1.02 24. nor is what is erased carried any more", func(h *history) {
			sponsors(h.on(0, events.People, ego, joined(7, -400)), others...).until(day(20))
			h.on(25, events.People, ben, &events.PersonErased{DestroyedAt: day(25), FinalAt: day(55)})
		}, []events.GapKind{events.Overloaded}, `day 4: open overloaded-supporter sponsor, over-capacity since day -3, severity 24
day 25: close overloaded-supporter sponsor after 21 days`},
	})
}

// What a stage and a goal make of the same gap.
func TestSeverity(t *testing.T) {
	for _, c := range []struct {
		name  string
		level int
		goal  events.GoalKind
		want  string
	}{
		{"S1.13 at the beginning of a career nothing of it is expected", 1, "", ""},
		{"S1.01 in the middle of it", 3, "", "day 265: open over-mentored-under-sponsored sponsor, mentors-only since day -100, severity 60"},
		{"S1.01 with a goal that it stands in the way of", 3, "advance", "day 265: open over-mentored-under-sponsored sponsor, mentors-only since day -100, severity 90"},
		{"S1.02 at the top", 7, "", "day 265: open over-mentored-under-sponsored sponsor, mentors-only since day -100, severity 70"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory(t)
			h.on(0, events.People, ego, joined(c.level, -400))
			if c.goal != "" {
				h.on(0, events.Personal, ego, &events.GoalSet{Goal: "mine", Kind: c.goal})
			}
			h.on(0, events.Role, ego, recognized(events.Mentor, cleo, -100), recognized(events.Mentor, dana, -100))
			h.until(day(300))
			if diff := cmp.Diff(c.want, h.said(ego, events.OverMentored)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Nothing flutters: what has closed waits its seven days before it opens again.
func TestNothingFlutters(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, &events.PersonJoined{Level: 3, Department: "ops", Manager: ben, EffectiveAt: day(-400)})
	h.on(0, events.Role, ego, recognized(events.Advocate, ben, -100))
	for i := range 5 {
		h.on(20+i, events.People, ego, &events.PersonChanged{Manager: []events.PersonID{cleo, ben}[i%2], EffectiveAt: day(-50)})
	}
	h.until(day(60))
	want := `day 0: open only-line-manager, manager-only since day -100, severity 50
day 20: close only-line-manager after 20 days`
	if diff := cmp.Diff(want, h.said(ego, events.OnlyLineManager)); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

// What concerns many is decided for each of them, once.
func TestOneWhoSupportsManyLeaves(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ben, in("ops", 7, ""))
	var proteges []events.PersonID
	for i := range 30 {
		p := somebodyElse(i)
		proteges = append(proteges, p)
		h.on(0, events.People, p, joined(1, -400)).on(0, events.Role, p, recognized(events.Mentor, ben, -100))
	}
	h.derived = nil
	h.on(20, events.People, ben, leaves(20))
	for _, p := range proteges {
		if got := h.said(p, events.MissingRole); got != "day 20: open missing-role mentor, supporter-left since day 20, severity 48" {
			t.Errorf("%s: %q", p, got)
		}
	}
}
