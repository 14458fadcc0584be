package cli

import (
	"fmt"
	"strings"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/ruleset"
)

// whom says who could close a gap, of one and of several.
var whom = map[gaps.Whom][2]string{
	gaps.Anybody:       {"one more person", "%d more people"},
	gaps.WhoHeldIt:     {"the one who has been there", "those who have been there"},
	gaps.WhoStays:      {"somebody who stays", "%d people who stay"},
	gaps.WhoWasNamed:   {"the one who was named", "those who were named"},
	gaps.Inside:        {"one more person in the organization", "%d more people in the organization"},
	gaps.AnotherLine:   {"somebody of another line of reporting", "%d people of other lines of reporting"},
	gaps.AnotherPlace:  {"somebody of another department, from outside, or a friend", "%d people from elsewhere"},
	gaps.NotTheManager: {"one more person who is not the line manager", "%d more people who are not the line manager"},
}

// closes says what would close a gap.
func closes(kind events.GapKind, c gaps.Closing) string {
	switch c.Who {
	case gaps.BothOfYou:
		return "the two meet, or say that it has ended"
	case gaps.OtherSide:
		return "the other side rates a session, or says what they have learned"
	case gaps.SomebodyElse:
		return "somebody else is seen in " + plural(c.People, "of the roles that one person alone holds", "of the roles that one person alone holds")
	case gaps.FewerOfYours:
		return plural(c.People, "of those supported is", "of those supported are") + " handed on, or there is room for more"
	}
	if kind == events.Isolation {
		return "any act of support is seen"
	}
	said := whom[c.Who][0]
	if c.People > 1 {
		said = strings.Replace(whom[c.Who][1], "%d", fmt.Sprint(c.People), 1)
	}
	verb := " is seen"
	if c.People > 1 {
		verb = " are seen"
	}
	if c.Role == "" {
		return said + verb + " in a role"
	}
	return said + verb + " as " + strings.ToLower(title(c.Role))
}

// enough lists acts each of which is enough alone, as they are recorded.
func enough(ways []ruleset.Way) string {
	var said []string
	for _, w := range ways[:min(len(ways), waysShown)] {
		said = append(said, strings.TrimSuffix(w.Act+" "+often(w.Times), " "))
	}
	if last := len(said) - 1; last > 0 {
		return strings.Join(said[:last], ", ") + " or " + said[last]
	}
	return strings.Join(said, "")
}

func often(n int) string {
	switch n {
	case 1:
		return ""
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// waysShown is how many ways are shown: the shortest.
const waysShown = 3

// otherwise says what time brings if nothing happens.
func (s *shell) otherwise(c gaps.Closing) string {
	said, ok := map[gaps.Then]string{gaps.Lapses: "the role is over from ", gaps.TheyGo: "nobody is in this role from ", gaps.PairOver: "nobody waits for it from "}[c.Then]
	if !ok || c.When.IsZero() {
		return ""
	}
	return said + s.day(c.When)
}

// showClosing says what would close a gap, by which acts, and what time brings.
func (s *shell) showClosing(g gaps.GapView) {
	s.printf("   It closes once %s.", closes(g.Gap, g.WouldClose))
	if ways := enough(g.WouldClose.Acts); ways != "" {
		s.printf(" Enough is %s.", ways)
	}
	if then := s.otherwise(g.WouldClose); then != "" {
		s.printf(" Otherwise %s.", then)
	}
	s.printf("\n")
}

// importance says in a word how much a gap matters now.
func importance(severity int) string {
	switch {
	case severity >= 70:
		return "very important"
	case severity >= 40:
		return "important"
	}
	return "worth a thought"
}
