package classifier

import (
	"testing"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// said is a fact about the tie of ada and boss, by somebody.
func saidBySomebody(actor string, f events.Fact) events.Event {
	return events.Event{Context: events.Support, Subject: string(ada), Actor: actor, Fact: f}
}

func disputes(actor string) events.Event {
	return saidBySomebody(actor, &events.ActDisputed{Act: named("it"), Supporter: boss})
}

func retracts() events.Event {
	return saidBySomebody(string(boss), &events.ActRetracted{Act: named("it"), Supporter: boss})
}

func corrects(by string) events.Event {
	return saidBySomebody(string(boss), &events.ActCorrected{Act: named("it"), Supporter: boss, By: named(by)})
}

// TestCorrections begins with two sessions on days 0 and 1, which make a mentor; the second is it.
func TestCorrections(t *testing.T) {
	const system = "integration:calendar"
	ada, boss := string(ada), string(boss)
	for _, tc := range []struct {
		name  string
		given []happening
		then  []string
	}{
		{"S1.07 a confirmed act stays what it is", []happening{{2, confirm("recipient")}, {3, confirm("recipient")}}, nil},
		{"S1.07 the recipient disputes an act", []happening{{2, disputes(ada)}}, []string{"2 mentor lapsed standard"}},
		{"S1.07 the supporter disputes an act", []happening{{2, disputes(boss)}}, []string{"2 mentor lapsed standard"}},
		{"S1.07 a dispute twice is one", []happening{{2, disputes(ada)}, {3, disputes(ada)}}, []string{"2 mentor lapsed standard"}},
		{"S1.07 who disputed an act confirms it: it counts again", []happening{{2, disputes(ada)}, {3, confirm("recipient")}},
			[]string{"2 mentor lapsed standard", "3 mentor active standard"}},
		{"S1.07 the other side's word settles no dispute", []happening{{2, disputes(ada)}, {3, confirm("supporter")}}, []string{"2 mentor lapsed standard"}},
		{"S1.07 a dispute of both is settled by both", []happening{{2, disputes(ada)}, {2, disputes(boss)}, {3, confirm("recipient")}, {4, confirm("supporter")}},
			[]string{"2 mentor lapsed standard", "4 mentor active standard"}},
		{"S1.07 a system's dispute is settled by either side", []happening{{2, disputes(system)}, {3, confirm("supporter")}},
			[]string{"2 mentor lapsed standard", "3 mentor active standard"}},
		{"S1.07 what was confirmed before may be disputed", []happening{{2, confirm("recipient")}, {3, disputes(ada)}}, []string{"3 mentor lapsed standard"}},
		{"S1.07 a settled dispute may begin again", []happening{{2, disputes(ada)}, {3, confirm("recipient")}, {4, disputes(ada)}},
			[]string{"2 mentor lapsed standard", "3 mentor active standard", "4 mentor lapsed standard"}},
		{"S1.07 a dispute that is heard of late counts by when it was said", []happening{{2, confirm("recipient")}, {1.5, late(3, disputes(ada))}}, nil},
		{"S1.07 what is taken back does not come back", []happening{{2, retracts()}, {3, retracts()}, {4, confirm("recipient")}, {5, confirm("supporter")}},
			[]string{"2 mentor lapsed standard"}},
		{"S1.07 a correction puts another act in its place", []happening{{2, id("right", late(2, act(who("boss"), session())))}, {2, corrects("right")}}, nil},
		{"S1.07 a correction settles a dispute", []happening{{2, disputes(ada)}, {3, id("right", act(who("boss"), session()))}, {3, corrects("right")}},
			[]string{"2 mentor lapsed standard", "3 mentor active standard"}},
		{"S1.07 a correction without its act takes the act away", []happening{{2, corrects("never")}}, []string{"2 mentor lapsed standard"}},
		{"S1.07 an act is taken back long after", []happening{{30, retracts()}}, []string{"14 mentor at-risk standard", "30 mentor lapsed standard"}},
		{"S2.32 thanks confirm an act, and settle what the recipient disputed", []happening{{2, disputes(ada)}, {3, act(who("boss"), &events.ThanksGiven{For: named("it")})}},
			[]string{"2 mentor lapsed standard", "3 mentor active standard"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(0), act(who("boss"), session()))
			w.give(days(1), id("it", act(who("boss"), session())))
			w.expect("1 mentor active standard")
			w.happens(tc.given)
			w.expect(tc.then...)
		})
	}
}

