package cli

import (
	"slices"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/kith/internal/client"
)

// shownByGroup are the metrics by group, where none are asked for.
var shownByGroup = []string{"mentor", "advocate", "sponsor", "truth-teller", "ally"}

// showGroups is one line a group, and then what is told of all of them together: their ties.
func (s *shell) showGroups(a client.Coverage, known client.Metrics, f coverageFlags) {
	if a.Weeks[0].Groups != "told" {
		s.printf("%s\n", s.noGroups(a))
		return
	}
	told, ties := []string{}, [][]string{}
	for _, m := range known.Metrics {
		wanted := len(f.Metrics) == 0 && slices.Contains(shownByGroup, string(m.Metric)) || slices.Contains(f.Metrics, string(m.Metric))
		if c, there := cellOf(a, "group", "everybody", m.Metric); there {
			ties = append(ties, []string{share(c), m.About})
		} else if wanted {
			told = append(told, string(m.Metric))
		}
	}
	f.Metrics = told
	if len(told) > 0 {
		s.showBy(a, known, f)
	}
	if len(ties) > 0 {
		s.printf("Of all who are counted by group …\n\n")
		s.table("  ", nil, ties)
		s.printf("\n")
	}
}

// noGroups says why nothing is told by group.
func (s *shell) noGroups(a client.Coverage) string {
	const nothing = "Nothing is told by group: "
	switch a.Weeks[0].Groups {
	case "too-few":
		least := coverage.Least(coverage.StepOf(max(a.Floor, coverage.GroupFloor)))
		return nothing + plural(least, "person", "people") + " of each of two groups have to be counted by it at least, which takes twice as many who identify with it.\n" +
			"People say what they identify with themselves, and may take it back: kith record GroupSelfIdentified --help"
	case "no-keys":
		return nothing + "gap-projection was given no master key to open what people identify with."
	case "made-anew":
		return nothing + "what is counted was made anew, and others are counted than the week before. It is told again next week."
	}
	return nothing + "it was not in this week."
}

// groupsOf are the values of a dimension in a table: everybody has a line of their own.
func groupsOf(values []string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == string(coverage.Everybody) })
}

// saidOfGroup is what comes of identifying with a group, or of taking it back; false for another fact.
func saidOfGroup(f events.Fact) (string, bool) {
	switch f.(type) {
	case *events.GroupSelfIdentified:
		return "It is sealed, and shown to nobody. From the next week on it may count among many: kith coverage --by group", true
	case *events.GroupSelfIdentificationWithdrawn:
		return "From the next week on it counts no more.", true
	}
	return "", false
}
