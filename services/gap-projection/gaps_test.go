package gaps_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(h *history)
		about []events.GapKind
		want  string
	}{
		{"S1.12 S1.13 4, 11: nothing is missing in the first 45 days, then what was missing since the start is", func(h *history) {
			h.on(0, events.People, ego, joined(1, 0)).until(day(60))
		}, []events.GapKind{events.MissingRole}, `day 45: open missing-role mentor, none-active since day 0, severity 64
day 45: open missing-role advocate, none-active since day 0, severity 32
day 45: open missing-role truth-teller, none-active since day 0, severity 40`},

		{"S1.02 S1.12 S1.40 10: somebody who started long ago has been without since then, and the gap opens at once", func(h *history) {
			h.on(0, events.People, ego, joined(3, -730)).until(day(60))
		}, []events.GapKind{events.MissingRole}, `day 0: open missing-role mentor, none-active since day -730, severity 70
day 0: open missing-role advocate, none-active since day -730, severity 60
day 0: open missing-role sponsor, none-active since day -730, severity 70
day 0: open missing-role truth-teller, none-active since day -730, severity 50`},

		{"S1.12 S1.35 11: a sponsor is expected from mid-career, since the promotion", func(h *history) {
			level := 3
			h.on(0, events.People, ego, joined(2, -400))
			h.on(10, events.People, ego, &events.PersonChanged{Level: &level, EffectiveAt: day(20)}).until(day(40))
		}, []events.GapKind{events.MissingRole}, `day 0: open missing-role mentor, none-active since day -400, severity 80
day 0: open missing-role advocate, none-active since day -400, severity 40
day 0: open missing-role truth-teller, none-active since day -400, severity 50
day 27: open missing-role sponsor, none-active since day 20, severity 42`},

		{"S1.01 11: or with the goal to advance, which raises the severity, until it is reached", func(h *history) {
			h.on(0, events.People, ego, joined(2, -400)).on(5, events.Support, ego)
			h.on(5, events.Personal, ego, &events.GoalSet{Goal: "up", Kind: "advance"}).until(day(12))
			h.derived = h.derived[len(h.derived)-1:]
			h.on(20, events.Personal, ego, &events.GoalReached{Goal: "up", Kind: "advance"})
		}, []events.GapKind{events.MissingRole}, `day 12: open missing-role sponsor, none-active since day 5, severity 60
day 20: close missing-role sponsor after 8 days`},

		{"S1.12 S1.26 9, 5: a gap closes at once, and thin-role opens seven days later, not with the close", func(h *history) {
			h.on(0, events.People, ego, joined(3, -730))
			h.derived = nil
			h.on(1, events.Role, ego, recognized(events.Sponsor, ben, -30)).until(day(20))
		}, []events.GapKind{events.MissingRole, events.ThinRole}, `day 1: close missing-role sponsor after 1 days
day 8: open thin-role sponsor, below-target since day 1, severity 21`},

		{"S1.26 5: thin-role closes at the target", func(h *history) {
			h.on(0, events.People, ego, joined(1, -100))
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, 1))
			h.on(20, events.Role, ego, recognized(events.Mentor, cleo, 20)).until(day(40))
		}, []events.GapKind{events.ThinRole}, `day 8: open thin-role mentor, below-target since day 1, severity 24
day 20: close thin-role mentor after 12 days`},

		{"S1.12 5, 9: what thins out to nothing stays thin for the seven days until it is missing", func(h *history) {
			h.on(0, events.People, ego, joined(1, -100))
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -50)).until(day(10))
			h.on(20, events.Role, ego, lapsed(events.Mentor, ben, -50)).until(day(40))
			h.derived = mentorOnly(h.derived)
		}, []events.GapKind{events.MissingRole, events.ThinRole}, `day 0: open missing-role mentor, none-active since day -100, severity 80
day 0: close missing-role mentor after 0 days
day 7: open thin-role mentor, below-target since day 0, severity 24
day 27: open missing-role mentor, none-active since day 20, severity 48
day 27: close thin-role mentor after 20 days`},

		{"S1.03 6: the only holder at risk", func(h *history) {
			h.on(0, events.People, ego, joined(1, -100))
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, -80))
			h.on(30, events.Role, ego, fading(events.Mentor, ben, -20)).until(day(50))
			h.on(60, events.Role, ego, recognized(events.Mentor, cleo, 60))
		}, []events.GapKind{events.AtRisk}, `day 37: open at-risk mentor, at-risk-only-holder since day 30, severity 30
day 60: close at-risk mentor after 23 days`},

		{"S1.03 S1.05 6: not while another one is active", func(h *history) {
			h.on(0, events.People, ego, joined(1, -100))
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, -80), recognized(events.Mentor, cleo, -80))
			h.on(30, events.Role, ego, fading(events.Mentor, ben, -20)).until(day(50))
		}, []events.GapKind{events.AtRisk}, ``},

		{"S1.03 6: a new pair has 45 days of grace", func(h *history) {
			h.on(0, events.People, ego, joined(1, -100))
			h.on(10, events.Role, ego, recognized(events.Mentor, ben, 10))
			h.on(20, events.Role, ego, fading(events.Mentor, ben, 10)).until(day(70))
		}, []events.GapKind{events.AtRisk}, `day 55: open at-risk mentor, at-risk-only-holder since day 20, severity 40`},

		{"S1.03 6, 10: a role first heard of as at risk has been so since it fell silent", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, fading(events.Mentor, ben, -70))
		}, []events.GapKind{events.AtRisk}, `day 0: open at-risk mentor, at-risk-only-holder since day -70, severity 40`},

		{"S1.03 6: what was at risk and lapses gives way to missing-role", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Role, ego, fading(events.Mentor, ben, -70))
			h.on(20, events.Role, ego, lapsed(events.Mentor, ben, -70)).until(day(30))
			h.derived = mentorOnly(h.derived)[2:]
		}, []events.GapKind{events.AtRisk, events.MissingRole}, `day 0: open at-risk mentor, at-risk-only-holder since day -70, severity 40
day 27: open missing-role mentor, none-active since day 20, severity 48
day 27: close at-risk mentor after 27 days`},

		{"S1.45 S2.22 7: sixty days without any act, closed by the next one", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.on(0, events.Support, ego, advice(ben)).until(day(70))
			h.on(80, events.Support, ego, &events.KudosGiven{Act: act(cleo), Audience: "public"})
		}, []events.GapKind{events.Isolation}, `day 0: open isolation, silent since day -400, severity 90
day 0: close isolation after 0 days
day 60: open isolation, silent since day 0, severity 72
day 80: close isolation after 20 days`},

		{"S1.13 S1.45 7: somebody new is asked about on days 21, 45 and 90", func(h *history) {
			h.on(0, events.People, ego, joined(1, 0))
			h.on(25, events.Support, ego, advice(ben)).until(day(100))
		}, []events.GapKind{events.Isolation}, `day 21: open isolation, silent since day 0, severity 54
day 25: close isolation after 4 days
day 85: open isolation, silent since day 25, severity 72`},

		{"S1.13 S1.45 7: an act between start and day 21 puts the question off to day 45", func(h *history) {
			h.on(0, events.People, ego, joined(1, 0))
			h.on(10, events.Support, ego, advice(ben)).until(day(50))
		}, []events.GapKind{events.Isolation}, `day 45: open isolation, silent since day 10, severity 72`},

		{"S1.27 S1.45 7: neither a request nor thanks nor shared work is support received", func(h *history) {
			h.on(0, events.People, ego, joined(1, 0))
			h.on(10, events.Personal, ego, &events.MentorshipRequested{Act: act(ben)})
			h.on(11, events.Support, ego, &events.ThanksGiven{Act: act(ben)}, &events.CollaborationShared{Act: act(ben), Weeks: 3}).until(day(30))
		}, []events.GapKind{events.Isolation}, `day 21: open isolation, silent since day 0, severity 54`},

		{"S1.45 7: an act that is taken back was none", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400)).on(0, events.Support, ego, advice(ben))
			id := h.log[len(h.log)-1].ID
			h.on(70, events.Support, ego, advice(ben))
			late := h.log[len(h.log)-1].ID
			h.on(71, events.Support, ego, &events.ActRetracted{Act: late, Supporter: ben}, &events.ActDisputed{Act: late, Supporter: ben})
			h.on(72, events.Support, ego, &events.ActRetracted{Act: id, Supporter: cleo})
			h.derived = h.derived[len(h.derived)-3:]
		}, []events.GapKind{events.Isolation}, `day 60: open isolation, silent since day 0, severity 72
day 70: close isolation after 10 days
day 71: open isolation, silent since day 0, severity 72`},

		{"S1.45 2: a leave puts everything off, isolation until sixty days after it", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400)).on(0, events.Support, ego, advice(ben))
			h.derived = nil
			h.on(10, events.People, ego, &events.PersonWentOnLeave{EffectiveAt: day(10)}, &events.PersonReturned{EffectiveAt: day(200)}).until(day(270))
		}, nil, `day 260: open isolation, silent since day 200, severity 72`},

		{"S1.12 2: whoever leaves has no gaps from then on", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.derived = nil
			h.on(10, events.People, ego, &events.PersonLeft{EffectiveAt: day(30)}).until(day(500))
			h.on(500, events.Role, ego, lapsed(events.Mentor, ben, 100))
		}, nil, `day 30: close missing-role mentor after 30 days
day 30: close missing-role advocate after 30 days
day 30: close missing-role truth-teller after 30 days
day 30: close small-network after 30 days
day 30: close isolation after 30 days`},

		{"S2.03 2: nor has who does not take part", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.derived = nil
			h.on(10, events.Personal, ego, &events.ParticipationChanged{Purpose: "own-network", Participation: "out"})
			h.on(20, events.Personal, ego, &events.ParticipationChanged{Purpose: "own-network", Participation: "in"})
		}, []events.GapKind{events.Isolation}, `day 10: close isolation after 10 days
day 20: open isolation, silent since day -400, severity 90`},

		{"S1.09 2: nor has an external contact or somebody the directory does not know", func(h *history) {
			h.on(0, events.Role, ego, recognized(events.Mentor, ben, -30))
			h.on(0, events.People, xeno, joined(3, -400)).until(day(400))
		}, nil, ``},

		{"S1.11 8: declared, and for ninety days nothing to show for it", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.on(10, events.Personal, ego, &events.RoleDeclared{Supporter: ben, Role: events.Sponsor, DeclaredBy: "recipient"},
				&events.RoleDeclared{Supporter: ben, Role: events.Mentor, DeclaredBy: "supporter"}).until(day(120))
			h.on(130, events.Role, ego, recognized(events.Sponsor, ben, 130))
			h.on(150, events.Role, ego, lapsed(events.Sponsor, ben, 130)).until(day(300))
			h.on(300, events.Personal, ego, &events.RoleDeclarationWithdrawn{Supporter: ben, Role: events.Sponsor, DeclaredBy: "recipient"})
		}, []events.GapKind{events.DeclaredNotEnacted}, `day 100: open declared-not-enacted sponsor, declared-without-acts since day 10, severity 30
day 130: close declared-not-enacted sponsor after 30 days
day 240: open declared-not-enacted sponsor, declared-without-acts since day 150, severity 30
day 300: close declared-not-enacted sponsor after 60 days`},

		{"S1.41 8: a mentor who agreed to be a sponsor, and has not shown it for ninety days", func(h *history) {
			h.on(0, events.People, ego, joined(1, -400))
			h.on(10, events.Personal, ego, &events.MentorPromotedToSponsor{Supporter: ben, AcceptedBy: ben})
			h.on(11, events.Personal, ego, &events.SponsorshipAccepted{Supporter: cleo}).until(day(120)) // cleo's own word is no inventory
			h.on(130, events.Personal, ego, &events.RoleDeclarationWithdrawn{Supporter: ben, Role: events.Sponsor, DeclaredBy: "supporter"}).until(day(140))
			h.on(150, events.Personal, ego, &events.RoleDeclarationWithdrawn{Supporter: ben, Role: events.Sponsor, DeclaredBy: "recipient"})
		}, []events.GapKind{events.DeclaredNotEnacted}, `day 100: open declared-not-enacted sponsor, declared-without-acts since day 10, severity 30
day 150: close declared-not-enacted sponsor after 50 days`},

		{"S1.20 3: a reverse mentor counts in the network of the senior", func(h *history) {
			h.on(0, events.People, ego, joined(6, -400))
			f := recognized(events.Mentor, ben, -20)
			f.Subtype = events.ReverseMentor
			h.on(1, events.Role, ego, f)
			h.derived = h.derived[len(h.derived)-1:]
		}, nil, `day 1: close missing-role mentor after 1 days`},

		{"S2.14 1: sealed acts and the roles they show change nothing", func(h *history) {
			h.on(0, events.People, ego, joined(3, -400))
			h.derived = nil
			h.on(1, events.Sealed, ego, &events.SponsorEndorsed{Act: act(ben), Forum: "succession", Stake: "reputation", Awareness: "unaware"})
			h.on(2, events.RoleSealed, ego, recognized(events.Sponsor, ben, 1)).until(day(40))
		}, nil, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHistory(t)
			c.story(h)
			if diff := cmp.Diff(c.want, h.said(ego, c.about...)); diff != "" {
				t.Errorf("said (-want +got):\n%s", diff)
			}
		})
	}
}

