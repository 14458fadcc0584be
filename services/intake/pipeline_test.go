package intake_test

import (
	"fmt"
	"net/http"
	"testing"

	"kith.internal/libs/natstest"
)

// Lines build on those before them also while these are still being stored: acts of people who have just
// joined, what is said of acts that have just happened, and the same act again.
func TestLinesBuildOnThoseBeingStored(t *testing.T) {
	u := start(t, natstest.Fast(t))
	lines := []string{joined("0")}
	for i := range 120 { // together more lines than are taken at once
		lines = append(lines, line(fmt.Sprint("join-", i+1), "PersonJoined", fmt.Sprint("hr:", i+1), map[string]any{"level": 3, "effectiveAt": when}))
		for j := range 20 {
			lines = append(lines, advice(fmt.Sprint("act-", i, "-", j), fmt.Sprint(i), fmt.Sprint(i+1)))
		}
		lines = append(lines, line(fmt.Sprint("retract-", i), "ActRetracted", "", map[string]any{"act": fmt.Sprint("act-", i, "-0")}), lines[len(lines)-1])
	}
	all := u.post("", lines...)
	last := uint64(0)
	for i, v := range all {
		switch again := i > 0 && i%23 == 0; {
		case again && (v.Status != http.StatusOK || v.Sequence != all[i-2].Sequence):
			t.Fatalf("%s\n%v at %d, not at %d", lines[i], v, v.Sequence, all[i-2].Sequence)
		case !again && (v.Status != http.StatusCreated || v.Sequence <= last):
			t.Fatalf("%s\n%v at %d, after %d", lines[i], v, v.Sequence, last)
		case !again:
			last = v.Sequence
		}
	}
}
