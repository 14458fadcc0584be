package preview_test

import (
	"strings"
	"testing"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/services/internal/preview"
)

// Whoever has the hash of one preview has no other's: not of another ruleset, another time, another log, or
// other changes.
func TestTheHashOfAPreview(t *testing.T) {
	key := []byte("key")
	p := preview.Preview{End: 7, At: time.Unix(1000, 0).UTC(), Digest: preview.Digest([]byte("all that changes"))}
	hash := p.Hash(key, "aa")
	if got, err := preview.Of(key, "aa", hash); err != nil || got != p {
		t.Errorf("%+v, %v", got, err)
	}
	for what, one := range map[string]struct{ key, ruleset, hash string }{
		"another tenant":  {"other", "aa", hash},
		"another ruleset": {"key", "bb", hash},
		"a later end":     {"key", "aa", strings.Replace(hash, "7-", "8-", 1)},
		"another time":    {"key", "aa", strings.Replace(hash, "-1000-", "-2000-", 1)},
		"other changes":   {"key", "aa", strings.Replace(hash, p.Digest, preview.Digest(nil), 1)},
		"no proof":        {"key", "aa", strings.TrimSuffix(hash, hash[len(hash)-13:])},
		"nothing":         {"key", "aa", ""},
		"no numbers":      {"key", "aa", "a-b-c-d"},
	} {
		if _, err := preview.Of([]byte(one.key), one.ruleset, one.hash); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
