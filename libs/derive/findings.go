package derive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"

	"kith.internal/events"
)

// What is wrong, of a Divergence.
const (
	HoleFound   = "hole"       // nothing stands at sequences where something must have
	Unreadable  = "unreadable" // a fact cannot be read, or not be folded, and nobody has parked it
	Missing     = "missing"    // the rules say it, the log does not
	Unexpected  = "unexpected" // the log says it, the rules do not
	Differing   = "different"  // the log says it otherwise than the rules
	OddDocument = "document"   // a document that is read is not what the rules make of the log
	NotSealed   = "sealed"     // a message is not what it was when the log was sealed
	Erased      = "erased"     // nothing may be wrong: it was counted with somebody who has been erased since
)

// Divergence is where the log is not whole, or where a service has not said, or does not show, what its
// rules make of the log. It names the fact or the document; what that says stays where it is.
type Divergence struct {
	What     string        `json:"what"`
	Service  string        `json:"service,omitempty"` // empty of a hole
	Seq      uint64        `json:"seq,omitempty"`     // where the fact stands, or the hole begins
	To       uint64        `json:"to,omitempty"`      // where the hole ends
	Cause    uint64        `json:"cause,omitempty"`   // the fact that it follows from
	ID       events.FactID `json:"id,omitempty"`
	Fact     string        `json:"fact,omitempty"`     // its name
	Key      string        `json:"key,omitempty"`      // of the document, by pseudonyms
	Fields   []string      `json:"fields,omitempty"`   // that differ
	Expected string        `json:"expected,omitempty"` // the digest of what the rules say; empty where that is nothing
	Stored   string        `json:"stored,omitempty"`   // the digest of what is there; empty where nothing is
	Reason   string        `json:"reason,omitempty"`   // why it is unreadable
}

// Findings is what verifying one service's facts and documents has found, since it began with the first
// fact of the log.
type Findings struct {
	Service     string       `json:"service"`
	Since       uint64       `json:"since"`           // the log's end when it was begun with the first fact
	Handled     uint64       `json:"handled"`         // up to where inputs are folded
	Facts       int          `json:"facts"`           // of the service's own, that are what they should be
	Documents   int          `json:"documents"`       // that are what they should be
	Divergences int          `json:"divergences"`     // all of them
	First       []Divergence `json:"first,omitempty"` // of them
	Others      int          `json:"others"`          // divergences while other rules were in use: not to be compared
	Changing    int          `json:"changing"`        // documents that changed whenever they were looked at
	Erased      int          `json:"erased"`          // facts and documents that nobody can compare any more since an erasure
	Gone        []Divergence `json:"gone,omitempty"`  // of these
	Digest      string       `json:"digest"`          // of the facts that follow from the log
}

// Clean reports whether all is what it should be. What an erasure has made incomparable is counted, and nothing is
// wrong with it: the published figure stays what it was.
func (f Findings) Clean() bool { return f.Divergences+f.Others+f.Changing == 0 }

// namedLimit is how many divergences are named.
const namedLimit = 20

func (f *Findings) add(d Divergence) {
	if f.Divergences++; len(f.First) < namedLimit {
		f.First = append(f.First, d)
	}
}

func (f *Findings) lose(d Divergence) {
	if f.Erased++; len(f.Gone) < namedLimit {
		f.Gone = append(f.Gone, d)
	}
}

// divergence is one of a fact; what has the sequence of where it stands, or of what it follows from.
func (v *Verification) divergence(what string, e events.Event) Divergence {
	d := Divergence{What: what, Service: v.d.Service, Seq: e.Seq, Cause: e.CausationSeq, ID: e.ID}
	if e.Fact != nil {
		d.Fact = e.Fact.FactName()
	}
	return d
}

// digest tells two contents apart without showing either.
func digest(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// fields are the names of what differs between two JSON objects.
func fields(a, b []byte) (names []string) {
	var one, two map[string]json.RawMessage
	if json.Unmarshal(a, &one) != nil || json.Unmarshal(b, &two) != nil {
		return nil
	}
	for name, value := range one {
		if string(two[name]) != string(value) {
			names = append(names, name)
		}
	}
	for name := range two {
		if _, ok := one[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// headers are the names of the parts of the envelope that differ.
func headers(a, b events.Message) (names []string) {
	for name, value := range a.Header {
		if isProved(name) && !slices.Equal(value, b.Header[name]) {
			names = append(names, name)
		}
	}
	for name := range b.Header {
		if _, ok := a.Header[name]; !ok && isProved(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// isProved reports whether a header is part of a fact: others are a mirror's, a batch's or a trace's.
func isProved(header string) bool { return len(header) > 3 && header[:3] == "ce-" }

// Before reports whether d is to be looked at before another one: what is missing in the log explains what
// follows from it, and an earlier cause a later one. Documents come last.
func (d Divergence) Before(o Divergence) bool { return d.rank() < o.rank() }

func (d Divergence) rank() uint64 {
	switch {
	case d.What == OddDocument:
		return math.MaxUint64
	case d.Cause > 0:
		return d.Cause
	}
	return d.Seq
}
