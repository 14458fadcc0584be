package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decoder reads a faulty body member by member. encoding/json, which is faster, stops at the
// first fault; whoever sent the body wants to hear of all of them.
type decoder struct {
	report
	strict bool  // unknown members are faults
	clear  Clear // where not nil, secrets go here as they are
}

func (d *decoder) read(f Fact, body []byte) error {
	v, p := open(f)
	if !json.Valid(body) {
		d.add("", notJSON(body))
		return d.err()
	}
	d.object(v, p, body)
	return d.err()
}

func notJSON(body []byte) string {
	var any json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, &any); errors.As(err, &syntax) {
		return fmt.Sprintf("is no JSON, at byte %d", syntax.Offset)
	}
	return "is no JSON"
}

func (d *decoder) object(v reflect.Value, p *plan, raw []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		d.add("", "is "+kindOfJSON(raw)+", not an object")
		return
	}
	for i := range p.fields {
		f := &p.fields[i]
		for _, name := range namesLike(members, f.name) {
			d.member(f, v.FieldByIndex(f.index), members[name])
			delete(members, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if d.strict {
			d.add(printable(name), "is no field of this fact")
		}
	}
}

// namesLike finds a member as encoding/json does, which does not tell capitals apart.
func namesLike(members map[string]json.RawMessage, name string) []string {
	var like []string
	for member := range members {
		if strings.EqualFold(member, name) {
			like = append(like, member)
		}
	}
	slices.Sort(like)
	return like
}

func (d *decoder) member(f *field, v reflect.Value, raw json.RawMessage) {
	if f.value.kind == secret && d.clear != nil {
		if string(raw) != "null" {
			d.clear[f.name] = raw
		}
		return
	}
	d.enter(step{name: f.name})
	d.value(&f.value, v, raw)
	d.leave()
}

func (d *decoder) value(s *shape, v reflect.Value, raw json.RawMessage) {
	switch {
	case string(raw) == "null":
	case s.kind == object:
		d.object(v, s.plan, raw)
	case s.kind == list:
		d.list(s, v, raw)
	case json.Unmarshal(raw, v.Addr().Interface()) != nil:
		d.add("", s.wrongType(raw))
	}
}

func (d *decoder) list(s *shape, v reflect.Value, raw json.RawMessage) {
	var elems []json.RawMessage
	if json.Unmarshal(raw, &elems) != nil {
		d.add("", "is "+kindOfJSON(raw)+", not a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(elems), len(elems)))
	for i, elem := range elems {
		d.enter(step{index: i})
		d.value(s.elem, v.Index(i), elem)
		d.leave()
	}
}

// wrongType says what is wrong with a value that encoding/json refused. Text that is given for
// a time, a number or a secret is of the right JSON type at best.
func (s *shape) wrongType(raw json.RawMessage) string {
	is := kindOfJSON(raw)
	switch {
	case s.kind == moment && is == "a string":
		return "is no time in RFC 3339, such as 2026-03-01T09:00:00Z"
	case s.kind == secret && is == "a string":
		return "is no base64"
	case s.kind == number && is == "a number":
		return "is no whole number, or too large"
	}
	return "is " + is + ", not " + s.kindInJSON()
}

func (s *shape) kindInJSON() string {
	switch s.kind {
	case number:
		return "a number"
	case yesNo:
		return "true or false"
	case list:
		return "a list"
	case object:
		return "an object"
	}
	return "a string"
}

func kindOfJSON(raw []byte) string {
	switch strings.TrimLeft(string(raw), " \t\r\n")[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// printable keeps what a sender called a member fit for a log line: short, and plain ASCII.
func printable(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
	return plain[:min(len(plain), 64)]
}
