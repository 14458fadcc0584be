package requirements

import (
	"fmt"
	"strings"
)

// Page is README.md of this folder: which requirement is covered by which test.
func Page(all []Requirement) string {
	var b strings.Builder
	b.WriteString(`# What is proven

Every requirement of Kith, and the tests that prove it: rows of tables and subtests that begin their names with its id.
S1 is what Maya Hu-Chan's "The 4 must-have people for a solid support system" asks for, S2 what "The Trifecta of
Professional Growth: Mentorship, Sponsorship, and Allyship" adds. The page is made of the tests' names, and a test
fails where it is not: ` + "`go test ./services/internal/requirements -update`" + ` writes it.

`)
	covered, without := 0, ""
	for _, r := range all {
		if len(r.Rows) > 0 {
			covered++
			continue
		}
		without += fmt.Sprintf("- **%s** %s: %s\n", r.ID, r.Title, r.Without)
	}
	fmt.Fprintf(&b, "%d of %d are covered.\n", covered, len(all))
	if without != "" {
		b.WriteString("\n## Without a test, and why\n\n" + without)
	}
	b.WriteString("\n## Covered\n")
	for _, r := range all {
		b.WriteString(r.section())
	}
	return b.String()
}

func (r Requirement) section() string {
	if len(r.Rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s** %s\n\n", r.ID, r.Title)
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "- %s (`%s` %s)\n", row.Name, row.Package, row.Test)
	}
	if r.Later != "" {
		fmt.Fprintf(&b, "- still to come: %s\n", r.Later)
	}
	return b.String()
}
