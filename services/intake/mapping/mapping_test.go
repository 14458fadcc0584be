package mapping_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith.internal/services/intake/mapping"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// example reads a mapping of deployments/examples.
func example(t testing.TB, name string) *mapping.Mapping {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../deployments/examples", name))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func input(t testing.TB, m *mapping.Mapping, name, text string) mapping.Input {
	t.Helper()
	f, ok := m.Match(name)
	if !ok {
		t.Fatalf("no file of the mapping is called %s", name)
	}
	return mapping.Input{Name: name, File: f, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

// rows reads a whole file.
func rows(t testing.TB, m *mapping.Mapping, in mapping.Input, run mapping.Run) (requests []mapping.Request, problems []mapping.Problem) {
	t.Helper()
	for row, err := range m.Rows(context.Background(), in, run) {
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, row.Requests...)
		problems = append(problems, row.Problems...)
	}
	return requests, problems
}

func body(t testing.TB, r mapping.Request) map[string]any {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(r.Body, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestLawyersJoin(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	in := input(t, m, "some/folder/lawyers.csv", "id,status,gender,office,practice,law_school,years_with_firm,age\n38,associate,woman,Boston,litigation,UConn,7,53\n")
	shift := m.Shift(time.Date(1991, 6, 30, 12, 0, 0, 0, time.UTC), now)
	got, problems := rows(t, m, in, mapping.Run{Shift: shift, Now: now})
	if len(problems) > 0 || len(got) != 1 {
		t.Fatalf("%+v %+v", got, problems)
	}
	want := `{"department":"litigation","effectiveAt":"2019-03-01T18:00:00Z","level":3,"sealed":{"location":"Boston","name":"Associate 38"},"startMonth":"2019-03"}`
	if r := got[0]; r.Fact != "PersonJoined" || r.Person != "lawfirm:38" || string(r.Body) != want {
		t.Errorf("%s %s\n%s\n%s", r.Fact, r.Person, r.Body, want)
	}
	if at := body(t, got[0])["effectiveAt"].(string); got[0].Time.Format(time.RFC3339) != at {
		t.Errorf("time %v, effective at %s", got[0].Time, at)
	}
}

func TestAnswersMoveToNow(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	in := input(t, m, "ties.csv", "relation,from,to\nadvice,1,2\nfriendship,3,4\ncowork,5,6\n")
	s, err := m.Survey(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	got, problems := rows(t, m, in, mapping.Run{Shift: m.Shift(s.Last, now), Now: now})
	if len(got) != 3 || len(problems) > 0 {
		t.Fatalf("%+v %+v", got, problems)
	}
	for i, kind := range []string{"advice", "trust", "shared-work"} {
		if b := body(t, got[i]); b["kind"] != kind || b["asOf"] != now.Format(time.RFC3339) || !got[i].Time.Equal(now) {
			t.Errorf("answer %d: %v %s", i, got[i].Time, got[i].Body)
		}
	}
	if b := body(t, got[0]); b["recipient"] != "lawfirm:1" || b["supporter"] != "lawfirm:2" {
		t.Errorf("%s", got[0].Body)
	}
}

const acts = `committed_at,act,author,by,commit
2015-12-01T10:00:00+02:00,committed,p1,p5,a
2015-12-02T10:00:00Z,helped-by,p1,p6,b
2015-12-03T10:00:00Z,nonsense,p1,p6,c
`

func TestPeopleAreDerivedFromTheWholeFile(t *testing.T) {
	m := example(t, "gitproject.yaml")
	in := input(t, m, "acts.csv.gz", acts)
	in.Name = "acts.csv" // as if unpacked
	s, err := m.Survey(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2015, 12, 2, 10, 0, 0, 0, time.UTC); !s.Last.Equal(want) {
		t.Errorf("the last act is of %v, not %v: rows that make no fact count", s.Last, want)
	}
	people := m.Derived(in, s, mapping.Run{Now: now})
	if len(people) != 3 || people[0].Requests[0].Person != "git:p1" {
		t.Fatalf("%+v", people)
	}
	if b := body(t, people[0].Requests[0]); b["effectiveAt"] != "2015-12-01T08:00:00Z" || b["level"] != 1.0 {
		t.Errorf("%v", b)
	}
	_, problems := rows(t, m, in, mapping.Run{Now: now})
	if len(problems) != 1 || problems[0].Line != 4 || problems[0].Reason != "no fact of the mapping takes this row" {
		t.Errorf("%+v", problems)
	}
}

func TestARowKeepsItsIDWhereverItStands(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	ids := func(text string) map[string]int {
		got, _ := rows(t, m, input(t, m, "ties.csv", text), mapping.Run{Now: now})
		set := map[string]int{}
		for _, r := range got {
			set[r.ID]++
		}
		return set
	}
	before := ids("relation,from,to\nadvice,1,2\nadvice,1,2\nadvice,2,1\n")
	after := ids("to,from,relation,more\n9,9,advice,x\n1,2,advice,y\n2,1,advice,z\n2,1,advice,\n")
	if len(before) != 3 || len(after) != 4 {
		t.Fatalf("%v %v", before, after)
	}
	for id := range before {
		if after[id] != 1 {
			t.Errorf("%s is gone", id)
		}
	}
}

func TestPeopleBeforeActs(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	in := []mapping.Input{input(t, m, "ties.csv", ""), input(t, m, "lawyers.csv", "")}
	if m.Arrange(in); in[0].Name != "lawyers.csv" {
		t.Errorf("first %s", in[0].Name)
	}
}

func TestARowThatCannotBeReadLosesNoOther(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	text := "\ufeffrelation,from,to\r\n" +
		"advice,\"1\n\",2\r\n" + // 2, 3: a line break within a cell
		"advice,\"3,4\n" + // 4: never closed
		"advice,5\n" + // 5: too few
		"advice,\"7\"8,9\n" + // 6
		"advice,a\"b,9\n" + // 7
		"advice,\xff,9\n" + // 8
		"\n" + // 9
		"advice," + strings.Repeat("x", 70_000) + ",9\n" + // 10
		"friendship,\"a \"\"b\"\"\",2" // 11: no newline
	got, problems := rows(t, m, input(t, m, "ties.csv", text), mapping.Run{Now: now})
	want := map[int]string{
		4: "has text after a closing quotation mark", 5: "has 2 cells, and the first line has 3", 6: "has text after a closing quotation mark",
		7: "has a quotation mark in the middle of a cell", 8: "is not UTF-8 text", 10: "is longer than 64 KiB",
	}
	for _, p := range problems {
		if want[p.Line] != p.Reason {
			t.Errorf("line %d %s, not %s", p.Line, p.Reason, want[p.Line])
		}
		delete(want, p.Line)
	}
	if len(want) > 0 || len(got) != 2 || body(t, got[1])["recipient"] != `lawfirm:a "b"` {
		t.Errorf("not reported: %v; requests %+v", want, got)
	}
}

func TestAMissingColumnIsSaidOnce(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	got, problems := rows(t, m, input(t, m, "ties.csv", "relation,from\nadvice,1\n"), mapping.Run{Now: now})
	if len(got) != 0 || len(problems) != 1 || problems[0].Column != "to" {
		t.Errorf("%+v %+v", got, problems)
	}
	_, problems = rows(t, m, input(t, m, "ties.csv", "relation;from;to\nadvice;1;2\n"), mapping.Run{Now: now})
	if len(problems) != 1 || problems[0].Column != "from, relation, to" || !strings.Contains(problems[0].Reason, "separator") {
		t.Errorf("%+v", problems)
	}
}

func TestAReasonNeverRepeatsTheValue(t *testing.T) {
	m := example(t, "lawfirm.yaml")
	text := "id,status,practice,office,years_with_firm\n1,partner,tax,Boston,Ada Lovelace\n"
	got, problems := rows(t, m, input(t, m, "lawyers.csv", text), mapping.Run{Now: now})
	if len(got) != 0 || len(problems) == 0 {
		t.Fatalf("%+v", got)
	}
	for _, p := range problems {
		if strings.Contains(p.Reason, "Ada") {
			t.Errorf("%+v", p)
		}
	}
}
