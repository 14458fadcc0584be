package classifier

import (
	"testing"

	"kith.internal/events"
)

func about(topic events.Topic, f events.Fact) events.Fact {
	events.ActOf(f).Topics = []events.Topic{topic}
	return f
}

// TestWhatActsComeTo is about what people do for each other, kind by kind.
func TestWhatActsComeTo(t *testing.T) {
	advice := func() events.Fact { return &events.AdviceGiven{} }
	managed := happening{0, people(ada, &events.PersonChanged{Manager: boss, EffectiveAt: days(-10)})}
	for _, tc := range []struct {
		name  string
		given []happening
		until float64
		then  []string
	}{
		{"S1.16 S2.06 mentor: advice now and then, without program or agreement", []happening{
			{0, act(boss, &events.AdviceGiven{})}, {3, act(boss, advice())}, {6, act(boss, advice())}}, 7, []string{"6 mentor active standard"}},
		{"S2.08 mentor: two strategies are enough", []happening{
			{0, act(boss, &events.StrategyShared{})}, {3, act(boss, &events.StrategyShared{})}}, 7, []string{"3 mentor active standard"}},
		{"S2.08 mentor: two pieces of advice are not", []happening{{0, act(boss, advice())}, {3, act(boss, advice())}}, 7, nil},
		{"S1.08 S2.09 mentor: insight and soft skills are topics, a manager's too", []happening{managed,
			{1, act(boss, about("industry-insight", session()))}, {2, act(boss, about("soft-skills", session()))}}, 3, []string{"2 mentor active standard"}},
		{"S2.09 mentor: an outsider's insight", []happening{
			{1, act(outsider("kim"), about("industry-insight", session()))}, {2, act(outsider("kim"), about("industry-insight", session()))}},
			3, []string{"2 mentor active external"}},
		{"S1.43 S2.02 S2.28 sponsor: one who also develops the recipient is a mentor too", []happening{
			{0, act(boss, advocated())}, {1, act(boss, session())}, {2, act(boss, session())}}, 3, []string{
			"0 advocate active standard", "0 sponsor active internal", "0 advocate at-risk standard", "2 mentor active standard"}},
		{"S1.36 S2.27 sponsor: one who speaks up for somebody is their ally too", []happening{
			{0, act(boss, advocated())}, {1, personalAct(boss, &events.AllyActionTaken{Kind: "intervene", ConfirmedBy: "recipient"})}}, 2, []string{
			"0 advocate active standard", "0 sponsor active internal", "0 advocate at-risk standard", "1 advocate active standard", "1 ally active standard"}},
		{"S1.05 S2.13 sponsor: a stretch assignment and cover", []happening{
			{0, act(boss, &events.OpportunityGiven{Kind: "stretch"})},
			{1, act(boss, &events.AirCoverProvided{Kind: "criticism", Stake: "reputation", Awareness: "aware"})}}, 2, []string{"1 sponsor active internal"}},
		{"S1.29 advocate: a report speaks for their boss", []happening{
			{0, people(kid, &events.PersonChanged{Manager: ada, EffectiveAt: days(-10)})},
			{1, act(kid, &events.EndorsementGiven{Audience: "public"})}, {2, act(kid, &events.CreditGiven{Audience: "public"})}}, 3,
			[]string{"2 advocate active standard"}},
		{"S2.12 sponsor, standing: not for somebody above", []happening{
			{0, people(ada, &events.PersonChanged{Level: new(6), EffectiveAt: days(-10)})}, {1, act(boss, advocated())}}, 1,
			[]string{"1 advocate active standard"}},
		{"S2.20 S2.25 ally: somebody junior who amplifies, and includes", []happening{
			{0, personalAct(kid, &events.AllyActionTaken{Kind: "amplify", ConfirmedBy: "witness"})},
			{1, personalAct(kid, &events.AllyActionTaken{Kind: "include", ConfirmedBy: "recipient"})}}, 2, []string{"1 ally active standard"}},
		{"S2.25 ally: one who educates, and credits", []happening{
			{0, personalAct(peer, &events.AllyActionTaken{Kind: "educate", ConfirmedBy: "recipient"})}, {1, act(peer, &events.CreditGiven{Audience: "public"})}}, 2,
			[]string{"1 ally active standard"}},
		{"S1.27 advocate: shared work alone is no support", []happening{
			{0, act(peer, &events.CollaborationShared{Weeks: 30})}, {1, act(peer, &events.CollaborationShared{Weeks: 30})}}, 2, nil},
		{"S1.04 mentor, standing: a friend helps, and is no mentor", []happening{
			{0, friend(session())}, {1, friend(session())}, {2, friend(session())}}, 3, nil},
		{"S1.04 advocate, standing: family speaks well of one, and is no advocate", []happening{
			{0, family(&events.EndorsementGiven{Audience: "public"})}, {1, family(&events.ReferralMade{Kind: "job"})}}, 2, nil},
		{"S1.04 sponsor, standing: not a friend either, though declared one", []happening{
			{0, friend(advocated())}, {1, personal(&events.RoleDeclared{Supporter: outsider("kim"), Role: "sponsor", DeclaredBy: "recipient"})}}, 2, nil},
		{"S1.11 S2.33 mentor: whoever is asked and declines is none", []happening{
			{0, personalAct(boss, &events.MentorshipRequested{Kind: "standard"})}, {1, personalAct(boss, &events.MentorshipDeclined{Kind: "standard"})}}, 2, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			for _, h := range tc.given {
				e := h.e
				e.Time = days(h.day)
				w.give(days(h.day), e)
			}
			w.until(days(tc.until))
			w.expect(tc.then...)
		})
	}
}

