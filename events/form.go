package events

import (
	"reflect"
	"slices"
	"strings"
)

// form is what a string of the language may look like: one of a closed set of codes, or what a
// pattern says. Validate and the JSON Schemas both follow from it.
type form struct {
	ok      func(string) bool
	reason  string   // what is wrong where it is not ok
	pattern string   // the same as a regular expression, for the schemas
	codes   []string // the closed set, or nil
}

// coded is a closed set of codes.
type coded interface{ Codes() []string }

// Code is a short word from an open vocabulary of the organisation, such as a department: it
// never holds free text.
type Code string

// Month is a month of the calendar, such as 2024-03.
type Month string

var formOfType = map[reflect.Type]*form{
	reflect.TypeFor[PersonID]():  {isPerson, "is no person id", `^[px][a-z2-7]{16}$`, nil},
	reflect.TypeFor[ProgramID](): {isProgram, "is no program id", `^g[a-z2-7]{16}$`, nil},
	reflect.TypeFor[FactID]():    {isFact, "is no fact id", `^[a-z2-7]{26}$`, nil},
	reflect.TypeFor[Code]():      {isCode, "is no code: lower-case letters, digits, - and _, at most 48", `^[a-z0-9][a-z0-9_-]{0,47}$`, nil},
	reflect.TypeFor[Month]():     {isMonth, "is no month such as 2024-03", `^[0-9]{4}-(0[1-9]|1[0-2])$`, nil},
}

// formOfTag has the forms that a field asks for by the tag `form`. A plain string without one
// is a token, so that no field can carry free text.
var formOfTag = map[string]*form{
	"": {isToken, "is no token: letters, digits and . _ : + / = -, at most 128", `^[A-Za-z0-9._:+/=-]{1,128}$`, nil},
	"actor": {isActor, "is neither a person id nor service:<name>, integration:<name> or auditor:<name>",
		`^([px][a-z2-7]{16}|(service|integration|auditor):[a-z0-9][a-z0-9_-]{0,47})$`, nil},
	"fact":      {isName, "is no name of a fact", `^[A-Z][A-Za-z0-9]{0,63}$`, nil},
	"formality": {isFormality, "is neither informal nor a program id", `^(informal|g[a-z2-7]{16})$`, nil},
	"sha256":    {isSHA256, "is no SHA-256 in lower-case hex", `^[0-9a-f]{64}$`, nil},
	"text":      {isText, "is no UTF-8 text", "", nil},
}

func formOf(t reflect.Type, tag string) *form {
	if f, ok := formOfType[t]; ok {
		return f
	}
	if c, ok := reflect.Zero(t).Interface().(coded); ok {
		codes := c.Codes()
		one := func(s string) bool { return slices.Contains(codes, s) }
		return &form{ok: one, reason: "is none of " + strings.Join(codes, ", "), codes: codes}
	}
	return formOfTag[tag]
}
