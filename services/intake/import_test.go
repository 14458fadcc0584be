package intake_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/natstest"
	"kith.internal/services/intake"
	"kith.internal/services/intake/mapping"
)

// file is a file of an import.
type file struct{ name, text string }

// imported is what an import answered.
type imported struct {
	code     int
	problems []mapping.Problem
	progress int
	done     *intake.Done
	failed   *struct{ Detail string }
	body     string
}

func (u *server) imports(text string, files ...file) imported {
	u.t.Helper()
	body := &bytes.Buffer{}
	form := multipart.NewWriter(body)
	part, _ := form.CreateFormFile("mapping", "mapping.yaml")
	io.WriteString(part, text)
	for _, f := range files {
		part, _ := form.CreateFormFile("file", f.name)
		io.WriteString(part, f.text)
	}
	form.Close()
	resp := u.request("integration:test", "POST", "/intake/v1/imports", form.FormDataContentType(), struct{ io.Reader }{body}) // in chunks, as files are sent
	out := imported{code: resp.StatusCode}
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var record struct {
			Error    *mapping.Problem
			Progress *intake.Progress
			Done     *intake.Done
			Failed   *struct{ Detail string }
		}
		out.body += s.Text() + "\n"
		if err := json.Unmarshal(s.Bytes(), &record); err != nil {
			u.t.Fatalf("%s: %v", s.Text(), err)
		}
		switch {
		case record.Error != nil:
			out.problems = append(out.problems, *record.Error)
		case record.Progress != nil:
			out.progress++
		case record.Done != nil:
			out.done = record.Done
		}
		if record.Failed != nil {
			out.failed = record.Failed
		}
	}
	return out
}

const hrMapping = `
kith: 1
name: hr
people: {scheme: hr}
files:
  - name: people.csv
    kind: people
    columns: [id, name, level, boss, start]
    facts:
      - fact: PersonJoined
        person: {column: id}
        fields:
          level: {column: level}
          manager: {column: boss}
          effectiveAt: {column: start}
          sealed.name: {column: name}
  - name: acts.csv
    kind: acts
    columns: [at, what, to, by, about]
    time: {column: at, layout: ["2006-01-02 15:04", date], zone: Europe/Berlin}
    fields: {recipient: {column: to}, supporter: {column: by}, recordedBy: system, topics: {column: about}}
    facts:
      - {fact: AdviceGiven, when: row.what == 'advice'}
      - {fact: MentoringSessionHeld, when: row.what == 'session'}
`

const hrPeople = "id,name,level,boss,start\n1,Ada,3,2,2020-01-01\n2,Ben,5,,2015-01-01\n3,Cyd,1,1,2024-01-01\n"

// tenMistakes is a file of a thousand rows with ten kinds of mistakes, and what has to be said of each.
func tenMistakes() (text string, want map[int]string) {
	want = map[int]string{}
	bad := map[int][2]string{
		100: {"2024-13-01 10:00,advice,1,2,", "time at is no time as the mapping says they are written"},
		200: {"2024-01-01 10:00,advice,1,99,", "supporter by is unknown"},
		300: {"2024-01-01 10:00,advice,1,1,", "supporter by is the recipient"},
		400: {"2024-01-01 10:00,gossip,1,2,", "  no fact of the mapping takes this row"},
		500: {"2024-01-01 10:00,advice,1,2", "  has 4 cells"},
		600: {`2024-01-01 10:00,"advice,1,2,`, "  has a quotation mark"},
		700: {"2024-01-01 10:00,advice,,2,", "recipient to is required"},
		800: {"2124-01-01 10:00,advice,1,2,", "time at is more than five minutes in the future"},
		900: {"2024-01-01 10:00,advice,1,2,skills;weather", "topics[1] about is none of"},
		950: {"2024-01-01 10:00,advice,1,\xff,", "  is not UTF-8"},
	}
	var b strings.Builder
	b.WriteString("at,what,to,by,about\n")
	for n := 2; n <= 1001; n++ {
		if m, ok := bad[n]; ok {
			want[n] = m[1]
			b.WriteString(m[0] + "\n")
			continue
		}
		fmt.Fprintf(&b, "2024-01-%02d %02d:00,%s,%d,%d,skills\n", 1+n%28, n%24, []string{"advice", "session"}[n%2], 1+n%2, 3)
	}
	return b.String(), want
}

