package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"sigs.k8s.io/yaml"

	"kith.internal/events"
)

// Mapping says how the files of an organisation become facts. It is made by Parse.
type Mapping struct {
	Version int         `json:"kith"`
	Name    events.Code `json:"name"`
	About   string      `json:"about"`
	People  People      `json:"people"`
	Times   Times       `json:"times"`
	Files   []*File     `json:"files"`

	hash string
}

// People says how people stand in the files.
type People struct {
	Scheme  string  `json:"scheme"`
	Unknown Unknown `json:"unknown"`
	Level   int     `json:"level"` // of people made by Create
}

// Unknown is what to do with people nobody knows.
type Unknown string

// What to do with people nobody knows.
const (
	Refuse   Unknown = "refuse"   // report the row
	External Unknown = "external" // make them external contacts of the recipient
	Create   Unknown = "create"   // add them to the directory
)

// Times says how times stand in the files.
type Times struct {
	Layout Layouts `json:"layout"`
	Zone   string  `json:"zone"`
	Rebase string  `json:"rebase"` // now, a time, or empty
}

// File says how the rows of one file become facts.
type File struct {
	Name      string           `json:"name"`
	Kind      Kind             `json:"kind"`
	Separator string           `json:"separator"`
	Columns   Columns          `json:"columns"`
	Skip      string           `json:"skip"`
	Time      *Value           `json:"time"`
	Person    *Value           `json:"person"`
	Fields    map[string]Value `json:"fields"`
	Facts     []Fact           `json:"facts"`
	Derive    *Derive          `json:"derive"`

	program *program
}

// Kind is whether a file is about people or about acts.
type Kind string

// The kinds of files: people are read first.
const (
	OfPeople Kind = "people"
	OfActs   Kind = "acts"
)

// Fact says which rows become which fact, and how.
type Fact struct {
	Fact   string           `json:"fact"`
	When   string           `json:"when"`
	ID     []string         `json:"id"`
	Time   *Value           `json:"time"`
	Person *Value           `json:"person"`
	Fields map[string]Value `json:"fields"`
}

// Derive says how people follow from the whole of an act file.
type Derive struct {
	Supporter string            `json:"supporter"`
	Recipient string            `json:"recipient"`
	Time      *Value            `json:"time"`
	Counts    map[string]string `json:"counts"`
	Facts     []Fact            `json:"facts"`
}

// Parse reads a mapping and compiles it. It fails with a *Problems that names every place.
func Parse(text []byte) (*Mapping, error) {
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, problem("", "is no YAML: "+strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := conforms(raw); err != nil {
		return nil, err
	}
	m := &Mapping{}
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, problem("", err.Error())
	}
	sum := sha256.Sum256(text)
	m.hash = hex.EncodeToString(sum[:])
	m.defaults()
	return m, m.compile()
}

func (m *Mapping) defaults() {
	if m.People.Unknown == "" {
		m.People.Unknown = Refuse
	}
	if m.People.Level == 0 {
		m.People.Level = 1
	}
}

// Hash is the sha256 of the mapping's text, in hex.
func (m *Mapping) Hash() string { return m.hash }

// Source is the ce-source of every fact of this import.
func (m *Mapping) Source() string { return "/imports/" + string(m.Name) }
