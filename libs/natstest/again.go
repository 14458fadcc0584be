package natstest

import (
	"testing"
	"time"

	"kith.internal/libs/fault"
)

// Again calls do until it succeeds, for half a minute at most, while it fails with kind Unavailable: a
// cluster that is pressed for time elects, and every caller tries again. Any other failure is the
// test's.
func Again(t testing.TB, do func() error) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := do()
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Unavailable || time.Now().After(deadline) {
			t.Fatal(err)
		}
		t.Log(err)
	}
}
