package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kith.internal/events"
)

// field is one field of a fact, as it is given by hand.
type field struct {
	name     string
	required bool
	codes    []string // of a closed vocabulary
	kind     reflect.Type
}

// fieldsOf are the fields of a fact that are its own or that people give: not the two people,
// who have flags, and nothing that intake fills in.
func fieldsOf(f events.Fact) (fields []field) {
	for _, one := range reflect.VisibleFields(reflect.TypeOf(f).Elem()) {
		name, options, _ := strings.Cut(one.Tag.Get("json"), ",")
		switch {
		case one.Anonymous, name == "", name == "recipient", name == "supporter", name == "recordedBy", name == "discloses":
			continue
		}
		fields = append(fields, field{name: name, required: !strings.Contains(options, "omit"), codes: codesOf(one.Type), kind: one.Type})
	}
	return fields
}

func codesOf(t reflect.Type) []string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if c, ok := reflect.Zero(t).Interface().(interface{ Codes() []string }); ok {
		return c.Codes()
	}
	return nil
}

// fact makes the fact that the flags describe. It fails as a usage error that names every faulty
// field, before anything is sent.
func (r recording) fact(entry events.Entry, recipient, supporter events.PersonID) (events.Fact, json.RawMessage, error) {
	f := entry.New()
	members := map[string]any{}
	for _, given := range r.fields {
		name, value, ok := strings.Cut(given, "=")
		if !ok {
			return nil, nil, about(entry.Name, "--field %s is not of the form name=value", given)
		}
		v, err := parseField(f, name, value)
		if err != nil {
			return nil, nil, err
		}
		members[name] = v
	}
	if supporter != "" {
		members["supporter"] = supporter
	}
	if events.ActOf(f) != nil {
		members["recipient"], members["recordedBy"] = recipient, r.recorder(f, supporter)
	}
	return decode(entry.Name, members)
}

// recorder is who says that an act happened. An outsider cannot say so here, and who asks or
// thanks is the recipient.
func (r recording) recorder(f events.Fact, supporter events.PersonID) string {
	if r.by != "" {
		return r.by
	}
	switch f.(type) {
	case *events.MentorshipRequested, *events.ThanksGiven:
		return "recipient"
	}
	if supporter.External() {
		return "recipient"
	}
	return "supporter"
}

// parseField reads a value as the field's type wants it.
func parseField(f events.Fact, name, value string) (any, error) {
	for _, known := range fieldsOf(f) {
		if known.name == name {
			v, err := known.parse(value)
			if err != nil {
				return nil, about(f.FactName(), "%s cannot be recorded like this:\n  %s %w", f.FactName(), name, err)
			}
			return sealable(f, known, v), nil
		}
	}
	return nil, about(f.FactName(), "%s has no field %s; it has %s", f.FactName(), name, fieldNames(f))
}

// sealable is a word as its fact seals it.
func sealable(f events.Fact, known field, value any) any {
	group, word := value.(string)
	if _, ok := f.(*events.GroupSelfIdentified); ok && word && known.of() == reflect.TypeFor[events.SealedBytes]() {
		return map[string]string{"group": group}
	}
	return value
}

func (f field) parse(value string) (any, error) {
	if f.kind == reflect.TypeFor[time.Time]() {
		t, err := moment(value, time.Time{}, time.UTC)
		if err != nil {
			return nil, errors.New("is no time such as 2026-03-01 or 2026-03-01T09:00:00Z")
		}
		return t, nil
	}
	if f.kind == reflect.TypeFor[events.SealedBytes]() && strings.HasPrefix(value, "{") && json.Valid([]byte(value)) {
		return json.RawMessage(value), nil
	}
	switch f.kind.Kind() {
	case reflect.Bool:
		if b, err := strconv.ParseBool(value); err == nil {
			return b, nil
		}
		return nil, errors.New("is neither true nor false")
	case reflect.Int, reflect.Int64:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n, nil
		}
		return nil, errors.New("is no whole number")
	case reflect.Slice:
		if f.kind.Elem().Kind() != reflect.Uint8 {
			return strings.Split(value, ","), nil
		}
	}
	return value, nil
}

// intakeKnows reports whether what is wrong with a fact about an act is right for intake: it knows
// an act by its sender's --id as well, and whose act it is.
func intakeKnows(f events.Fact, p events.Problem) bool {
	acts, _ := events.References(f)
	if events.ActOf(f) != nil || len(acts) == 0 || *acts[0] == "" {
		return false
	}
	return p.Field == "supporter" && p.Reason == "is required" || (p.Field == "act" || p.Field == "by") && p.Reason == "is no fact id"
}

