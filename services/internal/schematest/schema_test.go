package schematest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kith.internal/events"
)

// Every golden fact is valid by its own schema, which is itself a valid schema of its dialect.
func TestGoldenFactsAreValid(t *testing.T) {
	for _, entry := range events.Catalogue() {
		schema := compile(t, entry.Name)
		if schema.DraftVersion != 2020 {
			t.Errorf("%s is of draft %d", entry.Name, schema.DraftVersion)
		}
		if err := schema.Validate(golden(t, entry.Name)); err != nil {
			t.Errorf("%s: %v", entry.Name, err)
		}
	}
}

// A required member that is missing, a value of another type, an unknown code or a malformed id
// is refused by the schema as by the Go code; a newer member is let through by both.
func TestSchemasAgreeWithValidate(t *testing.T) {
	for _, entry := range events.Catalogue() {
		schema := compile(t, entry.Name)
		for _, member := range slices.Sorted(maps.Keys(golden(t, entry.Name))) {
			for what, value := range map[string]any{"an object": map[string]any{"a": 1.0}, "a word": "no such code!", "a negative number": -1.0, "a newer member": nil} {
				fact := golden(t, entry.Name)
				if fact[member] = value; value == nil {
					fact[member] = golden(t, entry.Name)[member]
					fact["aNewerMember"] = 1.0
				}
				if entry.Name == "RulesetActivated" && member == "text" && what == "a word" {
					continue // it is a text like any other, but not that of the hash
				}
				bySchema, byCode := schema.Validate(fact), decode(t, entry.Name, fact)
				if (bySchema == nil) != (byCode == nil) {
					t.Errorf("%s.%s with %s: the schema says %v, the code %v", entry.Name, member, what, bySchema, byCode)
				}
			}
		}
	}
}

func TestSchemasMissWhatIsRequired(t *testing.T) {
	for _, entry := range events.Catalogue() {
		schema := compile(t, entry.Name)
		for _, member := range schema.Required {
			fact := golden(t, entry.Name)
			if delete(fact, member); schema.Validate(fact) == nil {
				t.Errorf("%s without %s is valid", entry.Name, member)
			}
		}
	}
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, ok := events.Schema(name)
	if !ok {
		t.Fatalf("%s has no schema", name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name+".json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func golden(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "events", "testdata", "golden", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var fact map[string]any
	if err := json.Unmarshal(text, &fact); err != nil {
		t.Fatal(err)
	}
	return fact
}

func decode(t *testing.T, name string, fact map[string]any) error {
	t.Helper()
	body, err := json.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	_, err = events.DecodeFact(name, body)
	return err
}
