package mapping

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Schema is the JSON Schema that every mapping is checked by.
//
//go:embed schema.json
var Schema []byte

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
	causes := e.Causes
	if _, choice := e.ErrorKind.(*kind.OneOf); choice {
		if keys := lacking(causes); len(keys) > 1 {
			p.add(place(e.InstanceLocation), "has none of the keys %s", strings.Join(keys, ", "))
			return
		}
		causes = meant(e)
	}
	for _, cause := range causes {
		collect(cause, p)
	}
	if len(causes) == 0 {
		p.add(place(e.InstanceLocation), "%s", wording(e.ErrorKind))
	}
}

// meant leaves out the alternatives that want a list or a word where something else stands, as
// long as there are others: who wrote an object meant the one that is an object.
func meant(choice *jsonschema.ValidationError) []*jsonschema.ValidationError {
	others := slices.DeleteFunc(slices.Clone(choice.Causes), func(e *jsonschema.ValidationError) bool {
		for len(e.Causes) == 1 {
			e = e.Causes[0]
		}
		_, other := e.ErrorKind.(*kind.Type)
		return other && slices.Equal(e.InstanceLocation, choice.InstanceLocation)
	})
	if len(others) == 0 {
		return choice.Causes
	}
	return others
}

// lacking are the keys of which one is needed, where every alternative lacks but its key.
func lacking(alternatives []*jsonschema.ValidationError) (keys []string) {
	for _, e := range alternatives {
		lacks, ok := e.ErrorKind.(*kind.Required)
		if !ok {
			return nil
		}
		keys = append(keys, lacks.Missing...)
	}
	return keys
}

// wording says what is wrong to somebody who has never read a JSON Schema.
func wording(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.AdditionalProperties:
		return "has no such key: " + strings.Join(k.Properties, ", ")
	case *kind.Required:
		return "lacks the key " + strings.Join(k.Missing, ", ")
	case *kind.Type:
		return fmt.Sprintf("is %s, and has to be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Const:
		return fmt.Sprintf("is not %v", k.Want)
	case *kind.OneOf:
		return "takes only one of the keys column, cel and value"
	}
	return k.LocalizedString(message.NewPrinter(language.English))
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