// decode checks the members as intake will, and returns them as they are sent: what is to be
// sealed in clear.
func decode(name string, members map[string]any) (events.Fact, json.RawMessage, error) {
	body, err := json.Marshal(members)
	if err != nil {
		return nil, nil, err
	}
	f, clear, err := events.DecodeClear(name, body)
	var problems *events.Problems
	if !errors.As(events.JoinProblems(err, clear.Validate(f)), &problems) {
		return f, body, err
	}
	problems.Fields = slices.DeleteFunc(problems.Fields, func(p events.Problem) bool { return intakeKnows(f, p) })
	if len(problems.Fields) == 0 {
		return f, body, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s cannot be recorded like this:", name)
	for _, p := range problems.Fields {
		fmt.Fprintf(&b, "\n  %s %s%s", p.Field, p.Reason, allowed(name, p))
	}
	return nil, nil, about(name, "%s", b.String())
}

// about is a fact that was given wrongly: its own help says what it takes.
func about(fact, format string, args ...any) error {
	return &usageError{text: fmt.Errorf(format, args...).Error(), topic: "kith record " + fact}
}

// allowed names the codes of a field that is missing.
func allowed(name string, p events.Problem) string {
	entry, _ := events.Lookup(name)
	for _, f := range fieldsOf(entry.New()) {
		if f.name == p.Field && p.Reason == "is required" && len(f.codes) > 0 {
			return ": one of " + strings.Join(f.codes, ", ")
		}
	}
	if p.Field == "supporter" && p.Reason == "is required" {
		return ": give --supporter"
	}
	return ""
}

func fieldNames(f events.Fact) string {
	var all []string
	for _, one := range fieldsOf(f) {
		all = append(all, one.name)
	}
	return strings.Join(all, ", ")
}

// catalogue lists the facts that are recorded by hand; what an act may always say comes once.
func catalogue() string {
	var b strings.Builder
	b.WriteString("Facts and the fields that they need; kith record FACT --help shows all of them:\n")
	for _, e := range byHand() {
		f := e.New()
		var needs []string
		for _, one := range fieldsOf(f) {
			if one.required {
				needs = append(needs, one.name)
			}
		}
		b.WriteString("\n  " + strings.TrimSpace(fmt.Sprintf("%-32s %s", e.Name, strings.Join(needs, ", "))))
	}
	return b.String()
}

// helpOfFact shows the fields of a fact where the command line names one.
func helpOfFact(usual func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(c *cobra.Command, args []string) {
		for _, arg := range args {
			if e, err := recordable(arg); err == nil {
				c.Println(describe(e))
				return
			}
		}
		usual(c, args)
	}
}

func describe(e events.Entry) string {
	f := e.New()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n  kith record %s\n", meaning(e), useOf(e))
	fields := fieldsOf(f)
	if len(fields) > 0 {
		b.WriteString("\nFields, given with --field name=value:\n")
	}
	for _, one := range fields {
		fmt.Fprintf(&b, "\n  %-14s %s", one.name, one.describe())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// meaning is what the published language says of a fact.
func meaning(e events.Entry) string {
	var schema struct{ Description string }
	text, _ := events.Schema(e.Name)
	if err := json.Unmarshal(text, &schema); err != nil || schema.Description == "" {
		return e.Name
	}
	return schema.Description
}

// useOf is how a fact is recorded, with all that it needs.
func useOf(e events.Entry) string {
	said := e.Name + " --recipient PERSON"
	if _, ok := reflect.TypeOf(e.New()).Elem().FieldByName("Supporter"); ok {
		said += " --supporter PERSON"
	}
	for _, one := range fieldsOf(e.New()) {
		if one.required {
			said += " --field " + one.name + "=…"
		}
	}
	return said
}

func (f field) describe() string {
	var parts []string
	if f.required {
		parts = append(parts, "required")
	}
	switch {
	case len(f.codes) > 0:
		parts = append(parts, strings.Join(f.codes, " | "))
	case f.kind == reflect.TypeFor[time.Time]():
		parts = append(parts, "a time")
	case f.of() == reflect.TypeFor[events.FactID]():
		parts = append(parts, "the id of a fact, as kith record and kith explain -o json tell it")
	case f.of() == reflect.TypeFor[events.PersonID]():
		parts = append(parts, "the pseudonym of a person, as kith people -o json tells it")
	case f.of() == reflect.TypeFor[events.SealedBytes]():
		parts = append(parts, "sealed with the person's own key: a word, or an object in JSON")
	case f.kind.Kind() == reflect.Bool:
		parts = append(parts, "true | false")
	case f.kind.Kind() == reflect.Int || f.kind.Kind() == reflect.Int64:
		parts = append(parts, "a number")
	default:
		parts = append(parts, "a word")
	}
	if f.kind.Kind() == reflect.Slice && f.kind.Elem().Kind() != reflect.Uint8 {
		parts = append(parts, "several with commas")
	}
	return strings.Join(parts, "; ")
}

// of is the type of a field, or of the items of a list.
func (f field) of() reflect.Type {
	if f.kind.Kind() == reflect.Slice && f.kind != reflect.TypeFor[events.SealedBytes]() {
		return f.kind.Elem()
	}
	return f.kind
}
