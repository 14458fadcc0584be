package classifier

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// happening is one thing that happens on a day; recorded on the same day where Recorded is zero.
type happening struct {
	day float64
	e   events.Event
}

func session() events.Fact { return &events.MentoringSessionHeld{} }
func endorsed() events.Fact {
	return &events.SponsorEndorsed{Forum: "calibration", Stake: "reputation", Awareness: "aware"}
}
func advocated() events.Fact {
	return &events.PromotionAdvocated{Stake: "reputation", Awareness: "aware"}
}
func introduced(level int) events.Fact { return &events.IntroductionMade{TheirLevel: level} }
func feedback(valence events.Valence) *events.FeedbackGiven {
	return &events.FeedbackGiven{Valence: valence, Voluntary: true, Sharing: "named"}
}

func appraisal() *events.FeedbackGiven {
	return &events.FeedbackGiven{Valence: "constructive", Sharing: "named"}
}

// by says who recorded an act.
func by(side events.RecordedBy, e events.Event) events.Event {
	events.ActOf(e.Fact).RecordedBy = side
	return e
}

// late says on which day an event was recorded.
func late(day float64, e events.Event) events.Event {
	e.Recorded = days(day)
	return e
}

// id names an event, so that another one can speak of it.
func id(name string, e events.Event) events.Event {
	e.ID = named(name)
	return e
}

func named(name string) events.FactID {
	return events.DerivedID("test", events.FactID(name), events.Support, 0)
}

