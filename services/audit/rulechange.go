package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"kith.internal/events"
)

// RuleChange is one place at which two rulesets differ.
type RuleChange struct {
	Path   string `json:"path"`             // such as gaps.roles.advocate.target
	Before string `json:"before,omitempty"` // in JSON; empty where it does not stand there
	After  string `json:"after,omitempty"`
}

// ruleChanges are all places at which two rulesets differ, but for the version.
func ruleChanges(before, after string) ([]RuleChange, error) {
	was, err1 := leaves(before)
	is, err2 := leaves(after)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	changes := []RuleChange{}
	for path := range union(was, is) {
		if path != "version" && was[path] != is[path] {
			changes = append(changes, RuleChange{path, was[path], is[path]})
		}
	}
	slices.SortFunc(changes, func(a, b RuleChange) int { return cmp.Compare(a.Path, b.Path) })
	return changes, nil
}

// leaves are the values of a ruleset by their path.
func leaves(text string) (map[string]string, error) {
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	all := map[string]string{}
	return all, flatten(doc, "", all)
}

func flatten(v any, path string, into map[string]string) error {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			if err := flatten(one, strings.TrimPrefix(path+"."+name, "."), into); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for i, one := range v {
			if err := flatten(one, fmt.Sprintf("%s[%d]", path, i), into); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := json.Marshal(v)
	into[path] = string(text)
	return err
}

// concern is what a rule decides about: a role, a kind of gap, or all of them.
type concern struct {
	everyRole, everyGap bool
	role                events.RoleName // that is recognized by it
	target              events.RoleName // of which there should be enough by it
	gap                 events.GapKind
}

// sections are the sections of "gaps" in a ruleset that are about one kind.
var sections = map[string]events.GapKind{
	"isolation": events.Isolation, "newHireChecks": events.Isolation, "declaredNotEnacted": events.DeclaredNotEnacted, "pairGrace": events.AtRisk,
	"smallNetwork": events.SmallNetwork, "arenas": events.NarrowNetwork, "mostlyExternal": events.MostlyExternal, "singlePoint": events.SinglePoint,
	"overMentored": events.OverMentored, "pair": events.StalledPair, "oneSided": events.OneSided, "load": events.Overloaded,
}

// concernOf says what the rule at a path decides about.
func concernOf(path string) concern {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	at := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	switch parts[0] {
	case "roles":
		return concern{role: events.RoleName(at(1))}
	case "acts":
		if i := max(slices.Index(parts, "weights"), slices.Index(parts, "helpful")); i > 0 && at(i+1) != "" {
			return concern{role: events.RoleName(at(i + 1))}
		}
		return concern{everyRole: true}
	case "gaps":
		return gapConcern(at(1), at(2))
	}
	return concern{everyRole: true}
}

func gapConcern(section, name string) concern {
	switch kind, known := sections[section]; {
	case section == "roles":
		return concern{target: events.RoleName(name)}
	case section == "severity":
		return concern{gap: events.GapKind(name)}
	case known:
		return concern{gap: kind}
	}
	return concern{everyGap: true}
}

func (c concern) recognizes(role events.RoleName) bool { return c.everyRole || c.role == role }

// blame says of each turn which rules did it: those about its role or its kind of gap, and of a gap those
// that make or end a role of the same person.
func (d *Diff) blame() {
	turned := map[events.PersonID][]events.RoleName{}
	for i := range d.Roles {
		t := &d.Roles[i]
		t.Rules = d.rulesWhere(func(c concern) bool { return c.recognizes(t.Role) })
		turned[t.Person] = append(turned[t.Person], t.Role)
	}
	for i := range d.Gaps {
		t := &d.Gaps[i]
		t.Rules = d.rulesWhere(func(c concern) bool {
			return c.everyGap || c.gap == t.Gap || c.target != "" && c.target == t.Role ||
				slices.ContainsFunc(turned[t.Person], func(role events.RoleName) bool { return c.recognizes(role) && (t.Role == "" || t.Role == role) })
		})
	}
}

func (d *Diff) rulesWhere(did func(concern) bool) []string {
	paths := []string{}
	for _, r := range d.Rules {
		if did(concernOf(r.Path)) {
			paths = append(paths, r.Path)
		}
	}
	return paths
}