func mentorOnly(all []events.Event) []events.Event {
	var some []events.Event
	for _, e := range all {
		switch f := e.Fact.(type) {
		case *events.GapOpened:
			if f.Role != events.Mentor {
				continue
			}
		case *events.GapClosed:
			if f.Role != events.Mentor {
				continue
			}
		}
		some = append(some, e)
	}
	return some
}

// S1.15 S2.10 Rule 3: a peer mentor counts once the person has said themselves that this one helps them.
func TestAPeerMentorNeedsTheOwnWord(t *testing.T) {
	peer := recognized(events.Mentor, ben, -20)
	peer.Subtype = events.PeerMentor
	words := map[string]events.Event{
		"a confirmed act":             {Context: events.Support, Fact: &events.ActConfirmed{Act: factID(1), Supporter: ben, By: "recipient"}},
		"trust":                       {Context: events.Personal, Fact: &events.TrustConfirmed{Supporter: ben}},
		"a declaration":               {Context: events.Personal, Fact: &events.RoleDeclared{Supporter: ben, Role: events.Mentor, DeclaredBy: "recipient"}},
		"an act recorded oneself":     {Context: events.Support, Fact: &events.AdviceGiven{Act: events.Act{Recipient: ego, Supporter: ben, RecordedBy: "recipient"}}},
		"an answer given in a survey": {Context: events.Support, Fact: &events.SupportReported{Act: act(ben), Kind: "advice", Cadence: "monthly", ReportedBy: "recipient", AsOf: day(0)}},
	}
	for name, word := range words {
		h := newHistory(t)
		h.on(0, events.People, ego, joined(1, -400)).on(1, events.Role, ego, peer)
		role := h.log[len(h.log)-1].ID
		if n := len(h.derived); n != 5 {
			t.Fatalf("%s: the unconfirmed peer mentor changed something:\n%s", name, h.said(ego))
		}
		h.derived = nil
		h.on(2, word.Context, ego, word.Fact)
		if len(h.derived) == 0 {
			t.Fatalf("%s closes nothing", name)
		}
		f, ok := h.derived[0].Fact.(*events.GapClosed)
		if !ok || f.Gap != events.MissingRole || f.Role != events.Mentor || f.ClosedBy != role {
			t.Errorf("%s: %s, want missing-role mentor closed by the role fact", name, h.said(ego))
		}
	}
	for _, other := range []events.Fact{
		&events.ActConfirmed{Act: factID(1), Supporter: ben, By: "supporter"},
		&events.ActConfirmed{Act: factID(1), Supporter: cleo, By: "recipient"},
	} {
		h := newHistory(t)
		h.on(0, events.People, ego, joined(1, -400)).on(1, events.Role, ego, peer)
		h.derived = nil
		if h.on(2, events.Support, ego, other); len(h.derived) != 0 {
			t.Errorf("%+v: %s", other, h.said(ego))
		}
	}
}