// TestRules is given/when/then: what happens, until which day, and what is stated.
func TestRules(t *testing.T) {
	start := &events.MentorshipStarted{Kind: "standard"}
	for _, tc := range []struct {
		name  string
		given []happening
		until float64
		then  []string
	}{
		{"S1.07 S1.16 S1.17 mentor: the worked check of domain.md", []happening{
			{0, act(boss, start)}, {14, act(boss, session())}, {44, act(boss, session())}, {74, act(boss, session())}, {104, act(boss, session())},
		}, 400, []string{
			"14 mentor active standard", "21 mentor at-risk standard", "44 mentor active standard",
			"70 mentor at-risk standard", "74 mentor active standard", "149 mentor at-risk standard", "209 mentor lapsed standard",
		}},
		{"S1.07 mentor: once it is over, half of a role is none", []happening{{0, act(boss, session())}, {1, act(boss, session())},
			{300, act(boss, session())}, {310, act(boss, session())}}, 311, []string{
			"1 mentor active standard", "14 mentor at-risk standard", "74 mentor lapsed standard", "310 mentor active standard"}},
		{"S1.16 mentor, gate enacted: two agreements are no mentor", []happening{{0, act(boss, &events.MentorshipStarted{Kind: "standard"})},
			{1, act(boss, &events.MentorshipStarted{Kind: "standard"})}}, 10, nil},
		{"S2.33 mentor: a manager's ordinary sessions are none", []happening{
			{0, people(ada, &events.PersonChanged{Manager: boss, EffectiveAt: days(-10)})},
			{1, act(boss, session())}, {2, act(boss, session())}, {3, act(boss, session())}}, 10, nil},
		{"S1.08 S1.25 S2.33 mentor: a manager's sessions on a topic are", []happening{
			{0, people(ada, &events.PersonChanged{Manager: boss, EffectiveAt: days(-10)})},
			{1, act(boss, &events.MentoringSessionHeld{Act: events.Act{Topics: []events.Topic{"career-path"}}})},
			{2, act(boss, &events.MentoringSessionHeld{Act: events.Act{Topics: []events.Topic{"politics"}}})}},
			5, []string{"2 mentor active standard"}},
		{"mentor: a manager since later was none then", []happening{
			{1, act(boss, session())}, {2, act(boss, session())},
			{3, people(ada, &events.PersonJoined{Level: 3, EffectiveAt: days(-900)})},
			{4, people(ada, &events.PersonChanged{Manager: chief, EffectiveAt: days(-800)})},
			{5, people(ada, &events.PersonChanged{Manager: boss, EffectiveAt: days(4)})}},
			9, []string{"2 mentor active standard"}},
		{"S1.20 mentor: somebody below is a reverse mentor", []happening{{1, act(kid, session())}, {2, act(kid, session())}},
			5, []string{"2 mentor active reverse-mentor"}},
		{"S1.15 mentor: somebody here for as long as one is a peer", []happening{{1, act(peer, session())}, {2, act(peer, session())}},
			5, []string{"2 mentor active peer-mentor"}},
		{"S1.15 S2.04 mentor: on the same level, a year longer here", []happening{
			{0, people(peer, &events.PersonJoined{Level: 3, StartMonth: "2019-06", EffectiveAt: days(-1900)})},
			{1, act(peer, session())}, {2, act(peer, session())}}, 5, []string{"2 mentor active standard"}},
		{"S1.09 S1.14 mentor: from outside", []happening{{1, act(outsider("kim"), session())}, {2, act(outsider("kim"), session())}},
			5, []string{"2 mentor active external"}},
		{"S1.15 mentor: the level is that of the act's time", []happening{
			{1, act(kid, session())}, {2, act(kid, session())},
			{3, people(kid, &events.PersonChanged{Level: new(6), EffectiveAt: days(2.5)})}}, 5,
			[]string{"2 mentor active reverse-mentor"}},
		{"S1.15 mentor: a promotion that was known late changes what is believed", []happening{
			{1, act(kid, session())}, {2, act(kid, session())},
			{3, people(kid, &events.PersonChanged{Level: new(6), EffectiveAt: days(1.5)})}}, 5,
			[]string{"2 mentor active reverse-mentor", "3 mentor active standard"}},
		{"S1.28 advocate, gate twice: one ordinary endorsement is not enough", []happening{{1, act(peer, &events.EndorsementGiven{Audience: "public"})}}, 5, nil},
		{"S1.28 advocate: a referral is", []happening{{1, act(peer, &events.ReferralMade{Kind: "job"})}}, 5, []string{"1 advocate active standard"}},
		{"S1.28 S1.29 advocate: two acts of a peer", []happening{{1, act(peer, &events.EndorsementGiven{Audience: "public"})}, {4, act(peer, &events.CreditGiven{Audience: "public"})}},
			5, []string{"4 advocate active standard"}},
		{"S1.28 advocate: kudos count once in seven days", []happening{
			{1, act(peer, &events.KudosGiven{Audience: "public"})}, {2, act(peer, &events.KudosGiven{Audience: "public"})},
			{3, act(peer, &events.KudosGiven{Audience: "public"})}, {7, act(peer, &events.KudosGiven{Audience: "public"})}}, 7.5, nil},
		{"S1.28 advocate: kudos a week apart", []happening{
			{1, act(peer, &events.KudosGiven{Audience: "public"})}, {8, act(peer, &events.KudosGiven{Audience: "public"})},
			{15, act(peer, &events.KudosGiven{Audience: "public"})}}, 16, []string{"15 advocate active standard"}},
		{"S1.37 S2.02 S2.13 S2.27 sponsor: one promotion advocated lapses after 461 days", []happening{{0, act(boss, advocated())}}, 500, []string{
			"0 advocate active standard", "0 sponsor active internal", "0 advocate at-risk standard",
			"96 sponsor at-risk internal", "110 advocate lapsed standard", "461 sponsor lapsed internal"}},
		{"S1.05 S1.37 S2.13 S2.18 sponsor: an endorsement and an introduction to somebody senior", []happening{{0, act(boss, endorsed())}, {1, act(boss, introduced(6))}},
			2, []string{"1 advocate active standard", "1 sponsor active internal"}},
		{"S2.13 sponsor: 151 days apart are enough", []happening{{0, act(boss, endorsed())}, {151, act(boss, introduced(6))}},
			151, []string{"151 sponsor active internal"}},
		{"S2.13 sponsor: 152 days apart are not", []happening{{0, act(boss, endorsed())}, {152, act(boss, introduced(6))}}, 152, nil},
		{"S2.13 sponsor: an introduction to an equal is none", []happening{{0, act(boss, endorsed())}, {1, act(boss, introduced(3))}}, 2, nil},
		{"S1.35 S2.12 sponsor, standing: one level up is not enough", []happening{
			{0, people(ada, &events.PersonChanged{Level: new(4), EffectiveAt: days(-100)})}, {0, act(boss, advocated())}},
			0.5, []string{"0 advocate active standard", "0 advocate at-risk standard"}},
		{"S1.35 sponsor, standing: senior leadership is", []happening{
			{0, people(ada, &events.PersonChanged{Level: new(8), EffectiveAt: days(-100)})}, {0, act(chief, advocated())}},
			0, []string{"0 advocate active standard", "0 sponsor active internal"}},
		{"S2.11 S2.13 sponsor, gate acted-for: advice alone never", []happening{
			{0, act(boss, introduced(6))}, {1, act(boss, introduced(6))}, {2, act(boss, introduced(6))}, {3, act(boss, introduced(6))},
			{4, act(boss, &events.StrategyShared{})}}, 5, []string{"1 advocate active standard", "4 mentor active standard"}},
		{"S1.09 sponsor, standing: an outsider whom the recipient declared one", []happening{
			{0, act(outsider("kim"), advocated())},
			{0.5, personal(&events.RoleDeclared{Supporter: outsider("kim"), Role: "sponsor", DeclaredBy: "recipient"})}},
			0.5, []string{"0 advocate active external", "0 advocate at-risk external", "0 sponsor active external"}},
		{"S1.31 truth-teller, gate confirmed: feedback alone is none", []happening{{0, act(peer, feedback("constructive"))}, {9, act(peer, feedback("constructive"))}}, 20, nil},
		{"S1.30 S1.31 truth-teller: feedback found helpful", []happening{
			{0, id("one", act(peer, feedback("constructive")))}, {9, act(peer, feedback("constructive"))},
			{10, personal(&events.FeedbackRatedHelpful{Act: named("one"), Supporter: peer})}}, 20,
			[]string{"10 truth-teller active standard"}},
		{"S1.31 truth-teller: trust confirms", []happening{
			{0, act(peer, feedback("constructive"))}, {9, act(peer, feedback("constructive"))}, {10, personal(&events.TrustConfirmed{Supporter: peer})}}, 20,
			[]string{"10 truth-teller active standard"}},
		{"S1.31 truth-teller, gate two-days: one day is not enough", []happening{
			{0, act(peer, feedback("constructive"))}, {0.1, act(peer, feedback("constructive"))}, {0.2, personal(&events.TrustConfirmed{Supporter: peer})}}, 20, nil},
		{"S1.34 truth-teller: a friend's words fade slowly", []happening{
			{0, friend(feedback("constructive"))}, {9, friend(feedback("constructive"))}, {10, personal(&events.TrustConfirmed{Supporter: outsider("kim")})}}, 700,
			[]string{"10 truth-teller active external", "90 truth-teller at-risk external", "455 truth-teller lapsed external"}},
		{"S1.33 truth-teller, gate constructive: praise and halves are none", []happening{
			{0, act(peer, feedback("mixed"))}, {3, act(peer, feedback("appreciative"))}, {6, act(peer, feedback("mixed"))}, {9, act(peer, feedback("mixed"))},
			{10, personal(&events.TrustConfirmed{Supporter: peer})}}, 10, nil},
		{"S1.32 truth-teller: appraisals on duty are none", []happening{
			{0, people(ada, &events.PersonChanged{Manager: boss, EffectiveAt: days(-10)})},
			{0, act(boss, appraisal())}, {1, act(boss, appraisal())}, {2, act(boss, appraisal())}, {3, act(boss, appraisal())}, {4, act(boss, appraisal())},
			{5, personal(&events.TrustConfirmed{Supporter: boss})}}, 10, nil},
		{"S1.31 truth-teller: nameless feedback never", []happening{
			{0, act(peer, &events.FeedbackGiven{Valence: "constructive", Voluntary: true, Sharing: "unnamed"})},
			{9, sealed(act(peer, &events.FeedbackGiven{Valence: "constructive", Voluntary: true, Sharing: "summary"}))},
			{10, personal(&events.TrustConfirmed{Supporter: peer})}}, 20, nil},
		{"S2.24 S2.25 ally, standing: a claim of one's own is none", []happening{
			{0, by("supporter", act(peer, &events.AllyActionTaken{Kind: "intervene"}))}, {1, by("supporter", act(peer, &events.AllyActionTaken{Kind: "intervene"}))}}, 2, nil},
		{"S2.01 S2.20 S2.24 ally: with a witness", []happening{{0, by("supporter", act(peer, &events.AllyActionTaken{Kind: "intervene", ConfirmedBy: "witness"}))}},
			0, []string{"0 ally active standard"}},
		{"S1.11 survey: one answer makes a mentor, no truth-teller", []happening{
			{0, by("recipient", act(boss, report("advice")))}, {0, by("recipient", act(boss, report("trust")))},
			{0, by("recipient", act(boss, report("shared-work")))}}, 0, []string{"0 mentor active standard"}},
		{"S1.11 survey: an old answer that a person brings is worth half", []happening{
			{0, late(100, by("recipient", act(boss, report("advice"))))}}, 100, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			for _, h := range tc.given {
				e := h.e
				e.Time = days(h.day)
				if e.Recorded.IsZero() {
					e.Recorded = days(h.day)
				}
				w.give(e.Recorded, e)
			}
			w.until(days(tc.until))
			w.expect(tc.then...)
		})
	}
}