// happens folds what happens, each on its day.
func (w *world) happens(all []happening) {
	w.t.Helper()
	for _, h := range all {
		e := h.e
		if e.Time = days(h.day); e.Recorded.IsZero() {
			e.Recorded = e.Time
		}
		w.give(e.Recorded, e)
	}
}

func TestWhatIsSaidBeforeTheAct(t *testing.T) {
	t.Run("S1.07 a dispute of an act that comes later holds of it, and its settlement too", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, session()))
		w.give(days(2), disputes(string(ada)))
		e := id("it", act(boss, session()))
		e.Time = days(1)
		w.give(days(3), e)
		w.expect()
		w.give(days(4), confirm("recipient"))
		w.expect("4 mentor active standard")
	})
}

func TestWhatIsSaidOfASealedActStaysSealed(t *testing.T) {
	for _, tc := range []struct {
		name string
		said events.Fact
		then []string
	}{
		{"S2.14 a sealed act is disputed and nobody else learns of it", &events.ActDisputed{Act: named("it"), Supporter: boss},
			[]string{"sealed 2 advocate lapsed standard", "sealed 2 sponsor lapsed internal"}},
		{"S2.14 a sealed act is taken back", &events.ActRetracted{Act: named("it"), Supporter: boss},
			[]string{"sealed 2 advocate lapsed standard", "sealed 2 sponsor lapsed internal"}},
		{"S2.14 S2.17 a sealed stake is resolved", &events.StakeResolved{Act: named("it"), Supporter: boss, Outcome: "cost"}, nil},
		{"S2.14 a sealed act is confirmed by its supporter", &events.ActConfirmed{Act: named("it"), Supporter: boss, By: "supporter"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(1), unaware(act(boss, endorsed())))
			w.give(days(1), id("it", unaware(act(boss, endorsed()))))
			w.expect("sealed 1 advocate active standard", "sealed 1 sponsor active internal")
			w.give(days(2), sealed(saidBySomebody(string(boss), tc.said)))
			w.expect(tc.then...)
			if doc, _ := projection.Get[tie](w.docs, readmodel.TieKey(ada, boss)); doc != nil {
				t.Error("what is said of a sealed act made an open tie")
			}
		})
	}
}

func TestStakes(t *testing.T) {
	t.Run("S2.17 what came of a stake is kept with the act and weighs nothing", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), id("it", act(boss, advocated())))
		before := w.tie(boss).Fold
		w.give(days(100), saidBySomebody(string(boss), &events.StakeResolved{Act: named("it"), Supporter: boss, Outcome: "neutral"}))
		w.give(days(200), saidBySomebody(string(boss), &events.StakeResolved{Act: named("it"), Supporter: boss, Outcome: "cost"}))
		if got := w.tie(boss).Acts[0].Resolved.Outcome; got != "cost" {
			t.Errorf("outcome %q, want the last one", got)
		}
		if w.tie(boss).Fold.Roles != before.Roles {
			t.Error("the outcome weighs")
		}
	})
	for _, tc := range []struct {
		name string
		fact func(stake events.Stake) events.Fact
		want int64 // without a stake, thousandths for a sponsor
	}{
		{"S2.17 an endorsement without a stake weighs less", func(s events.Stake) events.Fact {
			return &events.SponsorEndorsed{Forum: "calibration", Stake: s, Awareness: "aware"}
		}, 700},
		{"S2.17 a promotion advocated without a stake weighs less", func(s events.Stake) events.Fact {
			return &events.PromotionAdvocated{Stake: s, Awareness: "aware"}
		}, 1000},
		{"S2.17 air cover without a stake weighs less", func(s events.Stake) events.Fact {
			return &events.AirCoverProvided{Kind: "politics", Stake: s, Awareness: "aware"}
		}, 700},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.give(days(0), act(boss, tc.fact("none")))
			w.give(days(1), act(boss, tc.fact("own-role")))
			acts, i := w.tie(boss).Acts, readmodel.RoleIndex(events.Sponsor)
			if acts[0].Weights[i] != tc.want*1000 || acts[0].Note != "no-stake" || acts[1].Weights[i] <= acts[0].Weights[i] {
				t.Errorf("%d without, %d with", acts[0].Weights[i], acts[1].Weights[i])
			}
		})
	}
}
