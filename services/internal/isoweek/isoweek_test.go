package isoweek_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kith.internal/services/internal/isoweek"
)

func TestWeeks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).UTC()
		monday := isoweek.Monday(at)
		if monday.Weekday() != time.Monday || monday.After(at) || !isoweek.Next(at).After(at) {
			t.Errorf("the week of %s begins on %s", at, monday)
		}
		if parsed, ok := isoweek.Parse(string(isoweek.Of(at))); !ok || !parsed.Equal(monday) {
			t.Errorf("%s is the week of %s, not of %s", isoweek.Of(at), parsed, monday)
		}
	})
	for _, s := range []string{"", "2026-w54", "2026-12", "2026-w1", "w12-2026"} {
		if _, ok := isoweek.Parse(s); ok {
			t.Errorf("%q is a week", s)
		}
	}
}