func friend(f events.Fact) events.Event {
	e := act(outsider("kim"), f)
	e.Context = events.Personal
	events.ActOf(f).Relation = "friend"
	return e
}

func report(kind events.SupportKind) events.Fact {
	return &events.SupportReported{Kind: kind, Cadence: "unknown", ReportedBy: "recipient", AsOf: start}
}

func TestScoresOfTheWorkedCheck(t *testing.T) {
	w := newWorld(t).people()
	for _, step := range []struct {
		day  float64
		f    events.Fact
		want int64 // hundredths
	}{
		{0, &events.MentorshipStarted{Kind: "standard"}, 100}, {14, session(), 185}, {44, session(), 231}, {74, session(), 263}, {104, session(), 286},
	} {
		w.give(days(step.day), act(boss, step.f))
		if got := (w.role(boss, "mentor").Score + 5000) / 10_000; got != step.want {
			t.Errorf("day %v: score %d hundredths, want %d", step.day, got, step.want)
		}
		if step.day == 0 && w.role(boss, "mentor").Status != readmodel.RoleUnproven {
			t.Errorf("day 0: %s, want unproven", w.role(boss, "mentor").Status)
		}
	}
	r := w.role(boss, "mentor")
	for day, want := range map[float64]readmodel.RoleStatus{149: "active", 150: "at-risk", 209: "at-risk", 210: "lapsed"} {
		if got := r.StatusAt(days(day)); got != want {
			t.Errorf("day %v: %s, want %s", day, got, want)
		}
	}
}

