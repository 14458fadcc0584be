package evaluation

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/csv"
	"encoding/json"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	"kith.internal/services/intake/mapping"
)

// table is a file of an organization, without its header.
type table struct {
	header []string
	rows   [][]string
}

// read reads one of the real organizations' files. Without them the test is left out, and says so.
func read(t *testing.T, name string) table {
	t.Helper()
	dir := os.Getenv("KITH_REAL_DATA")
	if dir == "" {
		t.Skip("LEFT OUT: set KITH_REAL_DATA to the folder with lawfirm and gitproject to run this test")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return table{rows[0], rows[1:]}
}

// cell is what a row says under a column.
func (tb table) cell(row []string, column string) string { return row[slices.Index(tb.header, column)] }

// split parts the rows by a condition.
func (tb table) split(yes func(row []string) bool) (with, without table) {
	with, without = table{header: tb.header}, table{header: tb.header}
	for _, row := range tb.rows {
		if yes(row) {
			with.rows = append(with.rows, row)
		} else {
			without.rows = append(without.rows, row)
		}
	}
	return with, without
}

func (tb table) text(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{tb.header}, tb.rows...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// facts are what intake would make of files, by the example mapping of their name, at the times
// that the files say: people first, then acts, each recorded when it happened.
func facts(t *testing.T, name string, files map[string]table) []events.Event {
	t.Helper()
	return factsBy(t, name, files, time.Time{})
}

// factsBy are the same, moved so that the last act is at a time: zero moves nothing.
func factsBy(t *testing.T, name string, files map[string]table, last time.Time) []events.Event {
	t.Helper()
	text, err := os.ReadFile("../../../../deployments/examples/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapping.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var inputs []mapping.Input
	for file, rows := range files {
		body, what := rows.text(t), mustMatch(t, m, file)
		inputs = append(inputs, mapping.Input{Name: file, File: what, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }})
	}
	m.Arrange(inputs)
	survey, err := m.Survey(t.Context(), inputs...)
	if err != nil {
		t.Fatal(err)
	}
	run := mapping.Run{Now: survey.Last}
	if !last.IsZero() {
		run = mapping.Run{Now: last, Shift: last.Sub(survey.Last)}
	}
	var people, acts []events.Event
	for _, in := range inputs {
		for _, row := range m.Derived(in, survey, run) {
			people = append(people, made(t, m, row)...)
		}
		for row, err := range m.Rows(t.Context(), in, run) {
			if err != nil {
				t.Fatal(err)
			}
			acts = append(acts, made(t, m, row)...)
		}
	}
	slices.SortStableFunc(acts, func(a, b events.Event) int { return a.Time.Compare(b.Time) })
	for i := range people {
		people[i].Recorded = acts[0].Time
	}
	return append(people, acts...)
}

func mustMatch(t *testing.T, m *mapping.Mapping, file string) *mapping.File {
	t.Helper()
	f, ok := m.Match(file)
	if !ok {
		t.Fatalf("the mapping knows no %s", file)
	}
	return f
}

// made is what intake makes of a row: pseudonyms stand where the sender's ids stood, and what
// would be sealed is left out.
func made(t *testing.T, m *mapping.Mapping, row mapping.Row) (all []events.Event) {
	t.Helper()
	for _, p := range row.Problems {
		t.Fatalf("line %d: %+v", p.Line, p)
	}
	for _, r := range row.Requests {
		var fields map[string]any
		if err := json.Unmarshal(r.Body, &fields); err != nil {
			t.Fatal(err)
		}
		for field, v := range fields {
			if field == "supporter" || field == "recipient" {
				fields[field] = pseudonym(v.(string))
			}
			if field == "sealed" {
				fields[field] = []byte("sealed")
			}
		}
		f := decode(t, r.Fact, fields)
		e := events.Event{ID: events.IncomingID(nil, m.Source(), r.ID), Source: m.Source(), Time: r.Time, Recorded: r.Time, Fact: f}
		e.Subject = string(pseudonym(r.Person))
		if act := events.ActOf(f); act != nil {
			e.Subject = string(act.Recipient)
		}
		e.Context, _ = events.ContextFor(f)
		all = append(all, e)
	}
	return all
}

func decode(t *testing.T, name string, fields map[string]any) events.Fact {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	f, err := events.DecodeFact(name, body)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pseudonym is the same for the same id, so that a report is the same every time.
func pseudonym(id string) events.PersonID {
	h := fnv.New128a()
	h.Write([]byte(id))
	return events.PersonID("p" + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)))[:16])
}

func parse(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// inOrder gives events their places in a log.
func inOrder(log []events.Event) []events.Event {
	for i := range log {
		log[i].Seq = uint64(i + 1)
	}
	return log
}

func replay(t *testing.T, docs *projection.Docs, rules derive.Rules, service string, log []events.Event) []events.Event {
	t.Helper()
	said, err := derive.Replay(docs, rules, service, log)
	if err != nil {
		t.Fatal(err)
	}
	return said
}
