package events_test

import (
	"testing"

	"kith.internal/events"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		subject, filter string
		want            bool
	}{
		{"kith.support.p1.AdviceGiven", "kith.support.>", true},
		{"kith.support.p1.AdviceGiven", "kith.>", true},
		{"kith.support.p1.AdviceGiven", "kith.*.p1.*", true},
		{"kith.clock.p1.Due", "kith.clock.*.Due", true},
		{"kith.clock.p1.Parked", "kith.clock.*.Due", false},
		{"kith.support", "kith.support.>", false},
		{"kith.support.p1", "kith.support", false},
		{"kith.sealed.p1.AdviceGiven", "kith.support.>", false},
		{"kith", "kith", true},
	} {
		if got := events.Matches(c.subject, c.filter); got != c.want {
			t.Errorf("Matches(%q, %q) = %v", c.subject, c.filter, got)
		}
	}
}