func TestTenKindsOfMistakesAmongAThousandRows(t *testing.T) {
	u := start(t, natstest.Fast(t))
	acts, want := tenMistakes()
	got := u.imports(hrMapping, file{"acts.csv", acts}, file{"people.csv", hrPeople}) // acts first: people are read before them
	if got.done == nil {
		t.Fatal(got.body)
	}
	for _, p := range got.problems {
		reason, ok := want[p.Line]
		text := strings.Join([]string{p.Field, p.Column, p.Reason}, " ")
		if !ok || !strings.HasPrefix(text, reason) || p.File != "acts.csv" {
			t.Errorf("%+v, want %q", p, reason)
		}
		delete(want, p.Line)
	}
	if len(want) > 0 {
		t.Errorf("not reported: %v\n%s", want, got.body)
	}
	if got.done.Accepted != 993 || got.done.Refused != 10 {
		t.Errorf("%+v", got.done)
	}
	if acts := u.facts("kith.support.>"); len(acts) != 990 || acts[0].Time.Location() != time.UTC {
		t.Errorf("%d acts", len(acts))
	}
}

func TestImportingAgainLeavesNoTrace(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	rows := "2024-01-01,advice,1,2,\n2024-01-02,advice,1,2,\n2024-01-02,advice,1,2,\n"
	head := "at,what,to,by,about\n"
	u.imports(hrMapping, file{"people.csv", hrPeople}, file{"acts.csv", head + rows})
	before := u.last()
	again := u.imports(hrMapping, file{"acts.csv", head + rows}, file{"people.csv", hrPeople})
	if again.done == nil || again.done.Duplicate != 6 || again.done.Accepted != 0 || u.last() != before {
		t.Errorf("%+v, the log grew by %d", again.done, u.last()-before)
	}
	u.stop()
	u = start(t, nc)
	sorted := "2024-01-02,advice,1,2,\n2024-01-02,advice,1,2,\n2024-01-05,session,3,2,\n2024-01-01,advice,1,2,\n"
	more := u.imports(hrMapping, file{"acts.csv", head + sorted})
	if more.done.Duplicate != 3 || more.done.Accepted != 1 || u.last() != before+3 {
		t.Errorf("%+v, the log grew by %d", more.done, u.last()-before)
	}
	var starts, ends int
	for _, e := range u.facts("kith.people._.>") {
		switch e.Fact.(type) {
		case *events.ImportStarted:
			starts++
		case *events.ImportFinished:
			ends++
		}
	}
	if starts != 2 || ends != 2 {
		t.Errorf("%d imports began and %d ended", starts, ends)
	}
}

func TestARebasedImportKeepsItsShift(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	rebased := strings.Replace(hrMapping, "files:", "times: {rebase: now}\nfiles:", 1)
	if got := u.imports(rebased, file{"people.csv", hrPeople}); got.failed == nil || u.last() > 1 {
		t.Errorf("people alone fix a shift: %s", got.body)
	}
	acts := "at,what,to,by,about\n2001-01-01,advice,1,2,\n2001-02-01,advice,1,2,\n"
	first := u.imports(rebased, file{"people.csv", hrPeople}, file{"acts.csv", acts})
	last := u.facts("kith.support.>")[1]
	if age := time.Since(last.Time); age < 0 || age > time.Minute {
		t.Errorf("the last act is of %v", last.Time)
	}
	u.stop()
	u = start(t, nc)
	second := u.imports(rebased, file{"acts.csv", acts + "2000-12-31,advice,3,2,\n"})
	if first.done.ShiftSeconds != second.done.ShiftSeconds || second.done.Accepted != 1 || second.done.Duplicate != 2 {
		t.Errorf("%+v, then %+v", first.done, second.done)
	}
}

func TestUnknownPeople(t *testing.T) {
	acts := "at,what,to,by,about\n2024-01-01,advice,1,8,\n2024-01-02,advice,1,8,\n2024-01-02,advice,9,8,\n"
	for unknown, want := range map[string][3]int{"refuse": {0, 3, 3}, "create": {3, 0, 6}, "external": {2, 1, 3}} {
		t.Run(unknown, func(t *testing.T) {
			u := start(t, natstest.Fast(t))
			u.accepted(joined("1"))
			m := strings.Replace(hrMapping, "{scheme: hr}", "{scheme: hr, unknown: "+unknown+", level: 2}", 1)
			if unknown == "refuse" {
				u.accepted(joined("2"), joined("3"))
			}
			got := u.imports(m, file{"acts.csv", acts})
			if got.done.Accepted != want[0] || got.done.Refused != want[1] {
				t.Errorf("%+v\n%s", got.done, got.body)
			}
			// An external contact, and acts by one, are the recipient's own.
			if people := len(u.facts("kith.people.*.PersonJoined", "kith.personal.>")); people != map[string]int{"refuse": 3, "create": 3, "external": 4}[unknown] {
				t.Errorf("%d people", people)
			}
		})
	}
}

