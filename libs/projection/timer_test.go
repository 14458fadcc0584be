package projection_test

import (
	"testing"
	"time"

	"kith.internal/libs/projection"
)

// TestATimerThatComesInTimeStays: setting one costs more than a Due of which nothing follows.
func TestATimerThatComesInTimeStays(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 9, 0, 0, 0, time.UTC) }
	store := projection.NewMemory()
	d := projection.NewDocs(t.Context(), store)
	for i, step := range []struct {
		now, wake, set time.Time // set: the timer that Commit asks for, zero for none
		drop           bool
	}{
		{now: day(1), wake: day(10), set: day(10)},
		{now: day(2), wake: day(12)},                           // later: the one of the 10th comes in time
		{now: day(3), wake: day(20), drop: true},               // and is remembered with the document
		{now: day(4), wake: day(8), set: day(8)},               // earlier
		{now: day(5)},                                          // not at all
		{now: day(8), wake: day(20), set: day(20), drop: true}, // it has fired
		{now: day(9), wake: day(25)},
		{wake: day(25), set: day(25)}, // nobody knows what time it is
	} {
		if step.drop {
			d = projection.NewDocs(t.Context(), store)
		}
		d.Begin(uint64(i + 1))
		d.Now(step.now)
		d.Put("a", &doc{})
		d.Wake("a", "paaaaaaaaaaaaaaaa", step.wake)
		timers, err := d.Commit(projection.Progress{Handled: uint64(i + 1)})
		if err != nil {
			t.Fatal(err)
		}
		var set time.Time
		if len(timers) > 0 {
			set = timers[0].At
		}
		if !set.Equal(step.set) {
			t.Errorf("step %d: the timer is set to %v, want %v", i, set, step.set)
		}
		if r := store.Records()["a"]; !r.Wake.Equal(step.wake) || !step.wake.IsZero() && r.Alarm().At.After(step.wake) {
			t.Errorf("step %d: %+v", i, r)
		}
	}
}
