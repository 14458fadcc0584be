package events

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The committed schemas are those that the Go types give; -update writes them.
func TestSchemas(t *testing.T) {
	docs := readDocs(t)
	for _, entry := range Catalogue() {
		want := schemaOf(t, entry, docs)
		compare(t, filepath.Join("schemas", entry.Name+".json"), want)
		if got, ok := Schema(entry.Name); !*update && (!ok || !bytes.Equal(got, want)) {
			t.Errorf("Schema(%q) is not what is committed", entry.Name)
		}
	}
	onlyFilesOf(t, "schemas")
	if _, ok := Schema("Nothing"); ok {
		t.Error("there is a schema of no fact")
	}
}

// schema is a JSON Schema, with its keywords in the order in which people read them.
type schema struct {
	Dialect     string   `json:"$schema,omitempty"`
	ID          string   `json:"$id,omitempty"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type"`
	Enum        []string `json:"enum,omitempty"`
	Pattern     string   `json:"pattern,omitempty"`
	Format      string   `json:"format,omitempty"`
	Encoding    string   `json:"contentEncoding,omitempty"`
	Minimum     *int64   `json:"minimum,omitempty"`
	Maximum     *int64   `json:"maximum,omitempty"`
	MinItems    int      `json:"minItems,omitempty"`
	MinLength   int      `json:"minLength,omitempty"`
	Items       *schema  `json:"items,omitempty"`
	Properties  members  `json:"properties,omitempty"`
	Required    []string `json:"required,omitempty"`
	Additional  bool     `json:"additionalProperties,omitempty"`
}

// members keeps the order of the struct's fields, which a map would lose.
type members []struct {
	name  string
	value *schema
}

func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, member := range m {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		value, err := json.Marshal(member.value)
		if err != nil {
			return nil, err
		}
		b.WriteString(`"` + member.name + `":` + string(value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func schemaOf(t *testing.T, entry Entry, docs docs) []byte {
	typ := reflect.TypeOf(entry.New()).Elem()
	s := docs.object(typ, planOf(typ))
	s.Dialect = "https://json-schema.org/draft/2020-12/schema"
	s.ID = "https://kith.internal/events/schemas/" + entry.Name + ".json"
	s.Title, s.Description = entry.Name, docs[typ.Name()]
	if s.Description == "" {
		t.Errorf("%s has no comment", entry.Name)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (d docs) object(t reflect.Type, p *plan) *schema {
	s := &schema{Type: "object", Additional: true}
	for _, f := range p.fields {
		field := t.FieldByIndex(f.index)
		value := d.value(field.Type, &f.value)
		value.Description = d.of(t, f, field)
		s.Properties = append(s.Properties, struct {
			name  string
			value *schema
		}{f.name, value})
		if f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return s
}

func (d docs) value(t reflect.Type, s *shape) *schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch s.kind {
	case number:
		return numberSchema(t, s)
	case yesNo:
		return &schema{Type: "boolean"}
	case moment:
		return &schema{Type: "string", Format: "date-time"}
	case secret:
		return &schema{Type: "string", Encoding: "base64", Pattern: "^[A-Za-z0-9+/]+={0,2}$"}
	case object:
		return d.object(t, s.plan)
	case list:
		return &schema{Type: "array", MinItems: 1, Items: d.value(t.Elem(), s.elem)}
	}
	text := &schema{Type: "string", Enum: s.form.codes, Pattern: s.form.pattern}
	if s.form.codes == nil && s.form.pattern == "" {
		text.MinLength = 1
	}
	return text
}

func numberSchema(t reflect.Type, s *shape) *schema {
	n := &schema{Type: "integer"}
	if low := s.min; low != math.MinInt64 {
		n.Minimum = &low
	}
	if high := s.max; high != math.MaxInt64 {
		n.Maximum = &high
	}
	return n
}

// docs are the comments of the source: of a type by its name, of a field by Type.Field.
type docs map[string]string

// of describes a field by its own comment, or else by what its type is.
func (d docs) of(t reflect.Type, f field, field reflect.StructField) string {
	owner := t
	for _, i := range f.index[:len(f.index)-1] {
		owner = owner.Field(i).Type
	}
	if own := d[owner.Name()+"."+field.Name]; own != "" {
		return own
	}
	named := field.Type
	for named.Kind() == reflect.Slice || named.Kind() == reflect.Pointer {
		named = named.Elem()
	}
	if f.value.kind == secret || named.PkgPath() != t.PkgPath() {
		return ""
	}
	return d[named.Name()]
}

func readDocs(t *testing.T) docs {
	t.Helper()
	d := docs{}
	for _, file := range parseSource(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GenDecl); ok && g.Tok == token.TYPE {
				d.add(g)
			}
			return true
		})
	}
	return d
}

func (d docs) add(g *ast.GenDecl) {
	spec := g.Specs[0].(*ast.TypeSpec)
	d[spec.Name.Name] = sentence(g.Doc.Text())
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		d[spec.Name.Name] = sentence(strings.TrimPrefix(g.Doc.Text(), spec.Name.Name+" is "))
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			d[spec.Name.Name+"."+name.Name] = sentence(f.Comment.Text())
		}
	}
}

// sentence makes one line of a comment, with a capital and a full stop.
func sentence(comment string) string {
	s := strings.Join(strings.Fields(comment), " ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

func parseSource(t *testing.T) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
