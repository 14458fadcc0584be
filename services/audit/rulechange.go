package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
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

// amounts are the rules that say how much is enough. The others say whom or what a rule is about: conditions, levels,
// stages, how long somebody has been here.
var amounts = regexp.MustCompile(`^(` +
	`quality\.\w+` +
	`|roles\.[\w-]+\.(halfLife|halfLifeOf\.\w+|enter|window)` +
	`|acts\.\w+\[\d+\]\.((weights|helpful)\.[\w-]+|quality|atMostOncePer)` +
	`|gaps\.(hold|pairGrace|isolation|declaredNotEnacted|smallNetwork|arenas|singlePoint|oneSided|(mostlyExternal|overMentored|pair|load)\.\w+)` +
	`|gaps\.roles\.[\w-]+\.(minimum|target|goalRaise)|gaps\.(roles\.[\w-]+\.)?severity(\.[\w-]+)+` +
	`)$`)

// amount reports whether the change is one of how much is enough: both rulesets say how much, and more than nothing.
func (r RuleChange) amount() bool {
	some := func(value string) bool { return value != "" && value != "0" && value != `"0d"` }
	return amounts.MatchString(r.Path) && some(r.Before) && some(r.After)
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
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // conditions compare
	err := e.Encode(v)
	into[path] = strings.TrimSpace(text.String())
	return err
}

// concern is what a rule decides about: a role, a kind of gap, or all of them.
type concern struct {
	everyRole, everyGap bool
	role                events.RoleName // that is recognized by it
	target              events.RoleName // of which there should be enough by it
	gaps                []events.GapKind
}

// sections are the sections of "gaps" in a ruleset that are about some kinds.
var sections = map[string][]events.GapKind{
	"isolation": {events.Isolation}, "newHireChecks": {events.Isolation}, "declaredNotEnacted": {events.DeclaredNotEnacted}, "pairGrace": {events.AtRisk},
	"smallNetwork": {events.SmallNetwork, events.NarrowNetwork}, "arenas": {events.NarrowNetwork}, "mostlyExternal": {events.MostlyExternal},
	"singlePoint": {events.SinglePoint}, "overMentored": {events.OverMentored}, "pair": {events.StalledPair}, "oneSided": {events.OneSided}, "load": {events.Overloaded},
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
	switch kinds, known := sections[section]; {
	case section == "roles":
		return concern{target: events.RoleName(name)}
	case section == "severity":
		return concern{gaps: []events.GapKind{events.GapKind(name)}}
	case known:
		return concern{gaps: kinds}
	}
	return concern{everyGap: true}
}

func (c concern) recognizes(role events.RoleName) bool { return c.everyRole || c.role == role }

// did says whether a rule can bring a kind of change about, in a network in which roles turn.
func (c concern) did(k kind, turned []events.RoleName) bool {
	switch {
	case k.gap == "":
		return c.recognizes(k.role)
	case c.everyGap || slices.Contains(c.gaps, k.gap):
		return true
	case c.target != "":
		return c.target == k.role || k.gap == events.SinglePoint && k.role == "" // which counts the roles that are expected
	case k.gap == events.Overloaded: // by what others are to the supporter
		return c.recognizes(k.role)
	}
	return slices.ContainsFunc(turned, func(role events.RoleName) bool { return k.restsOn(role) && c.recognizes(role) })
}

// restsOn reports whether a gap follows from who plays a role.
func (k kind) restsOn(role events.RoleName) bool {
	return k.role == "" || k.role == role || k.gap == events.OverMentored && role == events.Mentor
}

// blame says of each turn which rules did it: those about its role or its kind of gap, and of a gap those
// that make or end a role of the same person.
func (d *Diff) blame() {
	turned := map[events.PersonID][]events.RoleName{}
	for i := range d.Roles {
		t := &d.Roles[i]
		t.Rules = d.rulesWhere(func(c concern) bool { return c.did(kind{role: t.Role}, nil) })
		turned[t.Person] = append(turned[t.Person], t.Role)
	}
	for i := range d.Gaps {
		t := &d.Gaps[i]
		t.Rules = d.rulesWhere(func(c concern) bool { return c.did(kind{gap: t.Gap, role: t.Role}, turned[t.Person]) })
	}
}

// rulesOf are the rules that can bring a kind of change about: they follow from the kind, and from nobody's network.
func (d *Diff) rulesOf(k kind) []string {
	return d.rulesWhere(func(c concern) bool { return c.did(k, events.Roles()) })
}

// rulesWhere are the paths of the rules that did something; all of them where none is known to do such things.
func (d *Diff) rulesWhere(did func(concern) bool) []string {
	paths, all := []string{}, []string{}
	for _, r := range d.Rules {
		if all = append(all, r.Path); did(concernOf(r.Path)) {
			paths = append(paths, r.Path)
		}
	}
	if len(paths) == 0 {
		return all
	}
	return paths
}
