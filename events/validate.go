package events

import (
	"fmt"
	"math"
	"reflect"
	"time"
)

// checker is a fact, or a part of one, with rules that span fields. The checker of a fact that
// embeds an Act checks the Act too.
type checker interface{ check(r *report) }

// Validate reports every faulty field of f at once, as a *Problems, or nil. What is required,
// which codes there are and what a pseudonym looks like follow from the field's type and tag.
func Validate(f Fact) error { return Clear(nil).Validate(f) }

// Validate is the function of the same name, except that a secret which c holds in clear
// counts as given: so a fact can be refused before a key is made for it.
func (c Clear) Validate(f Fact) error {
	v := reflect.ValueOf(f)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return &Problems{Fields: []Problem{{Reason: "is no fact"}}}
	}
	if v.Kind() != reflect.Pointer {
		ptr := reflect.New(v.Type())
		ptr.Elem().Set(v)
		v = ptr
	}
	r := &report{known: c}
	r.object(v.Elem(), planOf(v.Elem().Type()))
	return r.err()
}

func (r *report) object(v reflect.Value, p *plan) {
	for i := range p.fields {
		f := &p.fields[i]
		r.member(f, v.FieldByIndex(f.index))
	}
	if c, ok := v.Addr().Interface().(checker); ok {
		c.check(r)
	}
}

func (r *report) member(f *field, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	} else if !f.required && v.IsZero() {
		return
	}
	if f.value.kind == list || f.value.kind == object {
		r.enter(step{name: f.name})
		r.inner(&f.value, v)
		r.leave()
		return
	}
	if f.value.kind == secret && r.known[f.name] != nil {
		return
	}
	if reason := f.value.fault(v); reason != "" {
		r.add(f.name, reason)
	}
}

func (r *report) inner(s *shape, v reflect.Value) {
	switch {
	case s.kind == object:
		r.object(v, s.plan)
	case s.kind == list && v.Len() == 0:
		r.add("", "is required")
	case s.kind == list:
		for i := range v.Len() {
			r.enter(step{index: i})
			r.inner(s.elem, v.Index(i))
			r.leave()
		}
	default:
		if reason := s.fault(v); reason != "" {
			r.add("", reason)
		}
	}
}

// fault says what is wrong with a value that has no parts, or "".
func (s *shape) fault(v reflect.Value) string {
	switch s.kind {
	case text:
		return s.faultyText(v.String())
	case number:
		return s.faultyNumber(v)
	case moment:
		return faultyTime(*v.Addr().Interface().(*time.Time))
	case secret:
		if v.Len() == 0 {
			return "is required"
		}
	}
	return ""
}

func (s *shape) faultyText(value string) string {
	if value == "" {
		return "is required"
	}
	if s.form.ok(value) {
		return ""
	}
	return s.form.reason
}

func (s *shape) faultyNumber(v reflect.Value) string {
	if v.CanUint() || v.Int() >= s.min && v.Int() <= s.max {
		return ""
	}
	switch {
	case s.min == 0 && v.Int() < 0:
		return "is negative"
	case s.max == math.MaxInt64:
		return fmt.Sprintf("is not %d or more", s.min)
	}
	return fmt.Sprintf("is not between %d and %d", s.min, s.max)
}

// faultyTime refuses years that RFC 3339 cannot write.
func faultyTime(t time.Time) string {
	if t.IsZero() {
		return "is required"
	}
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return "is outside the years 1 to 9999"
	}
	return ""
}
