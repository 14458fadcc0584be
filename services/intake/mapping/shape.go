package mapping

import (
	"reflect"
	"strings"
	"time"

	"kith.internal/events"
)

// form is what a field of a fact holds: it follows from the field's type, so that a mapping need
// not say that a recipient is a person.
type form int

const (
	text form = iota
	number
	truth
	moment
	month
	personal
)

// shape is the form of a field, and whether it is a list of it.
type shape struct {
	form  form
	list  bool
	codes []string // of a closed vocabulary
}

// shapes returns the fields of a fact that a mapping may set, by their JSON path. What is sealed
// is set as sealed.<field>.
func shapes(f events.Fact) map[string]shape {
	out := map[string]shape{}
	collectShapes(reflect.TypeOf(f).Elem(), "", out)
	if _, ok := out["sealed"]; ok {
		delete(out, "sealed")
		collectShapes(details(f), "sealed.", out)
	}
	return out
}

// details is the type that a fact seals.
func details(f events.Fact) reflect.Type {
	switch f.(type) {
	case *events.PersonJoined, *events.PersonChanged:
		return reflect.TypeFor[events.PersonDetails]()
	case *events.ExternalContactAdded:
		return reflect.TypeFor[events.ContactDetails]()
	}
	return reflect.TypeFor[struct {
		Group string `json:"group"`
	}]()
}

func collectShapes(t reflect.Type, prefix string, out map[string]shape) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			collectShapes(f.Type, prefix, out)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if s, ok := shapeOf(f.Type); ok && f.IsExported() {
			out[prefix+name] = s
		}
	}
}

func shapeOf(t reflect.Type) (shape, bool) {
	switch t {
	case reflect.TypeFor[time.Time]():
		return shape{form: moment}, true
	case reflect.TypeFor[events.PersonID]():
		return shape{form: personal}, true
	case reflect.TypeFor[events.Month]():
		return shape{form: month}, true
	case reflect.TypeFor[events.SealedBytes]():
		return shape{form: text}, true
	}
	if word, ok := reflect.Zero(t).Interface().(interface{ Codes() []string }); ok {
		return shape{form: text, codes: word.Codes()}, true
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.String:
		return shape{form: text}, true
	case reflect.Bool:
		return shape{form: truth}, true
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return shape{form: number}, true
	case reflect.Slice:
		s, ok := shapeOf(t.Elem())
		return shape{form: s.form, list: true, codes: s.codes}, ok && !s.list
	}
	return shape{}, false
}
