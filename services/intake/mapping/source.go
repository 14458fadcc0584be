package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
)

// source is a Value, compiled for the field it fills.
type source struct {
	shape    shape
	column   string
	program  cel.Program
	constant any
	table    map[string]any
	fallback any
	split    string
	slug     bool
	scheme   string
	layouts  []string
	zone     *time.Location
}

// optional compiles v where there is one.
func (c *compiler) optional(at string, v *Value, f form) *source {
	if v == nil {
		return nil
	}
	return c.source(at, v, shape{form: f})
}

func (c *compiler) source(at string, v *Value, s shape) *source {
	out := &source{
		shape: s, column: v.Column, constant: v.Const, table: v.Map, fallback: v.Default, split: v.Split, slug: v.Slug,
		scheme: firstOf(v.Scheme, c.m.People.Scheme), layouts: layouts(v.Layout, c.m.Times.Layout), zone: time.UTC,
	}
	if out.split == "" {
		out.split = ";"
	}
	if v.CEL != "" {
		out.program, _ = c.expression(at, v.CEL)
	}
	if v.Column != "" {
		c.column(at, v.Column)
	}
	c.layouts(at+".layout", v.Layout)
	c.codes(at, v, s)
	zone, err := time.LoadLocation(firstOf(v.Zone, c.m.Times.Zone))
	switch {
	case err == nil:
		out.zone = zone
	case v.Zone != "": // the mapping's own is said once
		c.add(at+".zone", "is no time zone")
	}
	return out
}

// codes refuses words that the field's vocabulary does not have, before every row is refused.
func (c *compiler) codes(at string, v *Value, s shape) {
	for _, word := range append(slices.Collect(maps.Values(v.Map)), v.Const, v.Default) {
		list, ok := word.([]any)
		if !ok {
			list = []any{word}
		}
		for _, one := range list {
			if len(s.codes) > 0 && !isNothing(one) && !slices.Contains(s.codes, fmt.Sprint(one)) {
				c.add(at, "gives a word that is none of %s", strings.Join(s.codes, ", "))
				return
			}
		}
	}
}

// column refuses columns where there is no row: in what is derived of a person.
func (c *compiler) column(at, name string) {
	c.known(at, name)
	if c.ofPerson {
		c.add(at, "takes a column, but is made of a person: use cel")
	}
}

// errNothing says that a source gave nothing, so that the field is left out.
var errNothing = errors.New("nothing")

// errFails stands for whatever CEL says of a row: it repeats the value, which might name somebody.
var errFails = errors.New("cannot be worked out: the mapping's expression fails for this row")

// get returns what goes into the fact's JSON, or errNothing.
func (s *source) get(in scope, run Run) (any, error) {
	v, err := s.raw(in)
	if err != nil {
		return nil, err
	}
	if v, err = s.lookUp(v); err != nil {
		return nil, err
	}
	if isNothing(v) {
		v = s.fallback
	}
	if isNothing(v) {
		return nil, errNothing
	}
	if s.shape.list {
		return s.items(v, run)
	}
	return s.item(v, run)
}

func (s *source) raw(in scope) (any, error) {
	switch {
	case s.column != "":
		return strings.TrimSpace(in.cell(s.column)), nil
	case s.program != nil:
		out, _, err := s.program.Eval(in)
		if err != nil {
			return nil, errFails
		}
		return plain(out)
	}
	return s.constant, nil
}

func (s *source) lookUp(v any) (any, error) {
	if s.table == nil || isNothing(v) {
		return v, nil
	}
	found, ok := s.table[fmt.Sprint(v)]
	if !ok && s.fallback == nil {
		return nil, errors.New("is none of the values that the mapping's table knows")
	}
	return found, nil
}

func (s *source) items(v any, run Run) (any, error) {
	list, ok := v.([]any)
	if !ok {
		list = nil
		for part := range strings.SplitSeq(fmt.Sprint(v), s.split) {
			list = append(list, strings.TrimSpace(part))
		}
	}
	out := make([]any, 0, len(list))
	for _, one := range list {
		if isNothing(one) {
			continue
		}
		item, err := s.item(one, run)
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

func isNothing(v any) bool { return v == nil || v == "" }

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// number reads JSON's and CEL's ways of writing a whole number.
func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), n == float64(int64(n))
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}
