package events

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Canonical returns the bytes by which a stored fact is proved, exported and compared: sequence,
// recorded time in nanoseconds and subject, one a line; the ce- headers sorted by name; an empty
// line; the body. Headers that a mirror strips or that only trace a request are left out.
func (m Message) Canonical(seq uint64, recorded time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n%d\n%s\n", seq, recorded.UnixNano(), m.Subject)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		if strings.HasPrefix(name, "ce-") {
			fmt.Fprintf(&b, "%s: %s\n", name, first(m.Header, name))
		}
	}
	b.WriteByte('\n')
	b.Write(m.Body)
	return b.Bytes()
}