func TestSilentFromFullStrength(t *testing.T) {
	w := newWorld(t).people()
	for range 4 {
		w.give(days(0), act(boss, session()))
	}
	r := w.role(boss, "mentor")
	if r.Score != 3_400_000 {
		t.Errorf("score %d, want the cap", r.Score)
	}
	if at := r.AtRiskAt.Time(); at.Before(days(60)) || at.After(days(60).Add(time.Minute)) {
		t.Errorf("at risk at %v, want after 60 days", at)
	}
	if at := r.LapsesAt.Time(); at.Before(days(120)) || at.After(days(120).Add(2*time.Minute)) {
		t.Errorf("lapses at %v, want after 120 days", at)
	}
}

func TestQuality(t *testing.T) {
	for _, tc := range []struct {
		name string
		e    events.Event
		then events.Event // said afterwards
		want int64
	}{
		{name: "S1.07 quality system", e: by("system", act(boss, session())), want: 1_000_000},
		{name: "S1.07 quality oneSided: one side says so", e: by("supporter", act(boss, session())), want: 800_000},
		{name: "S1.07 quality oneSided: a third person says so", e: by("third-party", act(boss, session())), want: 800_000},
		{name: "S1.07 quality ownBenefit: only who benefits says so", e: by("recipient", act(boss, session())), want: 500_000},
		{name: "S1.07 quality confirmed: by the recipient", e: by("supporter", act(boss, session())),
			then: confirm("recipient"), want: 1_000_000},
		{name: "S1.07 quality oneSided: confirmed by oneself", e: by("supporter", act(boss, session())), then: confirm("supporter"), want: 800_000},
		{name: "S1.07 quality confirmed: by the supporter", e: by("recipient", act(boss, session())), then: confirm("supporter"), want: 1_000_000},
		{name: "S2.05 quality confirmed: rated", e: by("supporter", act(boss, session())),
			then: personal(&events.SessionRated{Act: named("it"), Supporter: boss, By: "recipient", Rating: 4}), want: 1_000_000},
		{name: "S2.32 quality confirmed: thanked for", e: by("supporter", act(boss, session())), then: act(boss, &events.ThanksGiven{For: named("it")}), want: 1_000_000},
		{name: "S1.07 quality: disputed is none", e: by("system", act(boss, session())),
			then: events.Event{Context: events.Support, Subject: string(ada), Fact: &events.ActDisputed{Act: named("it"), Supporter: boss}}, want: 0},
		{name: "S1.30 quality solicited: asked for", e: act(boss, &events.FeedbackGiven{Valence: "constructive", Voluntary: true, Solicited: true, Sharing: "named"}), want: 1_250_000},
		{name: "S1.07 quality late: by a person", e: late(91.1, by("supporter", act(boss, session()))), want: 400_000},
		{name: "S1.07 quality late: never by a system", e: late(400, act(boss, session())), want: 1_000_000},
		{name: "S1.07 quality late: not after ninety days", e: late(90, by("supporter", act(boss, session()))), want: 800_000},
		{name: "S1.11 quality of a survey's answer", e: act(boss, report("advice")), want: 500_000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			e := id("it", tc.e)
			e.Time = days(1)
			w.give(days(1), e)
			if tc.then.Fact != nil {
				w.give(w.now.AddDate(0, 0, 1), tc.then)
			}
			if got := w.tie(boss).Acts[0].Quality; got != tc.want {
				t.Errorf("quality %d, want %d", got, tc.want)
			}
		})
	}
}

