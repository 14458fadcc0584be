package mapping_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"kith.internal/services/intake/mapping"
)

const small = `
kith: 1
name: small
people: {scheme: hr}
files:
  - name: acts.csv
    kind: acts
    columns: [who, by, at]
    facts:
      - fact: AdviceGiven
        time: {column: at}
        fields: {recipient: {column: who}, supporter: {column: by}, recordedBy: system}
`

func TestEveryMistakeOfAMappingIsNamed(t *testing.T) {
	for _, c := range []struct{ name, from, to, field, reason string }{
		{"no YAML", "kith: 1", "kith: [1", "", "is no YAML"},
		{"twice", "name: small", "name: small\nname: other", "", "already set"},
		{"another version", "kith: 1", "kith: 2", "kith", "is not 1"},
		{"unknown key", "kind: acts", "kind: acts\n    sort: true", "files[0]", "no such key: sort"},
		{"unknown fact", "AdviceGiven", "AdviceTaken", "files[0].facts[0].fact", "no fact of the catalogue"},
		{"unknown field", "recordedBy:", "recordedOn:", "files[0].facts[0].fields.recordedOn", "no field of AdviceGiven"},
		{"unknown column", "column: who", "column: whom", "files[0].facts[0].fields.recipient", "not among columns"},
		{"unknown column in CEL", "time: {column: at}", "time: {column: at}\n        when: row.whom == '1'", "files[0].facts[0].when", "undeclared reference"},
		{"no condition", "time: {column: at}", "time: {column: at}\n        when: row.who", "files[0].facts[0].when", "not true or false"},
		{"no zone", "people:", "times: {zone: Mars/Olympus}\npeople:", "times.zone", "no time zone"},
		{"no column, cel or value", "{column: at}", "{slug: true}", "files[0].facts[0].time", "none of the keys column, cel, value"},
		{"column and cel", "{column: at}", "{column: at, cel: row.at}", "files[0].facts[0].time", "only one of the keys"},
		{"a number for a text", "{column: at}", "{column: at, split: 3}", "files[0].facts[0].time.split", "is number, and has to be string"},
		{"another tool's layout", "people:", "times: {layout: DD.MM.YYYY}\npeople:", "times.layout", "02.01.2006"},
		{"no word of the vocabulary", "recordedBy: system", "recordedBy: machine", "files[0].facts[0].fields.recordedBy", "none of recipient, supporter"},
		{"no rebase", "people:", "times: {rebase: tomorrow}\npeople:", "times.rebase", "neither now"},
		{"about nobody", "AdviceGiven\n        time: {column: at}\n        fields: {recipient: {column: who}, supporter: {column: by}, recordedBy: system}", "PersonLeft", "files[0].facts[0].person", "is required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := mapping.Parse([]byte(strings.Replace(small, c.from, c.to, 1)))
			var p *mapping.Problems
			if !errors.As(err, &p) {
				t.Fatalf("accepted: %v", err)
			}
			if len(p.All) != 1 || p.All[0].Field != c.field || !strings.Contains(p.All[0].Reason, c.reason) {
				t.Errorf("%+v", p.All)
			}
		})
	}
	if _, err := mapping.Parse([]byte(small)); err != nil {
		t.Error(err)
	}
}

// FuzzParse: whatever is sent as a mapping, it is compiled or refused with a reason.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("kith: 1\nname: x\npeople: {scheme: a}\nfiles: [{name: '[', kind: acts, columns: [a], facts: [{fact: X, when: '1'}]}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := mapping.Parse(text)
		var p *mapping.Problems
		if err != nil && (!errors.As(err, &p) || len(p.All) == 0) {
			t.Errorf("refused without a reason: %v", err)
		}
		if err == nil && m.Name == "" {
			t.Error("a mapping without a name")
		}
	})
}

// FuzzRows: whatever is in a file, every row becomes requests or problems at a line of the file.
func FuzzRows(f *testing.F) {
	m, err := mapping.Parse([]byte(small))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("who,by,at\n1,2,2026-01-01\n")
	f.Add("who,by,at\n\"1\n,2,2026-01-01\n\"\"\",\"")
	f.Fuzz(func(t *testing.T, text string) {
		requests, problems := rows(t, m, input(t, m, "acts.csv", text), mapping.Run{Now: now})
		lines := strings.Count(text, "\n") + 1
		if len(requests)+len(problems) > 3*lines {
			t.Errorf("%d requests and %d problems of %d lines", len(requests), len(problems), lines)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Reason == "" {
				t.Errorf("%+v of %d lines", p, lines)
			}
		}
	})
}

// The README shows a mapping: it must be one.
func TestTheExampleOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("../../../deployments/examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	m, err := mapping.Parse([]byte(example))
	if err != nil || !found {
		t.Fatal(err)
	}
	people := "Employee ID;Name;Grade;Supervisor;Hired;Status\n4711;Ada Lovelace;G5;12;01.04.2021;A\n"
	got, problems := rows(t, m, input(t, m, "employees-2026.csv", people), mapping.Run{Now: now})
	if len(got) != 1 || len(problems) > 0 || body(t, got[0])["level"] != 3.0 || body(t, got[0])["manager"] != "hr:12" {
		t.Errorf("%+v %+v", got, problems)
	}
	sessions := "when,mentor,mentee,subject,minutes\n2026-02-03 14:00,12,4711,skills;politics,45\n"
	got, problems = rows(t, m, input(t, m, "sessions.csv", sessions), mapping.Run{Now: now})
	if len(got) != 1 || len(problems) > 0 || got[0].Time.Format("15:04 MST") != "13:00 UTC" {
		t.Errorf("%+v %+v", got, problems)
	}
}
