package events

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"time"
)

// DecodeFact reads the fact called name from its JSON body; members that it does not know are
// left out, because a newer writer may have added them. It fails with ErrUnknownFact where the
// catalogue has no such name, and with a *Problems that lists every faulty field.
func DecodeFact(name string, body []byte) (Fact, error) {
	entry, ok := Lookup(name)
	if !ok {
		return nil, ErrUnknownFact
	}
	f := entry.New()
	err := json.Unmarshal(body, f)
	return finish(entry, f, body, err, false)
}

// DecodeStrict is DecodeFact for a body that must hold nothing else: a member that the fact
// does not have is a problem too.
func DecodeStrict(name string, body []byte) (Fact, error) {
	entry, ok := Lookup(name)
	if !ok {
		return nil, ErrUnknownFact
	}
	f := entry.New()
	err := unmarshalStrict(body, f)
	return finish(entry, f, body, err, true)
}

// finish reads the body again, member by member, where err says that it is at fault.
func finish(entry Entry, f Fact, body []byte, err error, strict bool) (Fact, error) {
	if err != nil {
		f = entry.New()
		d := decoder{strict: strict}
		err = d.read(f, body)
	}
	inUTC(f)
	if err = JoinProblems(err, Validate(f)); err != nil {
		return nil, err
	}
	return f, nil
}

// Clear holds the secrets of a fact as a sender gave them, not yet sealed: raw JSON by the name
// of the field. It is for intake alone, and must not be kept.
type Clear map[string]json.RawMessage

// DecodeClear reads a fact as a sender gives it: people may have external ids, and what is to be
// sealed stands in clear. It is as strict as DecodeStrict about members and their types, but
// leaves everything else to Clear.Validate, which is for after the people are resolved. Secrets
// are returned apart and left out of the fact, so that nothing in clear is appended by mistake.
// With a *Problems, the fact and the secrets are as complete as the body allows, for finding what
// else is wrong; JoinProblems adds it up. Without a fact it fails with ErrUnknownFact.
func DecodeClear(name string, body []byte) (Fact, Clear, error) {
	entry, ok := Lookup(name)
	if !ok {
		return nil, nil, ErrUnknownFact
	}
	f := entry.New()
	if unmarshalStrict(body, f) == nil && !holdsSecret(f) {
		inUTC(f)
		return f, nil, nil
	}
	f = entry.New()
	d := decoder{strict: true, clear: Clear{}}
	err := d.read(f, body)
	inUTC(f)
	return f, d.clear, err
}

func unmarshalStrict(body []byte, f Fact) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func holdsSecret(f Fact) bool {
	v, p := open(f)
	for _, i := range p.secrets {
		if v.FieldByIndex(p.fields[i].index).Len() > 0 {
			return true
		}
	}
	return false
}

// inUTC puts every time of a fact into UTC: an offset would tell where somebody was.
func inUTC(f Fact) {
	v, p := open(f)
	for _, i := range p.times {
		t := v.FieldByIndex(p.fields[i].index).Addr().Interface().(*time.Time)
		*t = t.UTC()
	}
}

// utc returns f, or a copy where one of its times is not in UTC.
func utc(f Fact) Fact {
	v, p := open(f)
	if p == nil || !awayFromUTC(v, p) {
		return f
	}
	copied := reflect.New(v.Type())
	copied.Elem().Set(v)
	f = copied.Interface().(Fact)
	inUTC(f)
	return f
}

func awayFromUTC(v reflect.Value, p *plan) bool {
	for _, i := range p.times {
		if v.FieldByIndex(p.fields[i].index).Addr().Interface().(*time.Time).Location() != time.UTC {
			return true
		}
	}
	return false
}
