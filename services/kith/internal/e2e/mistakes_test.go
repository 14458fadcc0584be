package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kith.internal/events"
)

const mistakesMapping = `
kith: 1
name: acme
people: {scheme: hr, unknown: refuse}
files:
  - name: people.csv
    kind: people
    columns: [id, name, level]
    facts:
      - fact: PersonJoined
        person: {column: id}
        fields: {level: {column: level}, effectiveAt: "2020-01-01T00:00:00Z", sealed.name: {column: name}}
  - name: sessions.csv
    kind: acts
    columns: [at, what, to, by, about, minutes]
    time: {column: at}
    fields: {recipient: {column: to}, supporter: {column: by}, recordedBy: system, topics: {column: about}, minutes: {column: minutes}}
    facts:
      - {fact: MentoringSessionHeld, when: row.what == 'session'}
`

// mistakes are rows of sessions.csv by their line, and what is to be said of each: the field, the
// column and the reason.
var mistakes = map[int][2]string{
	3:    {"2024-13-01T10:00:00Z,session,1,2,skills,30", "at (time) is no time as the mapping says"},
	102:  {"2024-01-01T10:00:00Z,session,1,99,skills,30", "by (supporter) is unknown: nobody in the directory has this id"},
	203:  {"2024-01-01T10:00:00Z,session,1,1,skills,30", "by (supporter) is the recipient: nobody supports themselves"},
	304:  {"2024-01-01T10:00:00Z,lunch,1,2,skills,30", "no fact of the mapping takes this row"},
	405:  {"2024-01-01T10:00:00Z,session,1,2,skills", "has 5 cells"},
	506:  {`2024-01-01T10:00:00Z,"session,1,2,skills,30`, "has a quotation mark"},
	607:  {"2024-01-01T10:00:00Z,session,,2,skills,30", "to (recipient) is required"},
	708:  {"2124-01-01T10:00:00Z,session,1,2,skills,30", "at (time) is more than five minutes in the future"},
	809:  {"2024-01-01T10:00:00Z,session,1,2,skills;weather,30", "about (topics[1]) is none of"},
	1001: {"2024-01-01T10:00:00Z,session,1,2,skills,half an hour", "minutes is no whole number"},
}

// TestTenKindsOfMistakes imports a thousand rows of which ten are wrong, each in its own way: every
// mistake is reported with its line, field and reason, and the other rows are imported.
func TestTenKindsOfMistakes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var sessions strings.Builder
	sessions.WriteString("at,what,to,by,about,minutes\n")
	for line := 2; line <= 1001; line++ {
		row := fmt.Sprintf("2024-01-%02dT%02d:%02d:00Z,session,1,2,skills,30", 1+line%28, line%24, line%60)
		if wrong, ok := mistakes[line]; ok {
			row = wrong[0]
		}
		fmt.Fprintln(&sessions, row)
	}
	u := together(t, filepath.Join(dir, "data"))
	report := filepath.Join(dir, "mistakes.txt")
	out, code := u.kith(t, "import", "--map", write("acme.yaml", mistakesMapping), "--errors-file", report,
		write("sessions.csv", sessions.String()), write("people.csv", "id,name,level\n1,Ada,3\n2,Ben,5\n"))
	if code != 3 || !strings.Contains(out, "Imported 992 new facts; 0 known before, 10 refused.") {
		t.Errorf("exit code %d: %s", code, out)
	}
	checkMistakes(t, report)
	if acts := u.facts(t, 1, events.FilterContext(events.Support)); len(acts) != 990 {
		t.Errorf("%d sessions are in the log", len(acts))
	}
}

// checkMistakes: one line for each mistake, and no other.
func checkMistakes(t *testing.T, report string) {
	t.Helper()
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(mistakes) {
		t.Errorf("%d mistakes are reported", len(lines))
	}
	for line, wrong := range mistakes {
		want, found := fmt.Sprintf("sessions.csv:%d %s", line, wrong[1]), false
		for _, said := range lines {
			found = found || strings.HasPrefix(said, want)
		}
		if !found {
			t.Errorf("nobody says %q:\n%s", want, text)
		}
	}
}
