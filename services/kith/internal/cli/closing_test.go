package cli

import (
	"strings"
	"testing"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/ruleset"
)

// Every kind of gap is told in words of its own, without a code and without blame.
func TestEveryKindHasWords(t *testing.T) {
	for _, code := range events.GapKind("").Codes() {
		told := gapWords(events.GapKind(code), events.Mentor)
		if strings.HasPrefix(told, capital(strings.ReplaceAll(code, "-", " "))) {
			t.Errorf("%s is told as %q", code, told)
		}
	}
	for _, code := range events.GapReason("").Codes() {
		if code != "other" && reasons[events.GapReason(code)] == "" {
			t.Errorf("why is not told of %s", code)
		}
	}
	for _, code := range events.NudgeAction("").Codes() {
		if code != "thank" && anybody(events.NudgeAction(code), events.Mentor) == code+" them" {
			t.Errorf("what to do is not told of %s", code)
		}
	}
}

func TestWhatCloses(t *testing.T) {
	for _, c := range []struct {
		kind events.GapKind
		c    gaps.Closing
		want string
	}{
		{events.MissingRole, gaps.Closing{Role: events.Sponsor, People: 1, Who: gaps.Anybody}, "one more person is seen as sponsor"},
		{events.ThinRole, gaps.Closing{Role: events.Sponsor, People: 2, Who: gaps.NotTheManager}, "2 more people who are not the line manager are seen as sponsor"},
		{events.SmallNetwork, gaps.Closing{People: 2, Who: gaps.Anybody}, "2 more people are seen in a role"},
		{events.SinglePoint, gaps.Closing{People: 1, Who: gaps.SomebodyElse}, "somebody else is seen in 1 of the roles that one person alone holds"},
		{events.Isolation, gaps.Closing{People: 1, Who: gaps.Anybody}, "any act of support is seen"},
		{events.StalledPair, gaps.Closing{Who: gaps.BothOfYou}, "the two meet, or say that it has ended"},
		{events.Overloaded, gaps.Closing{Role: events.Mentor, People: 1, Who: gaps.FewerOfYours}, "1 of those supported is handed on, or there is room for more"},
	} {
		if got := closes(c.kind, c.c); got != c.want {
			t.Errorf("%s: %q, want %q", c.kind, got, c.want)
		}
	}
	if got := enough([]ruleset.Way{{Act: "A", Times: 1}, {Act: "B", Times: 2}, {Act: "C", Times: 3}, {Act: "D", Times: 1}}); got != "A, B twice or C 3 times" {
		t.Error(got)
	}
}