// S1.12 S1.37 A sponsor recognized by acts closes the gap, and the cause can be followed.
func TestASponsorClosesTheGap(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -730))
	h.derived = nil
	in := h.input(day(1), events.Role, ego, recognized(events.Sponsor, ben, 1))
	in.CausationID, in.CausationSeq, in.CorrelationID = factID(99), 1, factID(99)
	out := h.take(in)
	if len(out) != 1 {
		t.Fatalf("%d facts follow: %s", len(out), h.said(ego))
	}
	f := out[0].Fact.(*events.GapClosed)
	if f.ClosedBy != in.ID || out[0].CausationID != in.ID || out[0].CorrelationID != factID(99) || f.OpenFor != 86400 {
		t.Errorf("%+v caused by %s of %s", f, out[0].CausationID, out[0].CorrelationID)
	}
	if n := h.network(ego); n.Open(events.MissingRole, events.Sponsor) != nil || n.Closed[readmodel.GapKey(events.MissingRole, events.Sponsor)] != day(1) {
		t.Error("the network still has the gap")
	}
}

// A network names the fact that opened each of its gaps.
func TestAnActOfLongAgoEndsNoSilence(t *testing.T) {
	told := func(h *history, on, of int) string {
		h.derived = nil
		in := h.input(day(on), events.Support, ego, advice(ben))
		in.Time = day(of)
		h.take(in)
		return h.said(ego)
	}
	h := newHistory(t).on(0, events.People, ego, joined(1, 0)).until(day(21))
	if got := told(h, 44, 0); got != "" {
		t.Errorf("an act of the first day ends a silence since then: %s", got)
	}
	want := `day 46: open missing-role mentor, none-active since day 0, severity 64
day 46: open missing-role advocate, none-active since day 0, severity 32
day 46: open missing-role truth-teller, none-active since day 0, severity 40
day 46: open small-network, few-supporters since day 0, severity 24`
	if diff := cmp.Diff(want, told(h, 46, 0)); diff != "" {
		t.Errorf("what time has brought about and no timer has said yet (-want +got):\n%s", diff)
	}
	if got := told(h, 47, 40); got != "day 47: close isolation after 26 days" {
		t.Errorf("an act of a week ago does not end a silence: %q", got)
	}
}

