// Package ruleset reads rulesets: by what acts of support a role is recognized (domain.md sections
// 6.2 and 6.3, architecture.md section 5) and when something is missing in a network (6.4).
//
// A ruleset is YAML with CEL conditions. It is data that a fact activates, so that an organization
// can change it and an auditor can see which one a decision was made by.
package ruleset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/readmodel"
)

// Ruleset is a parsed and compiled ruleset. It is immutable and safe for concurrent use.
type Ruleset struct {
	Version    string
	Hash       string // sha256 of Text, in hex
	Text       string
	SeniorFrom int // the level at which senior leadership begins
	Quality    Quality
	Gaps       Gaps

	roles  [5]Role
	rules  map[string][]Rule
	counts condition
}

// Role is how one role is recognized.
type Role struct {
	Name     events.RoleName
	HalfLife int64 // seconds
	Enter    int64 // millionths
	Exit     int64 // half of Enter
	Cap      int64 // twice Enter
	Window   int64 // seconds: gates see no act older than that
	Gates    []Gate
	Standing *Gate // what an act must meet to count for the role at all; nil where any does

	halfLifeOf map[events.Relation]int64
	subtypes   []subtype
}

// Gate is a condition with a name and a sentence for people.
type Gate struct {
	Code  string
	Needs string // what is missing where it does not hold
	when  condition
}

type subtype struct {
	name events.Subtype
	when condition
}

// Rule is what acts of one type weigh under one condition.
type Rule struct {
	Weights  readmodel.Weights
	Helpful  readmodel.Weights // added where the recipient found the act helpful
	Quality  int64             // of these acts, whoever says so; -1 where it follows from who does
	Rung     int
	Formal   bool            // agreed, not yet enacted
	Declares events.RoleName // a formal role that begins
	Ends     events.RoleName // a formal role that ends
	Once     int64           // seconds within which only the first of its kind counts; 0 where each does
	Kind     string          // what it is one of, with acts of other types; "": acts of its type only
	Note     string          // a code: why it weighs less than one would think

	when condition
}

// Parse reads and compiles a ruleset. It fails with a fault.Invalid whose chain names the place:
// unknown keys, unknown roles, acts and codes, and conditions that do not compile.
func Parse(source string) (*Ruleset, error) {
	rs, err := parse(source)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "invalid-ruleset", "the ruleset cannot be read", placed(source, err))
	}
	return rs, nil
}

// HashOf is the hash by which a ruleset's text is known: sha256, in hex.
func HashOf(source string) string {
	hash := sha256.Sum256([]byte(source))
	return hex.EncodeToString(hash[:])
}

func parse(source string) (*Ruleset, error) {
	t, err := read(source)
	if err != nil {
		return nil, err
	}
	rs := &Ruleset{Version: t.Version, Hash: HashOf(source), Text: source, SeniorFrom: t.SeniorFrom,
		Quality: t.Quality, Gaps: t.Gaps, rules: map[string][]Rule{}}
	if t.Version == "" || t.SeniorFrom < 1 {
		return nil, fmt.Errorf("version and seniorFrom are required")
	}
	c, err := newCompiler()
	if err != nil {
		return nil, err
	}
	if rs.counts, err = c.act("countsWhen", t.CountsWhen); err != nil {
		return nil, err
	}
	if err := rs.addRoles(c, t.Roles); err != nil {
		return nil, err
	}
	if err := rs.addActs(c, t.Acts); err != nil {
		return nil, err
	}
	return rs, rs.Gaps.check()
}

func (rs *Ruleset) addRoles(c *compiler, roles map[events.RoleName]roleText) error {
	if len(roles) != len(rs.roles) {
		return fmt.Errorf("roles: each of %v is needed, and no other", events.Roles())
	}
	for i, name := range events.Roles() {
		t, ok := roles[name]
		if !ok {
			return fmt.Errorf("roles.%s: is missing", name)
		}
		role, err := newRole(c, name, t)
		if err != nil {
			return err
		}
		rs.roles[i] = role
	}
	return nil
}

func newRole(c *compiler, name events.RoleName, t roleText) (Role, error) {
	at := "roles." + string(name)
	r := Role{Name: name, HalfLife: t.HalfLife.Seconds(), Enter: int64(t.Enter), Exit: int64(t.Enter) / 2, Cap: int64(t.Enter) * 2,
		Window: t.Window.Seconds(), halfLifeOf: map[events.Relation]int64{}}
	if r.HalfLife == 0 || r.Enter < 2 {
		return r, fmt.Errorf("%s: halfLife and enter are required", at)
	}
	if r.Window == 0 {
		r.Window = 2 * r.HalfLife
	}
	for relation, span := range t.HalfLifeOf {
		if !slices.Contains(relation.Codes(), string(relation)) || span == 0 {
			return r, fmt.Errorf("%s.halfLifeOf.%s: no such relation, or no span", at, relation)
		}
		r.halfLifeOf[relation] = span.Seconds()
	}
	return r, r.addConditions(c, at, t)
}

