package events

import "time"

// Fact is what happened. The catalogue lists every type that implements it.
type Fact interface {
	// FactName is the written wire name, e.g. "SponsorEndorsed".
	FactName() string
}

// Event is the stored envelope with its fact: CloudEvents 1.0 in binary mode.
type Event struct {
	ID      FactID
	Source  string // a URI path such as /services/intake; never a person
	Context Context
	Subject string // a person, a program or Nobody
	Time    time.Time
	Actor   string // a person id, service:<name>, integration:<name> or auditor:<name>; empty where it would name somebody

	CausationID    FactID // the fact that caused this derived one
	CausationSeq   uint64 // its sequence in the log
	CausationIndex int    // the place among its consequences in this context
	CorrelationID  FactID // the first fact of the chain, where it differs
	Traceparent    string // W3C trace context, when sampled

	Fact Fact

	Seq      uint64    // place in the log; 0 before it is appended
	Recorded time.Time // when the log stored it; zero before that
}

// Type is the CloudEvents type, e.g. "kith.support.SponsorEndorsed".
func (e Event) Type() string { return TypeOf(e.Context, e.Fact) }

// TypeOf is the CloudEvents type of a fact in a context.
func TypeOf(c Context, f Fact) string { return "kith." + string(c) + "." + f.FactName() }

// Person is the person the event is about, or "" where it is about none.
func (e Event) Person() PersonID {
	if id := PersonID(e.Subject); id.Valid() {
		return id
	}
	return ""
}

// SealedBytes is personal detail encrypted with one person's data key: base64 in JSON. At the
// edge of intake the same field is given in clear; nothing but intake ever sees it so.
type SealedBytes []byte
