package intake

import (
	"encoding/json"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// Incoming is a fact as a sender gives it: people may have external ids, and what is to be sealed
// stands in clear.
type Incoming struct {
	ID      string // the sender's; with Source, it names the fact for ever
	Source  string // a URI path, such as /integrations/slack
	Type    string // kith.<context>.<Fact>, or the fact's name alone
	Subject string // whom it is about, where Data does not say
	Time    time.Time
	Data    json.RawMessage

	err error // why it could not even be read this far

	read   bool // what Data says, which needs nobody else to be known
	fact   events.Fact
	clear  events.Clear
	faulty error
}

// say decodes what the event says, once: the fact is changed on its way.
func (in *Incoming) say() {
	if _, name, ok := in.named(); ok && !in.read {
		in.fact, in.clear, in.faulty = events.DecodeClear(name, in.Data)
	}
	in.read = true
}

// Outcome is what became of an Incoming.
type Outcome struct {
	ID        events.FactID
	Seq       uint64
	Duplicate bool  // it was stored before, at Seq
	Err       error // it is refused, and why
}

// cloudEvent is the JSON format of CloudEvents 1.0. Attributes that Kith has no use for are left out.
type cloudEvent struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"`
	Time        string          `json:"time"`
	ContentType string          `json:"datacontenttype"`
	Data        json.RawMessage `json:"data"`
	Base64      json.RawMessage `json:"data_base64,omitempty"`
}

// decodeEvent reads one CloudEvent. What is wrong with it stands in the result.
func decodeEvent(raw []byte) Incoming {
	if len(raw) > maxFact {
		return Incoming{err: errTooLarge}
	}
	var e cloudEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return Incoming{err: fault.Wrap(fault.Invalid, "json", "this is not a CloudEvent in JSON", err)}
	}
	in := Incoming{ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject, Data: e.Data}
	var wrong []fault.Field
	say := func(field, reason string) { wrong = append(wrong, fault.Field{Name: field, Reason: reason}) }
	if e.SpecVersion != "1.0" {
		say("specversion", "is not 1.0")
	}
	if len(e.Base64) > 0 || e.ContentType != "" && !strings.HasPrefix(e.ContentType, "application/json") {
		say("datacontenttype", "is not application/json")
	}
	if e.Time != "" {
		at, err := time.Parse(time.RFC3339Nano, e.Time)
		if err != nil {
			say("time", "is no time in RFC 3339, such as 2026-03-01T09:00:00Z")
		}
		in.Time = at.UTC()
	}
	wrong = append(wrong, in.faults()...)
	if len(wrong) > 0 {
		in.err = fault.New(fault.Invalid, "envelope", "the envelope is faulty", wrong...)
		return in
	}
	in.say()
	return in
}

// faults is what is wrong with the attributes that name the fact.
func (in Incoming) faults() []fault.Field {
	var wrong []fault.Field
	say := func(field, reason string) { wrong = append(wrong, fault.Field{Name: field, Reason: reason}) }
	if in.ID == "" || len(in.ID) > 1024 {
		say("id", "is not 1 to 1024 characters")
	}
	if !isSource(in.Source) {
		say("source", "is no URI path such as /integrations/slack")
	}
	if strings.HasPrefix(in.Source, "/services/") {
		say("source", "is one of Kith's own services, which speak for themselves")
	}
	if in.Type == "" {
		say("type", "is required")
	}
	if len(in.Data) == 0 {
		say("data", "is required")
	}
	return wrong
}

// isSource reports whether s is a path of at most 128 characters, none of which would have to be escaped.
func isSource(s string) bool {
	odd := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._~/-", c))
	}
	return len(s) > 1 && len(s) <= 128 && s[0] == '/' && !strings.ContainsFunc(s, odd)
}

// named splits the type. A sender may leave the context out: it follows from the fact.
func (in Incoming) named() (events.Context, string, bool) {
	parts := strings.Split(in.Type, ".")
	switch {
	case len(parts) == 1:
		return "", parts[0], true
	case len(parts) == 3 && parts[0] == "kith" && events.Context(parts[1]).Rank() >= 0:
		return events.Context(parts[1]), parts[2], true
	}
	return "", "", false
}

var errTooLarge = fault.New(fault.TooLarge, "fact-too-large", "a fact is at most 64 KiB")
