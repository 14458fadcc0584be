package ruleset_test

import (
	"fmt"
	"strings"
	"testing"

	"kith.internal/events"
)

// By the default ruleset, with acts that both stand behind.
func TestWays(t *testing.T) {
	rs := byDefault(t)
	for role, want := range map[events.RoleName]string{
		events.Mentor:      "MentoringSessionHeld 2, StrategyShared 2, AdviceGiven 3",
		events.Advocate:    "ReferralMade 1",
		events.Sponsor:     "PromotionAdvocated 1",
		events.TruthTeller: "FeedbackGiven 2",
		events.Ally:        "AllyActionTaken 2",
	} {
		ways, err := rs.Ways(role, 0)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, w := range ways {
			all = append(all, fmt.Sprintf("%s %d", w.Act, w.Times))
		}
		t.Log(role, all)
		if got := strings.Join(all, ", "); !strings.HasPrefix(got, want) && !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
	if ways, err := rs.Ways("boss", 0); ways != nil || err != nil {
		t.Error("there is no such role")
	}
}

// What fades takes less than what begins.
func TestWaysBack(t *testing.T) {
	rs := byDefault(t)
	role := rs.Role(events.Mentor)
	ways, err := rs.Ways(events.Mentor, role.Exit+100_000)
	if err != nil || len(ways) == 0 || ways[0].Times != 1 {
		t.Errorf("%v, %v", ways, err)
	}
}
