package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Header names of the envelope. They are lower case, because NATS headers are case-sensitive.
const (
	headerSpec        = "ce-specversion"
	headerID          = "ce-id"
	headerSource      = "ce-source"
	headerType        = "ce-type"
	headerTime        = "ce-time"
	headerActor       = "ce-actor"
	headerCause       = "ce-causationid"
	headerCauseSeq    = "ce-causationseq"
	headerCauseIndex  = "ce-causationindex"
	headerCorrelation = "ce-correlationid"
	headerTrace       = "traceparent"
	headerMsgID       = "Nats-Msg-Id" // makes the log drop an immediate repetition

	specVersion = "1.0"
	mostHeaders = 12
)

// Errors of Encode and Decode.
var (
	ErrUnknownFact = errors.New("no such fact in the catalogue")
	ErrEnvelope    = errors.New("faulty envelope")
)

// Message is an event on the wire: a NATS subject, headers and a body.
type Message struct {
	Subject string
	Header  map[string][]string
	Body    []byte
}

// Encode writes e as a message. Times are written in UTC. It fails with a *Problems where the
// fact is faulty and with ErrEnvelope where the envelope is.
func Encode(e Event) (Message, error) {
	if err := e.check(); err != nil {
		return Message{}, err
	}
	if err := Validate(e.Fact); err != nil {
		return Message{}, err
	}
	body, err := json.Marshal(utc(e.Fact))
	if err != nil {
		return Message{}, fmt.Errorf("encode %s: %w", e.Type(), err)
	}
	return Message{Subject: SubjectOf(e.Context, e.Subject, e.Fact.FactName()), Header: e.header(), Body: body}, nil
}

func (e Event) header() map[string][]string {
	h := headers{m: make(map[string][]string, mostHeaders), values: make([]string, 0, mostHeaders)}
	h.set(headerSpec, specVersion)
	h.set(headerID, string(e.ID))
	h.set(headerMsgID, string(e.ID))
	h.set(headerSource, e.Source)
	h.set(headerType, e.Type())
	h.set(headerTime, e.Time.UTC().Format(time.RFC3339Nano))
	h.set(headerActor, e.Actor)
	h.set(headerCorrelation, string(e.CorrelationID))
	h.set(headerTrace, e.Traceparent)
	if e.CausationID != "" {
		h.set(headerCause, string(e.CausationID))
		h.set(headerCauseSeq, strconv.FormatUint(e.CausationSeq, 10))
		h.set(headerCauseIndex, strconv.Itoa(e.CausationIndex))
	}
	return h.m
}

// headers fills a header map whose values share one array: one allocation instead of a dozen.
type headers struct {
	m      map[string][]string
	values []string
}

func (h *headers) set(name, value string) {
	if value != "" {
		h.values = append(h.values, escape(value))
		n := len(h.values)
		h.m[name] = h.values[n-1 : n : n]
	}
}

// Decode reads a message. Facts of older types are lifted to today's. It fails with
// ErrUnknownFact, which readers count and skip, with ErrEnvelope, or with a *Problems.
func Decode(m Message) (Event, error) {
	e, err := decodeHeader(m)
	if err != nil {
		return e, err
	}
	var name string
	if e.Context, e.Subject, name, err = ParseSubject(m.Subject); err != nil {
		return e, err
	}
	if first(m.Header, headerType) != "kith."+string(e.Context)+"."+name {
		return e, fmt.Errorf("%w: %s does not agree with the subject", ErrEnvelope, headerType)
	}
	name, body, err := upcast(name, m.Body)
	if err != nil {
		return e, err
	}
	if e.Fact, err = DecodeFact(name, body); err != nil {
		return e, err
	}
	return e, e.check()
}

func decodeHeader(m Message) (Event, error) {
	get := func(name string) string { return unescape(first(m.Header, name)) }
	e := Event{
		ID: FactID(get(headerID)), Source: get(headerSource), Actor: get(headerActor),
		CausationID: FactID(get(headerCause)), CorrelationID: FactID(get(headerCorrelation)), Traceparent: get(headerTrace),
	}
	if v := get(headerSpec); v != specVersion {
		return e, fmt.Errorf("%w: %s is not %s", ErrEnvelope, headerSpec, specVersion)
	}
	at, err := time.Parse(time.RFC3339Nano, get(headerTime))
	if err != nil {
		return e, fmt.Errorf("%w: %s is not RFC 3339", ErrEnvelope, headerTime)
	}
	e.Time = at.UTC()
	if e.CausationID == "" {
		return e, nil
	}
	if e.CausationSeq, err = strconv.ParseUint(get(headerCauseSeq), 10, 64); err != nil {
		return e, fmt.Errorf("%w: %s is no sequence", ErrEnvelope, headerCauseSeq)
	}
	if e.CausationIndex, err = strconv.Atoi(get(headerCauseIndex)); err != nil {
		return e, fmt.Errorf("%w: %s is no index", ErrEnvelope, headerCauseIndex)
	}
	return e, nil
}

func first(h map[string][]string, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// escape follows the CloudEvents NATS binding: space, quote, percent and everything outside
// printable ASCII are percent-encoded.
func escape(s string) string {
	if all(s, bare) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if bare(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
	}
	return b.String()
}

func bare(c byte) bool { return c > ' ' && c <= '~' && c != '"' && c != '%' }

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}