// TestASealedActIntroducesNobody: a recipient would wonder where the new contact comes from.
func TestASealedActIntroducesNobody(t *testing.T) {
	for _, unknown := range []string{"create", "external"} {
		u := start(t, natstest.Fast(t))
		u.accepted(joined("1"))
		m := strings.Replace(hrMapping, "{scheme: hr}", "{scheme: hr, unknown: "+unknown+", level: 2}", 1)
		m = strings.Replace(m, "{fact: AdviceGiven, when: row.what == 'advice'}",
			"{fact: SponsorEndorsed, fields: {forum: staffing, stake: reputation, awareness: unaware}}", 1)
		got := u.imports(m, file{"acts.csv", "at,what,to,by,about\n2024-01-01,advice,1,8,\n"})
		if got.done.Accepted != 0 || len(got.problems) != 1 || !strings.HasPrefix(got.problems[0].Reason, "is unknown") {
			t.Errorf("%s: %s", unknown, got.body)
		}
		if n := len(u.facts("kith.people.*.PersonJoined", "kith.personal.>")); n != 1 {
			t.Errorf("%s: %d people and contacts", unknown, n)
		}
	}
}

func TestAFaultyImportIsRefusedBeforeItBegins(t *testing.T) {
	u := start(t, natstest.Fast(t))
	if got := u.imports(strings.Replace(hrMapping, "AdviceGiven", "AdviceTaken", 1)); got.code != 422 || !strings.Contains(got.body, "files[1].facts[0].fact") {
		t.Errorf("%d %s", got.code, got.body)
	}
	if got := u.imports(hrMapping, file{"other.csv", "a\n1\n"}); got.failed == nil || !strings.Contains(got.failed.Detail, "other.csv") {
		t.Errorf("%s", got.body)
	}
	if resp := u.request("", "POST", "/intake/v1/imports", "text/csv", strings.NewReader("a")); resp.StatusCode != 400 {
		t.Errorf("%d", resp.StatusCode)
	}
}

// real returns a file of the real data, which is not part of the repository.
func real(t *testing.T, name string) file {
	t.Helper()
	dir := os.Getenv("KITH_REAL_DATA")
	if dir == "" {
		t.Skip("SKIPPED: set KITH_REAL_DATA to the folder with lawfirm/ and gitproject/ to import the two real organizations")
	}
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return file{filepath.Base(name), string(text)}
}

func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deployments/examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheLawFirm(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	files := []file{real(t, "lawfirm/ties.csv"), real(t, "lawfirm/lawyers.csv")}
	got := u.imports(example(t, "lawfirm.yaml"), files...)
	if got.done == nil || got.done.Accepted != 71+2571 || got.done.Refused != 0 {
		t.Fatalf("%+v\n%s", got.done, got.body)
	}
	levels := map[int]int{}
	for _, e := range u.facts("kith.people.*.PersonJoined") {
		levels[e.Fact.(*events.PersonJoined).Level]++
	}
	t.Logf("levels %v", levels)
	if len(levels) != 6 {
		t.Errorf("levels %v", levels)
	}
	before := u.last()
	u = u.anotherDay(nc)
	if again := u.imports(example(t, "lawfirm.yaml"), files...); again.done.Duplicate != 71+2571 || u.last() != before {
		t.Errorf("%+v", again.done)
	}
}

// anotherDay starts intake again, two days later.
func (u *server) anotherDay(nc *nats.Conn) *server {
	u.stop()
	later := start(u.t, nc)
	intake.Later(later.Service, 48*time.Hour)
	return later
}

func TestTheGitProject(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	acts := real(t, "gitproject/acts.csv.gz")
	began := time.Now()
	got := u.imports(example(t, "gitproject.yaml"), acts)
	if got.done == nil || got.done.Accepted != 1562+26086 || got.done.Refused != 0 || got.done.Derived != 1562 {
		t.Fatalf("%+v\n%s", got.done, got.body)
	}
	t.Logf("%d facts in %v", got.done.Accepted, time.Since(began))
	levels := map[int]int{}
	for _, e := range u.facts("kith.people.*.PersonJoined") {
		levels[e.Fact.(*events.PersonJoined).Level]++
	}
	t.Logf("levels %v", levels)
	u = u.anotherDay(nc)
	before, began := u.last(), time.Now()
	again := u.imports(example(t, "gitproject.yaml"), acts)
	if again.done.Duplicate != 1562+26086 || u.last() != before {
		t.Errorf("%+v", again.done)
	}
	t.Logf("%d duplicates in %v", again.done.Duplicate, time.Since(began))
}

// An import that is refused halfway is answered while its sender goes on, and the server has nothing to complain of.
func TestARefusedImportEndsInOrder(t *testing.T) {
	u := start(t, natstest.Fast(t))
	for range 3 {
		got := u.imports(hrMapping, file{"people.csv", hrPeople}, file{"none.csv", strings.Repeat("a,b,c\n", 20_000)}, file{"people.csv", hrPeople})
		if got.failed == nil {
			t.Errorf("%d %s", got.code, got.body)
		}
	}
	whole := u.imports(hrMapping, file{"people.csv", hrPeople})
	if whole.done == nil {
		t.Errorf("%d %s", whole.code, whole.body)
	}
	u.stop()
	if u.said.Len() > 0 {
		t.Error(u.said)
	}
}
