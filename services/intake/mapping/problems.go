package mapping

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is the JSON Schema that every mapping is checked by.
//
//go:embed schema.json
var Schema []byte

// Problem is one faulty place: of a mapping (Field is its path, Line 0) or of a file's row.
type Problem struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Field  string `json:"field,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// Problems is every faulty place of a mapping at once.
type Problems struct{ All []Problem }

func (p *Problems) Error() string {
	var parts []string
	for _, one := range p.All {
		parts = append(parts, strings.TrimPrefix(one.Field+": "+one.Reason, ": "))
	}
	return "mapping: " + strings.Join(parts, "; ")
}

func (p *Problems) add(field, format string, args ...any) {
	p.All = append(p.All, Problem{Field: field, Reason: fmt.Sprintf(format, args...)})
}

func (p *Problems) orNil() error {
	if len(p.All) == 0 {
		return nil
	}
	return p
}

func problem(field, reason string) error {
	return &Problems{All: []Problem{{Field: field, Reason: reason}}}
}

// conforms checks a mapping against the schema.
func conforms(raw []byte) error {
	schema, err := compileSchema()
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return problem("", err.Error())
	}
	var invalid *jsonschema.ValidationError
	if err := schema.Validate(doc); errors.As(err, &invalid) {
		p := &Problems{}
		collect(invalid, p)
		return p.orNil()
	}
	return nil
}

func compileSchema() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return nil, fmt.Errorf("schema of mappings: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mapping.json", doc); err != nil {
		return nil, fmt.Errorf("schema of mappings: %w", err)
	}
	return c.Compile("mapping.json")
}

// collect keeps the leaves: what encloses them says nothing a reader can act on.
func collect(e *jsonschema.ValidationError, p *Problems) {
	for _, cause := range e.Causes {
		collect(cause, p)
	}
	if len(e.Causes) == 0 {
		p.add(place(e.InstanceLocation), "%s", e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
}

// place writes a location as people write it: files[0].facts[1].when.
func place(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		switch {
		case t != "" && strings.Trim(t, "0123456789") == "":
			fmt.Fprintf(&b, "[%s]", t)
		case b.Len() > 0:
			b.WriteString("." + t)
		default:
			b.WriteString(t)
		}
	}
	return b.String()
}