func (r *Role) addConditions(c *compiler, at string, t roleText) error {
	if t.Standing != nil {
		when, err := c.act(at+".standing.when", t.Standing.When)
		if err != nil {
			return err
		}
		r.Standing = &Gate{Code: "standing", Needs: t.Standing.Needs, when: when}
	}
	for i, g := range t.Gates {
		when, err := c.gate(fmt.Sprintf("%s.gates[%d].when", at, i), g.When)
		if err != nil {
			return err
		}
		if g.Code == "" || g.Needs == "" {
			return fmt.Errorf("%s.gates[%d]: code and needs are required", at, i)
		}
		r.Gates = append(r.Gates, Gate{Code: g.Code, Needs: g.Needs, when: when})
	}
	return r.addSubtypes(c, at, t.Subtypes)
}

func (r *Role) addSubtypes(c *compiler, at string, subtypes []subtypeText) error {
	for i, s := range subtypes {
		if !slices.Contains(s.Subtype.Codes(), string(s.Subtype)) {
			return fmt.Errorf("%s.subtypes[%d]: no such subtype as %q", at, i, s.Subtype)
		}
		when, err := c.standing(fmt.Sprintf("%s.subtypes[%d].when", at, i), s.When)
		if err != nil {
			return err
		}
		r.subtypes = append(r.subtypes, subtype{s.Subtype, when})
	}
	if n := len(r.subtypes); n == 0 || r.subtypes[n-1].when.source != "" {
		return fmt.Errorf("%s.subtypes: the last one must have no condition, so that there is always one", at)
	}
	return nil
}

func (rs *Ruleset) addActs(c *compiler, acts map[string][]actText) error {
	for name, texts := range acts {
		if !knownAct(name) {
			return fmt.Errorf("acts.%s: is no act of support", name)
		}
		for i, t := range texts {
			r, err := newRule(c, fmt.Sprintf("acts.%s[%d]", name, i), t)
			if err != nil {
				return err
			}
			rs.rules[name] = append(rs.rules[name], r)
		}
	}
	return nil
}

// besides are facts that count as acts of a tie without being acts of support.
var besides = []string{"TrustConfirmed", "PairMatched", "PairEnded", "ProgramLeft", "ProgramClosed"}

func knownAct(name string) bool {
	entry, ok := events.Lookup(name)
	return ok && (events.ActOf(entry.New()) != nil || slices.Contains(besides, name))
}

func newRule(c *compiler, at string, t actText) (Rule, error) {
	r := Rule{Quality: -1, Rung: t.Rung, Formal: t.Formal, Declares: t.Declares, Ends: t.Ends, Once: t.Once.Seconds(), Kind: t.Kind, Note: t.Note}
	if t.Quality != nil {
		r.Quality = int64(*t.Quality)
	}
	if t.Rung < 0 || t.Rung > 5 {
		return r, fmt.Errorf("%s.rung: is not between 0 and 5", at)
	}
	for _, role := range []events.RoleName{t.Declares, t.Ends} {
		if role != "" && readmodel.RoleIndex(role) < 0 {
			return r, fmt.Errorf("%s: no such role as %q", at, role)
		}
	}
	var err error
	if r.Weights, err = t.Weights.byIndex(at + ".weights"); err != nil {
		return r, err
	}
	if r.Helpful, err = t.Helpful.byIndex(at + ".helpful"); err != nil {
		return r, err
	}
	r.when, err = c.act(at+".when", t.When)
	return r, err
}

// Role is how a role is recognized; it panics on a name that is none of events.Roles.
func (rs *Ruleset) Role(name events.RoleName) *Role { return &rs.roles[readmodel.RoleIndex(name)] }

// Roles is how each role is recognized, in the order of events.Roles.
func (rs *Ruleset) Roles() []Role { return rs.roles[:] }

// HalfLifeOf is the half-life, in seconds, after an act by somebody in this relation.
func (r *Role) HalfLifeOf(relation events.Relation) int64 {
	if h, ok := r.halfLifeOf[relation]; ok {
		return h
	}
	return r.HalfLife
}

// RuleOf is the rule by which an act was weighed; nil where none applied.
func (rs *Ruleset) RuleOf(a *readmodel.Act) *Rule {
	if rules := rs.rules[a.Type]; a.Rule >= 1 && a.Rule <= len(rules) {
		return &rules[a.Rule-1]
	}
	return nil
}
