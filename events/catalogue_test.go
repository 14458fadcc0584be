package events

import (
	"fmt"
	"go/ast"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Wire names, contexts and subjects are pinned: a rename shows up as a change of this file.
func TestCatalogueIsPinned(t *testing.T) {
	var b strings.Builder
	for _, e := range Catalogue() {
		fmt.Fprintln(&b, e.Name, e.Contexts, e.Subjects)
	}
	compare(t, filepath.Join("testdata", "catalogue.txt"), []byte(b.String()))
}

// Every type of the source that has a FactName is in the catalogue, under that name and once.
func TestCatalogueIsComplete(t *testing.T) {
	inSource := map[string]bool{}
	for _, file := range parseSource(t) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "FactName" && f.Recv != nil {
				inSource[f.Recv.List[0].Type.(*ast.Ident).Name] = true
			}
		}
	}
	seen := map[string]bool{}
	for _, e := range Catalogue() {
		f := e.New()
		typ := reflect.TypeOf(f).Elem().Name()
		if f.FactName() != e.Name || seen[e.Name] || !inSource[typ] || len(e.Contexts) == 0 {
			t.Errorf("entry %s is of type %s with wire name %s", e.Name, typ, f.FactName())
		}
		seen[e.Name] = true
		delete(inSource, typ)
	}
	for typ := range inSource {
		t.Errorf("%s has a FactName but is not in the catalogue", typ)
	}
}

// S2.07 S2.24 No member of a fact can hold free text, but for a ruleset's own.
func TestNoFreeText(t *testing.T) {
	for _, e := range Catalogue() {
		typ := reflect.TypeOf(e.New()).Elem()
		for _, f := range planOf(typ).fields {
			if f.value.kind == text && f.value.form == formOfTag["text"] && e.Name+"."+f.name != "RulesetActivated.text" {
				t.Errorf("%s.%s is free text", e.Name, f.name)
			}
		}
	}
}

// Every member has a name, and a shape that the language knows.
func TestEveryMemberHasAForm(t *testing.T) {
	for _, e := range Catalogue() {
		for _, f := range planOf(reflect.TypeOf(e.New()).Elem()).fields {
			if f.name == "" || f.value.kind == text && f.value.form == nil {
				t.Errorf("%s.%s has no form", e.Name, f.name)
			}
		}
	}
}
