package mapping

import (
	"fmt"
	"strings"
)

// Problem is one faulty place: of a mapping (Field is its path, Line 0) or of a file's row.
type Problem struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Field  string `json:"field,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// Problems is every faulty place of a mapping at once.
type Problems struct{ All []Problem }

func (p *Problems) Error() string {
	var parts []string
	for _, one := range p.All {
		parts = append(parts, strings.TrimPrefix(one.Field+": "+one.Reason, ": "))
	}
	return "mapping: " + strings.Join(parts, "; ")
}

func (p *Problems) add(field, format string, args ...any) {
	p.All = append(p.All, Problem{Field: field, Reason: fmt.Sprintf(format, args...)})
}

func (p *Problems) orNil() error {
	if len(p.All) == 0 {
		return nil
	}
	return p
}

func problem(field, reason string) error {
	return &Problems{All: []Problem{{Field: field, Reason: reason}}}
}
