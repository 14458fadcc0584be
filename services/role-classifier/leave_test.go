package classifier

import (
	"testing"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// TestLeavePausesDecay: four sessions on day 0 hold for 60 days of silence, and end with 120.
func TestLeavePausesDecay(t *testing.T) {
	gone := func(p events.PersonID, day float64) events.Event {
		return people(p, &events.PersonWentOnLeave{EffectiveAt: days(day)})
	}
	back := func(p events.PersonID, day float64) events.Event {
		return people(p, &events.PersonReturned{EffectiveAt: days(day)})
	}
	left := func(p events.PersonID, day float64) events.Event {
		return people(p, &events.PersonLeft{EffectiveAt: days(day)})
	}
	const risk, over = "mentor at-risk standard", "mentor lapsed standard"
	for _, tc := range []struct {
		name  string
		given []happening
		then  []string
	}{
		{"nobody is away", nil, []string{"60 " + risk, "120 " + over}},
		{"the supporter is, for thirty days", []happening{{10, gone(boss, 10)}, {40, back(boss, 40)}}, []string{"90 " + risk, "150 " + over}},
		{"the recipient is", []happening{{10, gone(ada, 10)}, {40, back(ada, 40)}}, []string{"90 " + risk, "150 " + over}},
		{"both are, partly at once", []happening{{10, gone(ada, 10)}, {20, gone(boss, 20)}, {40, back(ada, 40)}, {50, back(boss, 50)}},
			[]string{"100 " + risk, "160 " + over}},
		{"while at risk", []happening{{70, gone(boss, 70)}, {100, back(boss, 100)}}, []string{"60 " + risk, "150 " + over}},
		{"without an end", []happening{{10, gone(boss, 10)}}, nil},
		{"while at risk, without an end", []happening{{70, gone(boss, 70)}}, []string{"60 " + risk}},
		{"it is known long before", []happening{{1, gone(boss, 30)}, {1, back(boss, 60)}}, []string{"90 " + risk, "150 " + over}},
		{"it is known afterwards: what was at risk is not", []happening{{70, gone(boss, 10)}, {70, back(boss, 40)}},
			[]string{"60 " + risk, "70 mentor active standard", "90 " + risk, "150 " + over}},
		{"an early return", []happening{{10, gone(boss, 10)}, {10, back(boss, 100)}, {40, back(boss, 40)}}, []string{"90 " + risk, "150 " + over}},
		{"an act meanwhile counts, and fades from the return on", []happening{{10, gone(boss, 10)}, {20, act(boss, session())}, {40, back(boss, 40)}},
			[]string{"100 " + risk, "160 " + over}},
		{"who leaves for good is not on leave", []happening{{10, gone(boss, 10)}, {40, left(boss, 40)}}, []string{"90 " + risk, "150 " + over}},
		{"S1.07 who has left supports nobody, and what they did fades", []happening{{10, left(boss, 10)}, {20, act(boss, session())}},
			[]string{"60 " + risk, "120 " + over}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t).people()
			for range 4 {
				w.give(days(0), act(boss, session()))
			}
			w.expect("0 mentor active standard")
			w.happens(tc.given)
			w.until(days(1000))
			w.expect(tc.then...)
			if len(tc.then) < 2 && w.tie(boss).NextChangeAt != 0 {
				t.Errorf("the next change is at %v, and nobody knows when they return", w.tie(boss).NextChangeAt.Time())
			}
		})
	}
}

// TestGatesLookBackOverALeave: what counts as recent is measured as decay is.
func TestGatesLookBackOverALeave(t *testing.T) {
	w := newWorld(t).people()
	w.give(days(0), act(peer, feedback("constructive")))
	w.give(days(1), personal(&events.TrustConfirmed{Supporter: peer}))
	w.give(days(2), people(peer, &events.PersonWentOnLeave{EffectiveAt: days(2)}))
	w.give(days(602), people(peer, &events.PersonReturned{EffectiveAt: days(602)}))
	w.give(days(603), act(peer, feedback("constructive")))
	w.expect("603 truth-teller active standard")
	r := w.role(peer, events.TruthTeller)
	if got := r.ScoreAt(days(603), w.tie(peer).Away); got != r.Score || r.Status != readmodel.RoleActive {
		t.Errorf("%d, want %d", got, r.Score)
	}
}
