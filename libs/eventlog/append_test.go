package eventlog_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
)

// A fact that no server takes is refused, and those who share its commit do not suffer.
func refusesWhatIsTooLarge(t *testing.T, c *natstest.Nodes) {
	nc := c.ConnectAny()
	l := open(t, nc, c.Size())
	huge := advice("huge")
	huge.Context, huge.Subject = events.Policy, events.Nobody
	text := strings.Repeat("x", int(nc.MaxPayload()))
	huge.Fact = &events.RulesetActivated{Version: "v1", Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(text))), Text: text}
	if _, err := l.Append(t.Context(), huge); fault.KindOf(err) != fault.TooLarge {
		t.Error(err)
	}
	if _, err := l.Append(t.Context(), advice("1")); err != nil {
		t.Error(err)
	}
}
