package intake_test

import (
	"net/http"
	"testing"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// Of a log that is deleted and made anew nothing is known any more: who was in the one before is not in the
// directory, and what was stored there is new.
func TestALogThatIsMadeAnew(t *testing.T) {
	nc := natstest.Connect(t)
	u := start(t, nc)
	u.accepted(joined("1"), joined("2"), advice("a", "1", "2"))
	u.person("hr:1")
	was := u.log.Identity()
	if err := u.log.JetStream().DeleteStream(t.Context(), eventlog.StreamName); err != nil {
		t.Fatal(err)
	}
	next, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: "other"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.Close)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		code := u.get("integration:test", "/intake/v1/people/hr:1", &struct{}{})
		if u.log.Identity() != was && code == http.StatusNotFound && u.Ready() == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("hr:1: %d, %v", code, u.Ready())
		}
	}
	u.accepted(joined("1"), joined("2"), advice("a", "1", "2"))
	for _, v := range u.post("", joined("1"), advice("a", "1", "2")) {
		if v.Status != http.StatusOK {
			t.Errorf("again: %v", v)
		}
	}
}
