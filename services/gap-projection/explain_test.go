package gaps_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

const daySeconds = 86400

// mentoring is a tie with an active mentor: what its acts come to stands in the role.
func mentoring(recipient, supporter events.PersonID, acts ...readmodel.Act) *recognition.Tie {
	now := readmodel.UnixOf(time.Now())
	t := &recognition.Tie{}
	t.Recipient, t.Supporter, t.AsOf, t.Count, t.Acts = recipient, supporter, now, len(acts), acts
	t.Roles = []readmodel.TieRole{{Role: events.Mentor, Status: readmodel.RoleActive, Subtype: events.Standard, Score: 3_400_000, HalfLife: 60 * daySeconds,
		Enter: 1_700_000, Exit: 850_000, Since: now - 30*daySeconds, SilentSince: now - 30*daySeconds, AtRiskAt: now + 30*daySeconds, LapsesAt: now + 90*daySeconds}}
	return t
}

func explained(t *testing.T, s *server, docs map[string]any, supporter events.PersonID) gaps.TieAnswer {
	t.Helper()
	after := s.say(events.Support, ego, advice(ben))
	s.classified(after, docs)
	return asked[gaps.TieAnswer](s, ego, fmt.Sprintf("/ties/%s?after=%d", supporter, after))
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	s := start(t)
	settledPerson(s)
	now := readmodel.UnixOf(time.Now())
	staked := readmodel.Act{ID: factID(1), Type: "SponsorEndorsed", At: now - 40*daySeconds, RecordedBy: "supporter", Stake: "reputation",
		Weights: readmodel.Weights{0, 1_000_000, 2_000_000}, Quality: 800_000, Rule: 2, Rung: 5, Marks: readmodel.Marks{Resolved: readmodel.Resolved{Outcome: "paid-off", At: now}}}
	learned := readmodel.Act{ID: factID(2), Type: "ReverseLearningGained", At: now - 9*daySeconds, RecordedBy: "supporter"}
	late := readmodel.Act{ID: factID(3), Type: "FeedbackGiven", At: now - 200*daySeconds, Recorded: now, RecordedBy: "recipient", Solicited: true,
		Marks: readmodel.Marks{Disputed: readmodel.Disputed{ByOther: now}}}
	a := explained(t, s, map[string]any{
		readmodel.TieKey(ego, ben): mentoring(ego, ben, late, staked, learned),
		readmodel.TieKey(ben, ego): mentoring(ben, ego),
	}, ben)
	acts := map[events.FactID]gaps.ActView{}
	for _, act := range a.Acts {
		acts[act.Act] = act
	}
	t.Run("S1.19 two who mentor each other", func(t *testing.T) {
		if r := a.Reciprocity; r == nil || !r.Mutual || !slices.Equal(r.Roles, []events.RoleName{events.Mentor}) {
			t.Errorf("%+v", r)
		}
		if viewed := s.said(events.Access, ben); len(viewed) != 1 {
			t.Errorf("%d access facts about the other one, whose tie was looked at", len(viewed))
		}
	})
	t.Run("S1.44 the supporter learned from the recipient: ReverseLearningGained", func(t *testing.T) {
		if r := a.Reciprocity; r == nil || r.Learned != 1 || !r.LastLearned.Equal(learned.At.Time()) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("S1.38 S2.17 a stake is seen beside what came of it", func(t *testing.T) {
		if v := acts[staked.ID]; v.Stake != "reputation" || v.Outcome != "paid-off" {
			t.Errorf("%+v", v)
		}
	})
	t.Run("S1.12 an act says what it counts now, and by what factors", func(t *testing.T) {
		v := acts[staked.ID]
		if len(v.Counts) != 2 || v.Counts[1].Role != events.Sponsor || v.Counts[1].Worth != 1.6 || v.Counts[1].Decayed >= 1.6 || v.Counts[1].Decayed < 1.4 {
			t.Errorf("counts %+v", v.Counts)
		}
		if len(v.Factors) != 1 || v.Factors[0].Factor != "one-sided" || v.Factors[0].Times != 0.8 {
			t.Errorf("factors %+v", v.Factors)
		}
		var codes []string
		for _, f := range acts[late.ID].Factors {
			codes = append(codes, f.Factor)
		}
		if !slices.Equal(codes, []string{"own-benefit", "solicited", "late", "disputed"}) {
			t.Errorf("factors %v", codes)
		}
	})
	t.Run("S1.12 a role says how far it is and what comes next", func(t *testing.T) {
		mentor, advocate := a.Roles[0], a.Roles[1]
		if mentor.Short != 0 || mentor.Next == nil || mentor.Next.Status != readmodel.RoleAtRisk || !mentor.Next.At.Equal(mentor.AtRiskAt) {
			t.Errorf("%+v, next %+v", mentor, mentor.Next)
		}
		if advocate.Short != 1.25 || advocate.Next != nil || len(advocate.OneMore) != 4 || !advocate.OneMore[0].Turns {
			t.Errorf("%+v", advocate)
		}
	})
	t.Run("S1.12 the other side's explanation is of the same tie", func(t *testing.T) {
		if resp, body := s.get("person:"+string(ben), string(ego)+"/ties/"+string(ben), access.PurposeHeader, "support-given"); resp.StatusCode != 200 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
		if viewed := s.said(events.Access, ego); len(viewed) != 1 {
			t.Errorf("%d access facts about the recipient", len(viewed))
		}
	})
}

// TestAnExplanationWhileOneIsAway: silence does not count, in any number.
func TestAnExplanationWhileOneIsAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	settledPerson(s)
	now := readmodel.UnixOf(time.Now())
	tie := mentoring(ego, ben, readmodel.Act{ID: factID(1), Type: "AdviceGiven", At: now - 30*daySeconds, RecordedBy: "system",
		Weights: readmodel.Weights{700_000}, Quality: 1_000_000, Rule: 2})
	tie.Roles[0].AtRiskAt, tie.Roles[0].LapsesAt = 0, 0
	tie.Away = readmodel.Absences{{From: now - 30*daySeconds}}
	a := explained(t, s, map[string]any{readmodel.TieKey(ego, ben): tie}, ben)
	if m := a.Roles[0]; m.Score != 3.4 || m.Status != readmodel.RoleActive || m.Next != nil || !m.AtRiskAt.IsZero() {
		t.Errorf("%+v", m)
	}
	if c := a.Acts[0].Counts; len(c) != 1 || c[0].Decayed != 0.7 {
		t.Errorf("%+v", c)
	}
	if len(a.Away) != 1 || !a.Away[0].To.IsZero() {
		t.Errorf("%+v", a.Away)
	}
}
