package mapping

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"

	"kith.internal/events"
)

// program is a file's part of a mapping, compiled.
type program struct {
	columns []string // by name
	skip    cel.Program
	rules   []rule
	derive  *derivation
}

// rule makes one fact.
type rule struct {
	name    string // of the fact
	when    cel.Program
	id      []string // columns that name the fact, or none: all
	time    *source
	person  *source
	fields  []target
	columns map[string]string // the file's column behind a field, for error messages
}

// target is a field of the fact and where its value comes from.
type target struct {
	path []string
	from *source
}

// derivation makes people from the whole of an act file.
type derivation struct {
	supporter, recipient string
	time                 *source
	counts               map[string]cel.Program
	rules                []rule
}

// compiler collects what is wrong on the way.
type compiler struct {
	*Problems
	m    *Mapping
	file *File
	env  *cel.Env

	ofPerson bool // what is compiled is made of a person, not of a row
}

func (m *Mapping) compile() error {
	c := &compiler{Problems: &Problems{}, m: m}
	if _, err := rebaseTo(m.Times.Rebase); err != nil {
		c.add("times.rebase", "is neither now nor an RFC 3339 time")
	}
	if _, err := time.LoadLocation(m.Times.Zone); err != nil {
		c.add("times.zone", "is no time zone")
	}
	c.layouts("times.layout", m.Times.Layout)
	for i, f := range m.Files {
		c.compileFile(fmt.Sprintf("files[%d]", i), f)
	}
	return c.orNil()
}

func (c *compiler) compileFile(at string, f *File) {
	if _, err := path.Match(f.Name, ""); err != nil {
		c.add(at+".name", "is no pattern")
	}
	c.file, c.env = f, rowEnv(f.Columns)
	f.program = &program{skip: c.condition(at+".skip", f.Skip)}
	for i, fact := range f.Facts {
		f.program.rules = append(f.program.rules, c.rule(fmt.Sprintf("%s.facts[%d]", at, i), fact))
	}
	if f.Derive != nil {
		f.program.derive = c.derivation(at+".derive", f.Derive)
	}
}

func (c *compiler) derivation(at string, d *Derive) *derivation {
	out := &derivation{supporter: d.Supporter, recipient: d.Recipient, counts: map[string]cel.Program{}}
	c.known(at+".supporter", d.Supporter)
	c.known(at+".recipient", d.Recipient)
	out.time = c.source(at+".time", d.Time, shape{form: moment})
	for name, condition := range d.Counts {
		out.counts[name] = c.condition(at+".counts."+name, condition)
	}
	c.env, c.ofPerson = personEnv(slices.Collect(maps.Keys(d.Counts))), true
	defer func() { c.ofPerson = false }()
	for i, fact := range d.Facts {
		out.rules = append(out.rules, c.rule(fmt.Sprintf("%s.facts[%d]", at, i), fact))
	}
	return out
}

// rule compiles one fact. One that is made of a row inherits from the file.
func (c *compiler) rule(at string, f Fact) rule {
	r := rule{name: f.Fact, id: f.ID, columns: map[string]string{}}
	entry, ok := events.Lookup(f.Fact)
	if !ok {
		c.add(at+".fact", "is no fact of the catalogue")
		return r
	}
	fields, when, person := maps.Clone(f.Fields), f.Time, f.Person
	if fields == nil {
		fields = map[string]Value{}
	}
	if !c.ofPerson {
		inherit(fields, c.file.Fields)
		when, person = either(when, c.file.Time), either(person, c.file.Person)
	}
	r.when = c.condition(at+".when", f.When)
	r.time = c.optional(at+".time", when, moment)
	r.person = c.optional(at+".person", person, personal)
	c.behind(&r, when, "time")
	c.behind(&r, person, "person", "subject")
	for _, column := range f.ID {
		c.known(at+".id", column)
	}
	c.fields(at, &r, fields, shapes(entry.New()))
	c.about(at, &r, entry.New())
	return r
}

func (c *compiler) fields(at string, r *rule, fields map[string]Value, known map[string]shape) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		s, ok := known[name]
		if !ok {
			c.add(at+".fields."+name, "is no field of %s that a mapping can set", r.name)
			continue
		}
		v := fields[name]
		r.fields = append(r.fields, target{path: strings.Split(name, "."), from: c.source(at+".fields."+name, &v, s)})
		c.behind(r, &v, name)
	}
}

// behind remembers the file's column behind what error messages name.
func (c *compiler) behind(r *rule, v *Value, names ...string) {
	if v == nil || v.Column == "" {
		return
	}
	for _, name := range names {
		r.columns[name] = c.file.Columns[v.Column]
	}
}

// about sees to it that intake will know whom the fact is about.
func (c *compiler) about(at string, r *rule, f events.Fact) {
	if events.ActOf(f) == nil && r.person == nil {
		c.add(at+".person", "is required: %s says nothing else of whom it is about", r.name)
	}
	if r.person != nil && events.ActOf(f) != nil {
		r.person = nil
	}
}

func (c *compiler) known(at, column string) {
	if _, ok := c.file.Columns[column]; !ok {
		c.add(at, "names a column that is not among columns")
	}
}

func inherit(fields, from map[string]Value) {
	for name, v := range from {
		if _, ok := fields[name]; !ok {
			fields[name] = v
		}
	}
}

func either(a, b *Value) *Value {
	if a != nil {
		return a
	}
	return b
}