func confirm(side events.ConfirmingSide) events.Event {
	return events.Event{Context: events.Support, Subject: string(ada), Fact: &events.ActConfirmed{Act: named("it"), Supporter: boss, By: side}}
}

func TestWordsAboutARole(t *testing.T) {
	t.Run("S1.11 declared is unproven until acts show it", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), personal(&events.RoleDeclared{Supporter: boss, Role: "mentor", DeclaredBy: "recipient"}))
		if r := w.role(boss, "mentor"); r.Status != readmodel.RoleUnproven || r.Declared == nil {
			t.Errorf("%+v, want unproven and declared", r)
		}
		w.expect()
		w.give(days(1), act(boss, session()))
		w.give(days(2), act(boss, session()))
		w.expect("2 mentor active standard")
		w.give(days(3), personal(&events.RoleDeclarationWithdrawn{Supporter: boss, Role: "mentor", DeclaredBy: "recipient"}))
		if r := w.role(boss, "mentor"); r.Status != readmodel.RoleActive || r.Declared != nil {
			t.Errorf("%+v, want active and not declared", r)
		}
	})
	t.Run("S1.07 set aside until a day", func(t *testing.T) {
		w := newWorld(t).people()
		for day := range 4 {
			w.give(days(float64(day)), act(boss, session()))
		}
		w.expect("1 mentor active standard")
		w.give(days(5), personal(&events.RoleOverridden{Supporter: boss, Role: "mentor", Until: days(20)}))
		w.expect("5 mentor lapsed standard")
		w.give(days(6), act(boss, session()))
		w.expect()
		w.until(days(21))
		w.expect("20 mentor active standard")
	})
	t.Run("S1.07 contested changes nothing but is remembered", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, session()))
		w.give(days(1), act(boss, session()))
		w.give(days(2), personal(&events.RoleContested{Supporter: boss, Role: "mentor", By: "supporter"}))
		w.expect("1 mentor active standard")
		if w.role(boss, "mentor").Contested == nil {
			t.Error("the contest is forgotten")
		}
	})
}

func TestLateActs(t *testing.T) {
	t.Run("S1.07 since lies in the past", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(10), act(boss, session()))
		e := act(boss, session())
		e.Time = days(5)
		w.give(days(12), e)
		w.expect("12 mentor active standard")
		f := w.facts[len(w.facts)-1].Fact.(*events.RoleRecognized)
		if !f.Since.Equal(days(10)) {
			t.Errorf("since %v, want day 10", f.Since)
		}
	})
	t.Run("a role that was over before anybody said so is not stated", func(t *testing.T) {
		w := newWorld(t).people()
		w.until(days(2000))
		for day := range 5 {
			e := act(boss, session())
			e.Time = days(float64(day))
			w.give(days(2000), e)
		}
		w.expect()
		if got := w.role(boss, "mentor").Status; got != readmodel.RoleLapsed {
			t.Errorf("%s, want lapsed", got)
		}
	})
	t.Run("S1.07 an act taken back takes back what followed", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, session()))
		w.give(days(1), id("it", act(boss, session())))
		w.give(days(2), events.Event{Context: events.Support, Subject: string(ada), Fact: &events.ActRetracted{Act: named("it"), Supporter: boss}})
		w.expect("1 mentor active standard", "2 mentor lapsed standard")
	})
	t.Run("S1.07 an act that stands in another's place", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), id("it", act(boss, advocated())))
		w.expect("0 advocate active standard", "0 sponsor active internal")
		w.give(days(1), id("right", act(boss, endorsed())))
		w.give(days(1), events.Event{Context: events.Support, Subject: string(ada), Fact: &events.ActCorrected{Act: named("it"), Supporter: boss, By: named("right")}})
		w.expect("0 advocate at-risk standard", "1 advocate active standard", "1 advocate lapsed standard", "1 sponsor lapsed internal")
	})
}

