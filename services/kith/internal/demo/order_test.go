package demo

import (
	"encoding/json"
	"testing"
	"time"
)

// Whatever the hour at which the demo is loaded, no event names one that comes after it: intake
// would refuse it.
func TestNothingIsNamedBeforeItHappened(t *testing.T) {
	for i := range 12 { // two weeks, at different hours
		now := time.Date(2026, 11, 16, 28*i, 41, 7, 0, time.UTC)
		seen := map[string]bool{}
		for line := range New(Config{Now: now}).Lines() {
			var e struct {
				ID   string
				Data struct {
					Act  string
					Acts []string
					By   string
				}
			}
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			for _, ref := range append(e.Data.Acts, e.Data.Act) {
				if ref != "" && !seen[ref] {
					t.Errorf("loaded at %v: %s names %s, which comes later", now, e.ID, ref)
				}
			}
			seen[e.ID] = true
		}
		if t.Failed() {
			return
		}
	}
}
