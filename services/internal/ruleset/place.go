package ruleset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lines "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// read reads a ruleset as it is written. It fails with the name of what cannot be read.
func read(source string) (t text, err error) {
	if err = yaml.UnmarshalStrict([]byte(source), &t); err == nil {
		return t, nil
	}
	var doc any
	if yaml.Unmarshal([]byte(source), &doc) != nil {
		return t, err // it is no YAML: err says in which line
	}
	path, why := narrow(doc, func(part any) any { return part }, err)
	return t, fmt.Errorf("%s: %w", strings.TrimPrefix(path, "."), why)
}

// decode reads what is JSON already, and says in plain words what is wrong with it.
func decode(body []byte) error {
	err := yaml.UnmarshalStrict(body, &text{}) // takes a number for a word
	if err == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	plain := d.Decode(&text{})
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(plain, &mistyped):
		return fmt.Errorf("takes no %s", mistyped.Value)
	case plain != nil && strings.HasPrefix(plain.Error(), "json: unknown field"): // it has no type of its own
		return errors.New("is no field of a ruleset")
	case plain != nil:
		return plain
	}
	return err
}

// narrow finds the smallest part of what cannot be read that cannot be read by itself either; around puts a part
// where it stood.
func narrow(part any, around func(any) any, why error) (path string, _ error) {
	try := func(name string, v any, around func(any) any) bool {
		body, err := json.Marshal(around(v))
		if err == nil {
			err = decode(body)
		}
		if err != nil {
			path, why = narrow(v, around, err)
			path = name + path
		}
		return err != nil
	}
	switch part := part.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if try("."+name, part[name], func(v any) any { return around(map[string]any{name: v}) }) {
				break
			}
		}
	case []any:
		for i, v := range part {
			if try(fmt.Sprintf("[%d]", i), v, func(v any) any { return around([]any{v}) }) {
				break
			}
		}
	}
	return path, why
}

var named = regexp.MustCompile(`^[\w.\[\]-]+$`)

// placed says in which line it stands what an error names at its beginning.
func placed(source string, err error) error {
	path, _, _ := strings.Cut(err.Error(), ": ")
	var doc lines.Node
	if !named.MatchString(path) || lines.Unmarshal([]byte(source), &doc) != nil || len(doc.Content) == 0 {
		return err
	}
	if line := lineOf(doc.Content[0], strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) })); line > 0 {
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}

// lineOf is the line of what stands at a path or, where nothing does, of what is nearest above; 0 where that is all.
func lineOf(at *lines.Node, path []string) (line int) {
	for _, name := range path {
		next, begins := below(at, name)
		if next == nil {
			break
		}
		at, line = next, begins
	}
	return line
}

// below is what stands under a name, or at a place of a list, and in which line it begins.
func below(n *lines.Node, name string) (*lines.Node, int) {
	if n.Kind == lines.AliasNode {
		n = n.Alias
	}
	if i, err := strconv.Atoi(name); err == nil && n.Kind == lines.SequenceNode && i < len(n.Content) {
		return n.Content[i], n.Content[i].Line
	}
	for i := 0; n.Kind == lines.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1], n.Content[i].Line
		}
	}
	return nil, 0
}
