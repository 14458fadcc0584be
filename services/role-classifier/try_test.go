package classifier

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// TestATryIsWhatTheActDoes tries one more act of each kind and then folds one of them: the dry run
// and the real one come to the same, and the dry one leaves no trace.
func TestATryIsWhatTheActDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := run(t, genLog(rt, false))
		keys, err := w.docs.Keys("open.")
		if err != nil || len(keys) == 0 {
			rt.Skip("no tie")
		}
		p, _, _ := pairOf(rapid.SampledFrom(keys).Draw(rt, "tie"))
		rs, err := w.rules.inForce(w.docs)
		if err != nil {
			rt.Fatal(err)
		}
		h, err := load(&step{d: w.docs, rs: rs}, p, false)
		if err != nil {
			rt.Fatal(err)
		}
		before := wholeOf(t, w.docs, h.key)
		doc, err := deepCopy(h.t)
		if err != nil {
			rt.Fatal(err)
		}
		tries, err := doc.Tries(rs, &h.people, readmodel.UnixOf(w.now))
		if err != nil {
			rt.Fatal(err)
		}
		same(rt, "ties", before, wholeOf(t, w.docs, h.key))
		i := rapid.IntRange(0, 4).Draw(rt, "role")
		if len(tries[i]) == 0 {
			return
		}
		one := rapid.SampledFrom(tries[i]).Draw(rt, "one more")
		if err := h.insert(one.Act); err != nil {
			rt.Fatal(err)
		}
		r, err := h.t.RoleAt(rs, &h.people, i, "", one.Act.At)
		if err != nil {
			rt.Fatal(err)
		}
		if score := r.ScoreAt(one.Act.At.Time(), h.people.Away); r.Status != one.Status || score != one.Score {
			rt.Fatalf("%s: tried it comes to %s with %d, done to %s with %d", one.Act.Type, one.Status, one.Score, r.Status, score)
		}
	})
}

func tries(t *testing.T, w *world, supporter events.PersonID, role events.RoleName) []recognition.Try {
	t.Helper()
	rs, err := w.rules.inForce(w.docs)
	if err != nil {
		t.Fatal(err)
	}
	h, err := load(&step{d: w.docs, rs: rs}, pair{ada, supporter}, false)
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.t.Tries(rs, &h.people, readmodel.UnixOf(w.now))
	if err != nil {
		t.Fatal(err)
	}
	return all[readmodel.RoleIndex(role)]
}

func TestWhatOneMoreActWouldDo(t *testing.T) {
	for _, tc := range []struct {
		name      string
		given     []happening
		supporter events.PersonID
		role      events.RoleName
		turning   []string // those that change how the role stands, the least first
	}{
		{"S1.12 one session short of a mentor", []happening{{0, act(boss, session())}}, boss, "mentor",
			[]string{"MentoringSessionHeld", "MentorshipStarted", "StrategyShared"}},
		{"S1.37 one endorsement short of a sponsor", []happening{{0, act(boss, endorsed())}}, boss, "sponsor",
			[]string{"EndorsementGiven", "IntroductionMade", "ReferralMade", "OpportunityGiven", "SponsorEndorsed", "AirCoverProvided", "PromotionAdvocated"}},
		{"S1.35 who has no standing cannot become a sponsor", []happening{{0, act(peer, endorsed())}}, peer, "sponsor", nil},
		{"S1.31 feedback without a word of trust", []happening{{0, act(peer, feedback("constructive"))}, {9, act(peer, feedback("constructive"))}}, peer, "truth-teller",
			[]string{"TrustConfirmed", "FeedbackGiven"}},
		{"S1.28 a first act that is enough", []happening{{0, act(peer, &events.CollaborationShared{})}}, peer, "advocate",
			[]string{"PromotionAdvocated", "ReferralMade"}},
		{"S1.04 a friend will be no mentor", []happening{{0, friend(session())}}, outsider("kim"), "mentor", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			w.happens(tc.given)
			w.until(days(10))
			var turning []string
			for _, one := range tries(t, w, tc.supporter, tc.role) {
				if one.Turns {
					turning = append(turning, one.Act.Type)
				}
			}
			if !slices.Equal(turning, tc.turning) {
				t.Errorf("%v, want %v", turning, tc.turning)
			}
		})
	}
	t.Run("S1.11 what stands aside stays aside", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, session()))
		w.give(days(1), personal(&events.RoleOverridden{Supporter: boss, Role: "mentor", Until: days(90)}))
		for _, one := range tries(t, w, boss, "mentor") {
			if one.Turns {
				t.Errorf("%s turns a role that is set aside", one.Act.Type)
			}
		}
		if doc, _ := projection.Get[tie](w.docs, readmodel.TieKey(ada, boss)); doc.Count != 1 {
			t.Errorf("%d acts, want the one there is", doc.Count)
		}
	})
}
