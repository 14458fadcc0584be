package cli

import (
	"cmp"
	"fmt"
	"strings"

	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/kith/internal/client"
)

// actsShown is how many lines of acts there are; -o json has all that the server tells.
const actsShown = 20

func (s *shell) showActs(t client.Tie) {
	if t.ActCount == 0 {
		s.printf("\nNo act is known between the two.\n")
		return
	}
	s.printf("\n%s between the two%s:\n", plural(t.ActCount, "act", "acts"), map[bool]string{true: ", the latest first"}[t.ActCount > 1])
	var rows [][]string
	listed := 0
	for len(rows) < actsShown && listed < len(t.Acts) {
		a, alike := t.Acts[listed], s.alike(t.Acts[listed:])
		rows = append(rows, []string{s.date(a.At), act(a.Type, a.Kind) + staked(a) + times(alike), counts(a)})
		listed += alike
	}
	s.table("  ", []string{"DATE", "ACT", "COUNTS NOW"}, rows)
	if more := t.ActCount - listed; more > 0 {
		s.printf("  and %s\n", plural(more, "older one", "older ones"))
	}
}

// alike is how many acts from the first on look the same: those of one day are listed once.
func (s *shell) alike(acts []gaps.ActView) int {
	look := func(a gaps.ActView) string { return s.date(a.At) + act(a.Type, a.Kind) + staked(a) + counts(a) }
	n := 1
	for n < len(acts) && look(acts[n]) == look(acts[0]) {
		n++
	}
	return n
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", n)
}

// staked says what was put at stake with an act, and what came of it.
func staked(a gaps.ActView) string {
	if a.Stake == "" || a.Stake == "none" {
		return ""
	}
	came := map[string]string{"paid-off": ", which paid off", "neutral": ", and nothing came of it", "cost": ", which cost them"}[string(a.Outcome)]
	return ", with their " + strings.ReplaceAll(string(a.Stake), "-", " ") + " at stake" + came
}

// counts says what an act counts for, or why for nothing.
func counts(a gaps.ActView) string {
	if a.Void {
		return "nothing: " + void(a.Factors)
	}
	var said []string
	for _, c := range a.Counts {
		said = append(said, fmt.Sprintf("%s %s of %s", strings.ToLower(title(c.Role)), number(c.Decayed), number(c.Worth)))
	}
	if len(said) == 0 {
		said = append(said, "no role")
	}
	text := strings.Join(said, ", ")
	for _, role := range a.Withheld {
		text += ", not " + strings.ToLower(title(role))
	}
	if note := notes[a.Note]; note != "" {
		text += " (" + note + ")"
	}
	return text
}

// void says why an act counts nothing.
func void(factors []gaps.FactorView) string {
	var why []string
	for _, f := range factors {
		if f.Times == 0 {
			why = append(why, cmp.Or(qualities[f.Factor], f.Factor))
		}
	}
	return strings.Join(why, ", ")
}