func TestAGapNamesItsFact(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -730))
	for i, g := range h.network(ego).Gaps {
		if e := h.derived[i]; g.Fact != e.ID || g.Since != e.Fact.(*events.GapOpened).Since || g.Opened != e.Time {
			t.Errorf("gap %+v was opened by %+v", g, e)
		}
	}
}

// Rule 12: a file import brings half of a story first.
func TestAnImportHoldsGapsBack(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, "", &events.ImportStarted{Source: "firm", MappingHash: "00"})
	h.on(0, events.People, ego, joined(3, -730)).on(0, events.People, ben, joined(1, -730))
	h.on(0, events.People, "", &events.ImportFinished{Source: "firm", MappingHash: "00"})
	finished := h.seq
	h.until(day(0).Add(60e9))
	late := h.input(day(0), events.Role, ego, recognized(events.Sponsor, cleo, -400))
	late.Recorded, late.CausationSeq = day(0).Add(60e9), finished-1
	h.take(late)
	if len(h.derived) != 0 {
		t.Fatalf("roles still follow, and it says %s", h.said(ego))
	}
	earlier := h.input(day(0), events.Role, "", &events.ImportRecognized{Source: "firm"})
	earlier.CausationSeq = finished - 1
	h.take(earlier)
	if len(h.derived) != 0 {
		t.Fatalf("only an import before has been recognized, and it says %s", h.said(ego))
	}
	whole := h.input(day(0), events.Role, "", &events.ImportRecognized{Source: "firm"})
	whole.CausationSeq = finished
	h.take(whole)
	want := `day 0: open missing-role mentor, none-active since day -730, severity 70
day 0: open missing-role advocate, none-active since day -730, severity 60
day 0: open thin-role sponsor, below-target since day -400, severity 35
day 0: open missing-role truth-teller, none-active since day -730, severity 50
day 0: open small-network, few-supporters since day -730, severity 30
day 0: open isolation, silent since day -730, severity 90`
	if diff := cmp.Diff(want, h.said(ego)); diff != "" {
		t.Errorf("after the import (-want +got):\n%s", diff)
	}
	if h.said(ben) == "" {
		t.Error("the others were forgotten")
	}
}

func TestAnImportThatNeverEndsHoldsGapsBackForAnHour(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, "", &events.ImportStarted{Source: "firm", MappingHash: "00"})
	h.on(0, events.People, ego, joined(3, -730))
	h.until(day(0).Add(59 * 60e9))
	if len(h.derived) != 0 {
		t.Fatal("opened while the import runs")
	}
	h.until(day(0).Add(60 * 60e9))
	if len(h.derived) != 6 {
		t.Errorf("after an hour: %s", h.said(ego))
	}
}

// An activated ruleset is applied to everybody at once.
func TestANewRulesetDecidesAgain(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(3, -730)).on(0, events.Support, ego, advice(ben))
	h.derived = nil
	h.on(5, events.Policy, "", &events.RulesetActivated{Version: "2", Hash: "00", Text: withoutSponsor(t)})
	if diff := cmp.Diff("day 5: close missing-role sponsor after 5 days", h.said(ego)); diff != "" {
		t.Error(diff)
	}
}

func withoutSponsor(t *testing.T) string {
	t.Helper()
	text := strings.Replace(ruleset.DefaultText(), "fromStage: mid", "fromStage: senior", 1)
	if text == ruleset.DefaultText() {
		t.Fatal("the default ruleset has changed")
	}
	return text
}
