package readmodel_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

const day = 24 * 60 * 60

func TestDecayHalvesAtTheHalfLife(t *testing.T) {
	for n, want := range map[int64]int64{0: 3_400_000, 60: 1_700_000, 120: 850_000, 180: 425_000, 6000: 0} {
		if got := readmodel.Decay(3_400_000, n*day, 60*day); got != want {
			t.Errorf("after %d days %d, want %d", n, got, want)
		}
	}
}

func TestDecayIsTheFormulaAndNeverGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score := rapid.Int64Range(0, 1e9).Draw(t, "score")
		half := rapid.Int64Range(day, 1000*day).Draw(t, "half-life")
		seconds := rapid.Int64Range(0, 5000*day).Draw(t, "seconds")
		got := readmodel.Decay(score, seconds, half)
		want := float64(score) * math.Exp2(-float64(seconds)/float64(half))
		if diff := math.Abs(float64(got) - want); diff > 0.501 {
			t.Fatalf("%d, the formula says %v", got, want)
		}
		if later := readmodel.Decay(score, seconds+rapid.Int64Range(0, day).Draw(t, "more"), half); later > got {
			t.Fatalf("grows from %d to %d", got, later)
		}
	})
}

func TestARoleTellsHowItStandsLater(t *testing.T) {
	r := readmodel.TieRole{Status: readmodel.RoleActive, Score: 3_400_000, HalfLife: 60 * day, SilentSince: 1000, AtRiskAt: 2000, LapsesAt: 3000}
	for at, want := range map[int64]readmodel.RoleStatus{1500: "active", 2000: "at-risk", 2999: "at-risk", 3000: "lapsed"} {
		if got := r.StatusAt(time.Unix(at, 0)); got != want {
			t.Errorf("at %d %s, want %s", at, got, want)
		}
	}
	r.AsideUntil = 1600
	if got := r.StatusAt(time.Unix(1500, 0)); got != readmodel.RoleNone {
		t.Errorf("set aside: %s", got)
	}
}

func TestEvidenceIsTheHeaviestFirst(t *testing.T) {
	var tie readmodel.Tie
	for i := range int64(30) {
		tie.Acts = append(tie.Acts, readmodel.Act{ID: events.FactID(rune('a' + i)), At: readmodel.Unix(i * day), Quality: 1_000_000, Weights: readmodel.Weights{1_000_000}})
	}
	tie.Acts[3].Weights[0] = 3_000_000
	tie.Acts[29].Crowded = true
	tie.Roles = []readmodel.TieRole{{Role: "mentor", HalfLife: 60 * day}}
	got := tie.Evidence("mentor", time.Unix(30*day, 0))
	if len(got) != readmodel.EvidenceLimit || got[0].Act != tie.Acts[3].ID || got[1].Act != tie.Acts[28].ID {
		t.Errorf("%d acts, the first %+v", len(got), got[:2])
	}
	if tie.Evidence("sponsor", time.Unix(0, 0)) != nil {
		t.Error("evidence of a role that nothing speaks of")
	}
}