// TestATurnIsStatedByWhatWasKnown has no timer: the turn is stated before the fact that changes
// what the role is called.
func TestATurnIsStatedByWhatWasKnown(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(1), act(kid, session()))
	w.give(days(1), act(kid, session()))
	e := people(kid, &events.PersonChanged{Level: new(6), EffectiveAt: days(0)})
	e.Time, e.Recorded = days(40), days(40)
	w.fold(e)
	w.expect("1 mentor active reverse-mentor", "15 mentor at-risk reverse-mentor", "40 mentor at-risk standard")
}

// TestGatesSeeOlderActs needs a confirmation that stands in a document of older acts.
func TestGatesSeeOlderActs(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), personal(&events.TrustConfirmed{Supporter: peer}))
	for i := range 2 * actLimit {
		w.give(days(float64(i)/100), act(peer, &events.KudosGiven{Audience: "public"}))
	}
	w.reload()
	w.stated()
	w.give(days(10), act(peer, feedback("constructive")))
	w.give(days(11), act(peer, feedback("constructive")))
	w.expect("11 truth-teller active standard")
	if n := len(w.tie(peer).Older); n == 0 {
		t.Error("no older acts: the test tests nothing")
	}
}

func TestSomebodyWhoHadLeft(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), people(boss, &events.PersonLeft{EffectiveAt: days(1)}))
	w.give(days(0.5), act(boss, session()))
	w.give(days(2), act(boss, session()))
	w.expect()
	if note := w.tie(boss).Acts[1].Note; note != "not-here" {
		t.Errorf("note %q, want not-here", note)
	}
}

func TestRecognitionNamesItsEvidence(t *testing.T) {
	w := newWorld(t).people()
	for range 30 {
		w.give(days(0), act(boss, session()))
	}
	w.give(days(1), act(boss, endorsed()))
	w.give(days(2), act(boss, introduced(6)))
	var last *events.RoleRecognized
	for _, e := range w.facts {
		if f, ok := e.Fact.(*events.RoleRecognized); ok && f.Role == "sponsor" {
			last = f
		}
	}
	if last == nil || last.EvidenceCount != 2 || last.Rung != 5 || len(last.Evidence) != 2 || last.Ruleset != "2026-1" || last.Rules != RulesVersion {
		t.Fatalf("%+v", last)
	}
	if e := last.Evidence[0]; e.Type != "SponsorEndorsed" || e.Weight != 2_000_000 || e.Decayed >= 2_000_000 || e.Decayed < 1_990_000 {
		t.Errorf("heaviest %+v", e)
	}
	if n := len(w.tie(boss).Evidence("mentor", days(2))); n != readmodel.EvidenceLimit {
		t.Errorf("%d acts behind the mentor, want %d", n, readmodel.EvidenceLimit)
	}
}

func TestAnotherRuleset(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.expect()
	text := replaceOnce(t, w.rules.initial().Text, "enter: 1.7", "enter: 0.9")
	w.give(days(1), events.Event{Context: events.Policy, Subject: events.Nobody, Fact: &events.RulesetActivated{Version: "2", Hash: "h", Text: text}})
	w.expect("1 mentor active standard")
	w.give(days(2), events.Event{Context: events.Policy, Subject: events.Nobody, Fact: &events.RulesetActivated{Version: "1", Hash: "h", Text: w.rules.initial().Text}})
	w.expect("2 mentor lapsed standard")
	if _, err := w.rules.Step(w.docs, events.Event{Seq: 99, Fact: &events.RulesetActivated{Text: "nonsense: 1"}}); err == nil {
		t.Error("a ruleset that cannot be read is activated")
	}
}

