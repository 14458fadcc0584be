package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
)

// verdict is intake's answer to one line.
type verdict struct {
	Line     int    `json:"line"`
	Status   int    `json:"status"`
	ID       string `json:"id"`
	Sequence uint64 `json:"sequence"`
	Errors   []struct{ Field, Reason string }
	Detail   string `json:"detail"`
}

// cloudEvent is a CloudEvent in JSON, as an integration sends it.
func cloudEvent(id, typ, subject string, at time.Time, data map[string]any) string {
	e := map[string]any{"specversion": "1.0", "id": id, "source": "/integrations/test", "type": typ, "time": at.Format(time.RFC3339), "data": data}
	if subject != "" {
		e["subject"] = subject
	}
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(line)
}

// joined is a person of a level who has been here for two years.
func joined(id string, level int, more map[string]any) string {
	start := time.Now().AddDate(-2, 0, 0).UTC()
	data := map[string]any{"level": level, "department": "engineering", "startMonth": start.Format("2006-01"), "effectiveAt": start.Format(time.RFC3339),
		"sealed": map[string]any{"name": "Person " + id, "externalIds": []string{"hr:" + id}}}
	for k, v := range more {
		data[k] = v
	}
	return cloudEvent("joined-"+id, "kith.people.PersonJoined", "hr:"+id, start, data)
}

// act is an act of support that a system recorded.
func act(id, fact, recipient, supporter string, at time.Time, more map[string]any) string {
	data := map[string]any{"recipient": "hr:" + recipient, "supporter": "hr:" + supporter, "recordedBy": "system"}
	for k, v := range more {
		data[k] = v
	}
	return cloudEvent(id, "kith.support."+fact, "", at, data)
}

// send posts lines and returns a verdict for each.
func (u *product) send(t testing.TB, lines ...string) []verdict {
	t.Helper()
	resp, err := http.Post(u.url+"/intake/v1/events", "application/x-ndjson", strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var verdicts []verdict
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var v verdict
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", s.Text(), err)
		}
		verdicts = append(verdicts, v)
	}
	if len(verdicts) != len(lines) {
		t.Fatalf("%d verdicts on %d lines: %+v", len(verdicts), len(lines), verdicts)
	}
	return verdicts
}

// accepted sends lines that must all be stored now.
func (u *product) accepted(t testing.TB, lines ...string) (last uint64) {
	t.Helper()
	for i, v := range u.send(t, lines...) {
		if v.Status != http.StatusCreated {
			t.Fatalf("line %s: %+v", lines[i], v)
		}
		last = max(last, v.Sequence)
	}
	return last
}

// person is the pseudonym of somebody.
func (u *product) person(t testing.TB, id string) events.PersonID {
	t.Helper()
	var p struct {
		Person events.PersonID `json:"person"`
	}
	u.get(t, "integration:test", "/intake/v1/people/hr:"+id, &p)
	if !p.Person.Valid() {
		t.Fatalf("person %s is %q", id, p.Person)
	}
	return p.Person
}

// get reads an API as somebody and returns the body.
func (u *product) get(t testing.TB, viewer, path string, into any) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", viewer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&body); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, resp.StatusCode, body.String())
	}
	if into != nil {
		if err := json.Unmarshal([]byte(body.String()), into); err != nil {
			t.Fatalf("GET %s: %v in %s", path, err, body.String())
		}
	}
	return body.String()
}

// facts reads the log from a sequence on.
func (u *product) facts(t testing.TB, from uint64, filters ...string) []events.Event {
	t.Helper()
	var found []events.Event
	l := u.log(t)
	natstest.Again(t, func() error {
		found = nil
		return l.Read(t.Context(), from, filters, func(e events.Event, err error) error {
			found = append(found, e)
			return err
		})
	})
	return found
}

// eventually retries until fn says that all is well.
func eventually(t testing.TB, within time.Duration, what string, fn func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if fn() {
			return
		}
	}
	t.Fatal("it never came about: " + what)
}
