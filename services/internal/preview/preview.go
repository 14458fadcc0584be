// Package preview is what somebody must have looked at before they activate a ruleset: what would follow from
// it. The service that shows it and the one that activates share a key and nothing else, so what is shown has a
// hash that nobody can make who has not asked for it.
package preview

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kith.internal/libs/fault"
)

// Preview names what was shown: what would follow if a ruleset were activated at a time, at the log's end.
type Preview struct {
	End    uint64 // the log's last sequence
	At     time.Time
	Digest string // of what was shown
}

const (
	digestLetters = 20
	proofLetters  = 13
)

// Digest is that of what was shown, in a form that is always the same.
func Digest(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return letters(sum[:], digestLetters)
}

// Hash is the hash of a preview of a ruleset, of which the hash is given.
func (p Preview) Hash(key []byte, ruleset string) string {
	named := fmt.Sprintf("%d-%d-%s", p.End, p.At.Unix(), p.Digest)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "what-if\n%s\n%s", ruleset, named)
	return named + "-" + letters(mac.Sum(nil), proofLetters)
}

// Of reads the hash of a preview. It fails with kind Invalid where it is none, or that of another ruleset.
func Of(key []byte, ruleset, hash string) (Preview, error) {
	parts := strings.Split(hash, "-")
	if len(parts) != 4 {
		return Preview{}, errNoHash
	}
	end, err1 := strconv.ParseUint(parts[0], 10, 64)
	at, err2 := strconv.ParseInt(parts[1], 10, 64)
	p := Preview{End: end, At: time.Unix(at, 0).UTC(), Digest: parts[2]}
	if err1 != nil || err2 != nil || !hmac.Equal([]byte(p.Hash(key, ruleset)), []byte(hash)) {
		return Preview{}, errNoHash
	}
	return p, nil
}

var errNoHash = fault.New(fault.Invalid, "diff", "this is not the hash of what would follow from this ruleset",
	fault.Field{Name: "diff", Reason: "is that of another ruleset, or none at all: ask what-if about this one, to the letter"})

func letters(sum []byte, n int) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))[:n]
}