func personalAct(supporter events.PersonID, f events.Fact) events.Event {
	e := act(supporter, f)
	e.Context = events.Personal
	return e
}

func family(f events.Fact) events.Event {
	e := friend(f)
	events.ActOf(f).Relation = "family"
	return e
}

func TestEndings(t *testing.T) {
	t.Run("S1.16 a mentorship that has ended is agreed no more", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, &events.MentorshipStarted{Kind: "standard"}))
		if r := w.role(boss, "mentor"); !r.Formal {
			t.Errorf("%+v, want it agreed", r)
		}
		w.give(days(5), act(boss, &events.MentorshipEnded{Kind: "standard", Reason: "completed"}))
		if r := w.role(boss, "mentor"); r.Formal {
			t.Errorf("%+v, want it ended", r)
		}
	})
	t.Run("S1.18 a session that is worth something to its mentor is confirmed", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), id("it", by("recipient", act(boss, session()))))
		before := w.tie(boss).Acts[0].Quality
		w.give(days(1), personal(&events.SessionRated{Act: named("it"), Supporter: boss, By: "supporter", Rating: 5}))
		if after := w.tie(boss).Acts[0].Quality; before != 500_000 || after != 1_000_000 {
			t.Errorf("worth %d, then %d", before, after)
		}
	})
}

func TestIntroductions(t *testing.T) {
	for _, c := range []struct {
		name string
		act  events.Fact
		want int // for advocates, in millionths
	}{
		{"S1.05 S2.34 an introduction to somebody senior speaks for one", &events.IntroductionMade{TheirLevel: 6}, 700_000},
		{"S1.05 an introduction to a peer is advice", &events.IntroductionMade{TheirLevel: 3}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(0), act(peer, c.act))
			if a := w.tie(peer).Acts[0]; int(a.Weights[1]) != c.want || a.Weights[0] != 300_000 {
				t.Errorf("%+v", a.Weights)
			}
		})
	}
}

func TestARulesetOfOnesOwn(t *testing.T) {
	t.Run("S1.14 an organization that counts no mentors from outside says so in its ruleset", func(t *testing.T) {
		w := newWorld(t).people()
		text := replaceOnce(t, w.rules.initial().Text, `'!(act.relation in ["friend", "family"])'`, `'!supporter.external'`)
		w.give(days(0), events.Event{Context: events.Policy, Subject: events.Nobody, Fact: &events.RulesetActivated{Version: "2", Hash: "h", Text: text}})
		for _, supporter := range []events.PersonID{boss, outsider("kim")} {
			w.give(days(1), act(supporter, session()))
			w.give(days(2), act(supporter, session()))
		}
		w.expect("2 mentor active standard")
		if r := w.role(outsider("kim"), "mentor"); !r.Withheld {
			t.Errorf("%+v, want it withheld", r)
		}
	})
}
