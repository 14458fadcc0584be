// Package requirements knows what Kith is for, requirement by requirement, and which tests prove
// it. A row of a test's table, or a subtest, begins its name with the ids of what it proves:
//
//	"S1.15 more experience makes a mentor"
//
// The page README.md is made of these names. Its test fails where the page is stale, where a
// requirement has neither a test nor a reason, and where a code of the rules stands in no row.
package requirements

import (
	_ "embed" // requirements.yaml
	"fmt"

	"sigs.k8s.io/yaml"
)

//go:embed requirements.yaml
var list []byte

// Requirement is one thing that Kith is to do.
type Requirement struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Without string `json:"without"` // why no test covers it
	Later   string `json:"later"`   // what of it is still to come, though tests cover it

	Rows []Row `json:"-"` // the tests that cover it
}

// All are the requirements in order, each with the rows that name it. It fails where the list
// cannot be read and where a row names a requirement that does not exist.
func All(rows []Row) ([]Requirement, error) {
	var all []Requirement
	if err := yaml.UnmarshalStrict(list, &all); err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, r := range all {
		at[r.ID] = i
	}
	for _, row := range rows {
		for _, id := range row.IDs {
			i, ok := at[id]
			if !ok {
				return nil, fmt.Errorf("%s: there is no requirement %s", row, id)
			}
			all[i].Rows = append(all[i].Rows, row)
		}
	}
	return all, nil
}

// Problem is what is wrong with how a requirement is covered; "" where nothing is.
func (r Requirement) Problem() string {
	switch {
	case r.Title == "":
		return r.ID + " has no title"
	case len(r.Rows) == 0 && r.Without == "":
		return r.ID + " (" + r.Title + ") has neither a test nor a reason"
	case len(r.Rows) > 0 && r.Without != "":
		return r.ID + " has a test, and a reason why it has none: " + r.Without
	case len(r.Rows) == 0 && r.Later != "":
		return r.ID + " has no test, but says what is still to come"
	}
	return ""
}
