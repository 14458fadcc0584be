package eventlog_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
)

// A fact that no server takes is refused at once, and those who share its commit do not suffer.
func TestAFactThatIsTooLarge(t *testing.T) {
	nc := natstest.Connect(t)
	l := open(t, nc, 1)
	huge := advice("huge")
	huge.Context, huge.Subject = events.Policy, events.Nobody
	text := strings.Repeat("x", int(nc.MaxPayload()))
	huge.Fact = &events.RulesetActivated{Version: "v1", Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Text: text}
	started := time.Now()
	if _, err := l.Append(t.Context(), huge); fault.KindOf(err) != fault.TooLarge || time.Since(started) > 3*time.Second {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
	if _, err := l.Append(t.Context(), advice("1")); err != nil {
		t.Error(err)
	}
}