func replaceOnce(t *testing.T, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("no %q in the text", old)
	}
	return strings.Replace(text, old, new, 1)
}

func TestErasure(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.give(days(0), sealed(act(boss, endorsed())))
	w.give(days(0), personal(&events.PairMatched{Supporter: chief, Program: "gaaaaaaaaaaaaaaaa"}))
	w.give(days(1), people(ada, &events.PersonErased{DestroyedAt: days(1), FinalAt: days(31)}))
	for key := range w.documents("") {
		if key != recognition.PersonKey(ada) && !slices.Contains([]string{recognition.PersonKey(boss), recognition.PersonKey(chief), recognition.PersonKey(peer), recognition.PersonKey(kid)}, key) {
			t.Errorf("%s is left", key)
		}
	}
	w.until(days(1000))
	w.expect()
}

// The end of an import is answered behind all that its facts show, and again by a replay.
func TestTheEndOfAnImportIsAnswered(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.give(days(0), act(boss, session()))
	end := w.give(days(0), people(events.Nobody, &events.ImportFinished{Source: "hr"}))
	w.give(days(0), act(boss, session()))
	last := w.facts[len(w.facts)-1]
	f, ok := last.Fact.(*events.ImportRecognized)
	if !ok || f.Source != "hr" || last.Context != events.Role || last.Subject != events.Nobody || last.CausationID != end.ID || last.CausationSeq != end.Seq {
		t.Errorf("behind the import stands %+v", last)
	}
	if len(w.facts) != 2 {
		t.Errorf("%d facts follow, not the mentor and the answer", len(w.facts))
	}
}

// TestARebuildStatesTheDifferences folds what the service itself has stated, which is not what
// today's rules say, and then states the difference.
func TestARebuildStatesTheDifferences(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.give(days(1), act(boss, session()))
	w.give(days(1), unaware(act(boss, endorsed())))
	w.give(days(1), unaware(act(boss, endorsed())))
	w.expect("1 mentor active standard", "sealed 1 advocate active standard", "sealed 1 sponsor active internal")
	closed := events.Event{Context: events.RoleSealed, Subject: string(ada),
		Fact: &events.RoleAtRisk{Supporter: boss, Role: "sponsor", Subtype: "internal", SilentSince: days(0), Ruleset: "x"}}
	if err := w.rules.Stated(w.docs, closed); err != nil {
		t.Fatal(err)
	}
	own := events.Event{Context: events.Role, Subject: string(ada),
		Fact: &events.RoleLapsed{Supporter: boss, Role: "mentor", Subtype: "standard", SilentSince: days(0), Ruleset: "x"}}
	if err := w.rules.Stated(w.docs, own); err != nil {
		t.Fatal(err)
	}
	w.give(days(2), events.Event{Context: events.Clock, Subject: events.Nobody, Fact: &events.Due{For: Name, About: "rebuild", At: days(2)}})
	w.expect("2 mentor active standard", "sealed 2 sponsor active internal")
	w.give(days(3), events.Event{Context: events.Clock, Subject: events.Nobody, Fact: &events.Due{For: Name, About: "rebuild", At: days(3)}})
	w.expect()
}

// What today's rules would have stated, and nobody ever did, is believed by nobody: a rebuild states it.
func TestARebuildStatesWhatWasNeverSaid(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(boss, session()))
	w.give(days(1), act(boss, session()))
	w.give(days(1), unaware(act(boss, endorsed())))
	w.give(days(1), unaware(act(boss, endorsed())))
	w.expect("1 mentor active standard", "sealed 1 advocate active standard", "sealed 1 sponsor active internal")
	for _, never := range []events.Event{w.facts[0], w.facts[2]} {
		if err := w.rules.Unsaid(w.docs, never); err != nil {
			t.Fatal(err)
		}
	}
	w.give(days(2), events.Event{Context: events.Clock, Subject: events.Nobody, Fact: &events.Due{For: Name, About: "rebuild", At: days(2)}})
	w.expect("2 mentor active standard", "sealed 2 sponsor active internal")
	w.give(days(3), events.Event{Context: events.Clock, Subject: events.Nobody, Fact: &events.Due{For: Name, About: "rebuild", At: days(3)}})
	w.expect()
}
