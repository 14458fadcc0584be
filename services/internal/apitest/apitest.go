// Package apitest holds what a service answers against its openapi.yaml.
package apitest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"
)

// API is what a service is said to answer.
type API struct {
	text    []byte
	schemas *jsonschema.Compiler
}

// resource is the name of the document for its schemas.
const resource = "openapi.json"

// Read reads openapi.yaml in the folder of the test.
func Read(t testing.TB) *API {
	t.Helper()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	a := &API{schemas: jsonschema.NewCompiler()}
	if a.text, err = yaml.YAMLToJSON(text); err != nil {
		t.Fatal(err)
	}
	a.schemas.AssertFormat()
	if err := a.schemas.AddResource(resource, parsed(t, string(a.text))); err != nil {
		t.Fatal(err)
	}
	return a
}

// Decode fills v with what the document says.
func (a *API) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.text, v); err != nil {
		t.Fatal(err)
	}
}

// Check fails the test where a line of an answer is not as a schema of the document describes it: one by its
// place in the document, such as #/paths/…, or a component by its name.
func (a *API) Check(t testing.TB, schema, answer string) {
	t.Helper()
	if !strings.HasPrefix(schema, "#") {
		schema = "#/components/schemas/" + schema
	}
	compiled, err := a.schemas.Compile(resource + schema)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(answer) {
		if err := compiled.Validate(parsed(t, line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func parsed(t testing.TB, text string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
