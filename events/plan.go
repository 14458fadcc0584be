package events

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// plan is what Validate, the decoder and the schemas know of a struct type: worked out once a
// type from its fields' types and tags.
type plan struct {
	fields  []field
	people  []int // indexes into fields
	secrets []int
	times   []int
}

// field is one member of a fact's JSON body; an embedded struct's members are the fact's own.
type field struct {
	name     string // in JSON
	index    []int  // for reflect.Value.FieldByIndex
	required bool   // always written: its tag has neither omitempty nor omitzero
	value    shape
}

// shape is what a value may be.
type shape struct {
	kind     kind
	form     *form // of a text
	min, max int64 // of a number
	elem     *shape
	plan     *plan // of an object
}

type kind int

const (
	text kind = iota
	number
	yesNo
	moment
	secret
	list
	object
)

var plans sync.Map // reflect.Type → *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(t, newPlan(t))
	return p.(*plan)
}

func newPlan(t reflect.Type) *plan {
	p := &plan{}
	for _, f := range reflect.VisibleFields(t) {
		if name, rest, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && !f.Anonymous {
			p.add(field{name: name, index: f.Index, required: !strings.Contains(rest, "omit"), value: shapeOf(f.Type, f.Tag)}, f.Type)
		}
	}
	return p
}

func (p *plan) add(f field, t reflect.Type) {
	at := len(p.fields)
	p.fields = append(p.fields, f)
	switch {
	case t == reflect.TypeFor[PersonID]():
		p.people = append(p.people, at)
	case f.value.kind == secret:
		p.secrets = append(p.secrets, at)
	case f.value.kind == moment:
		p.times = append(p.times, at)
	}
}

func shapeOf(t reflect.Type, tag reflect.StructTag) shape {
	if t == reflect.TypeFor[time.Time]() {
		return shape{kind: moment}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem(), tag)
	case reflect.String:
		return shape{kind: text, form: formOf(t, tag.Get("form"))}
	case reflect.Bool:
		return shape{kind: yesNo}
	case reflect.Struct:
		return shape{kind: object, plan: planOf(t)}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return shape{kind: secret}
		}
		elem := shapeOf(t.Elem(), tag)
		return shape{kind: list, elem: &elem}
	}
	return shape{kind: number, min: bound(tag, "min", 0), max: bound(tag, "max", math.MaxInt64)}
}

// bound reads the tags min and max. Numbers are counts and amounts: without a tag they are not
// negative, and with min "any" they may be.
func bound(tag reflect.StructTag, name string, otherwise int64) int64 {
	if tag.Get(name) == "any" {
		return math.MinInt64
	}
	n, err := strconv.ParseInt(tag.Get(name), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
