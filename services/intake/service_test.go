package intake_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/services/intake"
)

var key = bytes.Repeat([]byte{7}, 32)

// server is intake over a log of its own.
type server struct {
	*intake.Service
	t        testing.TB
	url      string
	log      *eventlog.Log
	reg      *prometheus.Registry
	erasures string        // the file
	said     *bytes.Buffer // what the HTTP server complains of; to be read once it has stopped
	stop     func()
}

func start(t testing.TB, nc *nats.Conn) *server {
	t.Helper()
	return startWith(t, nc, filepath.Join(t.TempDir(), "erasures"))
}

func open(t testing.TB, nc *nats.Conn, reg prometheus.Registerer) *eventlog.Log {
	t.Helper()
	log, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: "intake", Registry: reg})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func startWith(t testing.TB, nc *nats.Conn, erasures string) *server {
	t.Helper()
	reg := prometheus.NewRegistry()
	log := open(t, nc, reg)
	env := &app.Env{Log: slog.New(slog.DiscardHandler), Registry: reg, NATS: nc, EventLog: log, MasterKey: key, TenantKey: key, Replicas: 1, ErasuresFile: erasures}
	s, err := intake.New(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	said := &bytes.Buffer{}
	web := httptest.NewUnstartedServer(s.Handler())
	web.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(said, nil), slog.LevelError)
	web.Start()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); s.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(s.Ready())
		}
	}
	stopped := false
	u := &server{Service: s, t: t, url: web.URL, log: log, reg: reg, said: said, erasures: erasures, stop: func() {
		if stopped {
			return
		}
		stopped = true
		web.Close()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		log.Close()
	}}
	t.Cleanup(u.stop)
	return u
}

// verdict is intake's answer to a line.
type verdict struct {
	Line, Status int
	ID           events.FactID
	Sequence     uint64
	Errors       []struct{ Field, Reason string }
	Detail       string
}

func (v verdict) String() string {
	var parts []string
	for _, e := range v.Errors {
		parts = append(parts, e.Field+" "+e.Reason)
	}
	return fmt.Sprintf("%d %s", v.Status, strings.Join(parts, "; "))
}

func (u *server) request(viewer, method, path, media string, body io.Reader) *http.Response {
	u.t.Helper()
	r, err := http.NewRequest(method, u.url+path, body)
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	if viewer != "" {
		r.Header.Set("Kith-Viewer", viewer)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// post sends lines as somebody, and returns a verdict on each.
func (u *server) post(viewer string, lines ...string) []verdict {
	u.t.Helper()
	resp := u.request(viewer, "POST", "/intake/v1/events", "application/x-ndjson", strings.NewReader(strings.Join(lines, "\n")))
	var all []verdict
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		var v verdict
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			u.t.Fatalf("%s: %v", s.Text(), err)
		}
		all = append(all, v)
	}
	if len(all) != len(lines) {
		u.t.Fatalf("%d verdicts on %d lines: %v", len(all), len(lines), all)
	}
	return all
}

// accepted sends lines that are all new.
func (u *server) accepted(lines ...string) []verdict {
	u.t.Helper()
	all := u.post("", lines...)
	for i, v := range all {
		if v.Status != http.StatusCreated {
			u.t.Fatalf("%s\n%v", lines[i], v)
		}
	}
	return all
}

// event is the fact behind a verdict, as it is in the log.
func (u *server) event(v verdict) events.Event {
	u.t.Helper()
	e, err := u.log.Get(u.t.Context(), v.Sequence)
	if err != nil {
		u.t.Fatal(err)
	}
	return e
}

// facts are all facts of the log with these filters.
func (u *server) facts(filters ...string) []events.Event {
	u.t.Helper()
	var all []events.Event
	err := u.log.Read(u.t.Context(), 1, filters, func(e events.Event, err error) error {
		all = append(all, e)
		return err
	})
	if err != nil {
		u.t.Fatal(err)
	}
	return all
}

func (u *server) get(viewer, path string, into any) int {
	u.t.Helper()
	resp := u.request(viewer, "GET", path, "", nil)
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		u.t.Fatal(err)
	}
	return resp.StatusCode
}

func (u *server) person(id string) events.PersonID {
	u.t.Helper()
	var p intake.Person
	if code := u.get("integration:test", "/intake/v1/people/"+id, &p); code != http.StatusOK {
		u.t.Fatalf("%s: %d", id, code)
	}
	return p.ID
}

var when = time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Second)

// line is a CloudEvent; more replaces attributes.
func line(id, fact, subject string, data map[string]any, more ...any) string {
	e := map[string]any{"specversion": "1.0", "id": id, "source": "/integrations/test", "type": fact, "time": when.Format(time.RFC3339), "data": data}
	if subject != "" {
		e["subject"] = subject
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i].(string)] = more[i+1]
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func joined(id string) string {
	return line("join-"+id, "kith.people.PersonJoined", "hr:"+id, map[string]any{
		"level": 3, "department": "law", "effectiveAt": when.Format(time.RFC3339), "sealed": map[string]any{"name": "Person " + id, "email": id + "@example.org"},
	})
}

func advice(id, recipient, supporter string) string {
	return line(id, "AdviceGiven", "", map[string]any{"recipient": "hr:" + recipient, "supporter": "hr:" + supporter})
}

func TestAFactIsStoredOnceForEver(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	u.accepted(joined("1"), joined("2"))
	first := u.accepted(advice("a", "1", "2"))[0]
	again := u.post("", advice("a", "1", "2"), advice("b", "1", "2"), advice("b", "1", "2"))
	if v := again[0]; v.Status != http.StatusOK || v.ID != first.ID || v.Sequence != first.Sequence {
		t.Errorf("%+v, first %+v", v, first)
	}
	if again[1].Status != http.StatusCreated || again[2].Status != http.StatusOK || again[1].Sequence != again[2].Sequence {
		t.Errorf("the same twice in one request: %+v", again[1:])
	}
	u.stop()
	u = start(t, nc)
	before := u.last()
	for i, v := range u.post("", joined("1"), joined("2"), advice("a", "1", "2"), advice("b", "1", "2")) {
		if v.Status != http.StatusOK {
			t.Errorf("after a restart, line %d: %v", i+1, v)
		}
	}
	if after := u.last(); after != before {
		t.Errorf("the log grew from %d to %d", before, after)
	}
	if rulesets := u.facts("kith.policy.>"); len(rulesets) != 1 {
		t.Errorf("%d rulesets are activated", len(rulesets))
	}
	var p intake.Person
	if u.get("integration:test", "/intake/v1/people/email:1@EXAMPLE.org", &p); p.Name != "Person 1" || p.Level != 3 || p.Department != "law" {
		t.Errorf("%+v", p)
	}
}

func (u *server) last() uint64 {
	u.t.Helper()
	last, err := u.log.Last(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	return last
}

func TestRefusals(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"), joined("7"), advice("given", "1", "2"), line("secret", "SponsorEndorsed", "",
		map[string]any{"recipient": "hr:1", "supporter": "hr:2", "forum": "staffing", "stake": "reputation", "awareness": "unaware"}))
	two := map[string]any{"recipient": "hr:1", "supporter": "hr:2"}
	with := func(more ...any) map[string]any {
		m := map[string]any{}
		for k, v := range two {
			m[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	stranger := string(events.NewPersonID())
	for _, c := range []struct {
		name, line    string
		status        int
		field, reason string
	}{
		{"no JSON", "{", 400, "", ""},
		{"too large", line("x", "AdviceGiven", "", with("channel", strings.Repeat("a", 70_000))), 413, "", ""},
		{"no id", line("", "AdviceGiven", "", two), 422, "id", "is not 1 to 1024 characters"},
		{"a person as source", line("x", "AdviceGiven", "", two, "source", "ada@example.org"), 422, "source", "is no URI path"},
		{"no such fact", line("x", "AdviceTaken", "", two), 422, "type", "is no fact"},
		{"a derived fact", line("x", "kith.role.RoleRecognized", "", two), 422, "type", "is no fact"},
		{"Kith's own", line("x", "PersonErased", "hr:1", two), 422, "type", "is stated by Kith itself"},
		{"another version", line("x", "AdviceGiven", "", two, "specversion", "0.3"), 422, "specversion", "is not 1.0"},
		{"no time", line("x", "AdviceGiven", "", two, "time", "yesterday"), 422, "time", "is no time in RFC 3339"},
		{"the future", line("x", "AdviceGiven", "", two, "time", time.Now().Add(6*time.Minute).Format(time.RFC3339)), 422, "time", "more than five minutes in the future"},
		{"long ago", line("x", "AdviceGiven", "", two, "time", "1969-12-31T23:59:59Z"), 422, "time", "is before 1970"},
		{"unknown person", line("x", "AdviceGiven", "", with("supporter", "hr:3")), 422, "supporter", "is unknown"},
		{"unknown pseudonym", line("x", "AdviceGiven", "", with("supporter", stranger)), 422, "supporter", "is unknown"},
		{"no id of anybody", line("x", "AdviceGiven", "", with("supporter", "Ada")), 422, "supporter", "is neither a pseudonym nor"},
		{"an act on oneself", line("x", "AdviceGiven", "", with("supporter", "hr:1")), 422, "supporter", "is the recipient"},
		{"nobody", line("x", "AdviceGiven", "", map[string]any{"recipient": "hr:1"}), 422, "supporter", "is required"},
		{"wrong type", line("x", "AdviceGiven", "", with("topics", "politics")), 422, "topics", "is a string, not a list"},
		{"wrong code", line("x", "AdviceGiven", "", with("topics", []string{"weather"})), 422, "topics[0]", "is none of"},
		{"unknown field", line("x", "AdviceGiven", "", with("text", "You were great")), 422, "text", "is no field of this fact"},
		{"free text", line("x", "AdviceGiven", "", with("channel", "Over lunch")), 422, "channel", "is no code"},
		{"another subject", line("x", "AdviceGiven", "hr:2", two), 422, "subject", "is not the recipient"},
		{"no subject", line("x", "GoalSet", "", map[string]any{"goal": "g", "kind": "advance"}), 422, "subject", "is required"},
		{"more closed than it is", line("x", "kith.sealed.SponsorEndorsed", "", with("forum", "staffing", "stake", "none", "awareness", "aware")), 422, "type", "claims the context sealed"},
		{"disclosed from outside", line("x", "SponsorEndorsed", "", with("forum", "staffing", "stake", "none", "awareness", "aware", "discloses", strings.Repeat("a", 26))), 422, "discloses", "is said by Kith itself"},
		{"an unknown act", line("x", "ActConfirmed", "", map[string]any{"act": "nothing", "by": "recipient"}), 422, "act", "is no act that Kith knows"},
		{"S2.14 unaware of what one records", line("x", "SponsorEndorsed", "", with("forum", "staffing", "stake", "none", "awareness", "unaware", "recordedBy", "recipient")), 422, "awareness", "contradicts recordedBy"},
		{"S2.14 a promotion that one is unaware of and records", line("x", "PromotionAdvocated", "", with("stake", "none", "awareness", "unaware", "recordedBy", "recipient")), 422, "awareness", "contradicts recordedBy"},
		{"S2.14 cover that one is unaware of and records", line("x", "AirCoverProvided", "", with("kind", "politics", "stake", "none", "awareness", "unaware", "recordedBy", "recipient")), 422, "awareness", "contradicts recordedBy"},
		{"S1.41 a promotion that a third person accepts", line("x", "MentorPromotedToSponsor", "hr:1", map[string]any{"supporter": "hr:2", "acceptedBy": "hr:7"}), 422, "acceptedBy", "is neither of the two"},
		{"S1.07 a correction by what is no act", line("x", "ActCorrected", "", map[string]any{"act": "given", "by": "nothing"}), 422, "by", "is no act that Kith knows"},
		{"S2.14 an open act corrected by a sealed one", line("x", "ActCorrected", "", map[string]any{"act": "given", "by": "secret"}), 422, "by", "is no act that Kith knows"},
		{"S1.31 feedback rated that is none", line("x", "FeedbackRatedHelpful", "hr:1", map[string]any{"act": "given"}), 422, "act", "is no feedback"},
		{"S2.05 a session rated that is none", line("x", "SessionRated", "hr:1", map[string]any{"act": "given", "by": "recipient", "rating": 5}), 422, "act", "is no mentoring session"},
		{"S2.17 an outcome without a stake", line("x", "StakeResolved", "hr:1", map[string]any{"act": "given", "outcome": "cost"}), 422, "act", "has no stake"},
		{"an unknown program", line("x", "AdviceGiven", "", with("formality", "program:x")), 422, "formality", "is unknown"},
		{"somebody else's id", line("x", "PersonJoined", "hr:9", map[string]any{"level": 1, "effectiveAt": when, "sealed": map[string]any{"externalIds": []string{"hr:9", "hr:1"}}}), 422, "sealed.externalIds", "of somebody else"},
		{"an unknown secret", line("x", "PersonJoined", "hr:9", map[string]any{"level": 1, "effectiveAt": when, "sealed": map[string]any{"salary": 1}}), 422, "sealed", "is not sealed"},
		{"no link", line("x", "AdviceGiven", "", with("evidenceRef", 5)), 422, "evidenceRef", "is no link"},
		{"a ruleset that nobody has looked at", line("x", "RulesetActivated", "", map[string]any{"version": "1", "hash": strings.Repeat("f", 64), "text": "roles: 1"}), 422, "type", "is stated by Kith itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := u.last()
			v := u.post("", c.line)[0]
			if v.Status != c.status {
				t.Fatalf("%v", v)
			}
			if c.field != "" && (len(v.Errors) != 1 || v.Errors[0].Field != c.field || !strings.Contains(v.Errors[0].Reason, c.reason)) {
				t.Errorf("%v", v)
			}
			if after := u.last(); after != before {
				t.Error("it is stored all the same")
			}
		})
	}
	all := u.post("", line("x", "AdviceGiven", "", map[string]any{"recipient": "hr:5", "supporter": "hr:6", "topics": []string{"weather"}, "text": "", "goal": "A B"}, "time", "1950-01-01T00:00:00Z"))
	if len(all[0].Errors) != 6 {
		t.Errorf("not every mistake of a line is named: %v", all[0])
	}
}

func TestWhoMayWrite(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"), joined("3"))
	one, two, three := u.person("hr:1"), u.person("hr:2"), u.person("hr:3")
	for i, c := range []struct {
		viewer, by string
		status     int
		recorded   events.RecordedBy
	}{
		{"", "", 201, "system"},
		{"person:" + string(one), "", 201, "recipient"},
		{"person:" + string(two), "", 201, "supporter"},
		{"person:" + string(three), "", 201, "third-party"},
		{"person:" + string(three), "recipient", 403, ""},
		{"integration:slack", "recipient", 201, "recipient"},
		{"nobody", "", 403, ""},
	} {
		data := map[string]any{"recipient": "hr:1", "supporter": "hr:2"}
		if c.by != "" {
			data["recordedBy"] = c.by
		}
		if c.viewer == "nobody" {
			if resp := u.request("nobody", "POST", "/intake/v1/events", "application/x-ndjson", strings.NewReader("{}")); resp.StatusCode != c.status {
				t.Errorf("%s: %d", c.viewer, resp.StatusCode)
			}
			continue
		}
		v := u.post(c.viewer, line(fmt.Sprint("w", i), "AdviceGiven", "", data))[0]
		if v.Status != c.status {
			t.Errorf("%s: %v", c.viewer, v)
			continue
		}
		if v.Status != 201 {
			continue
		}
		e := u.event(v)
		if events.ActOf(e.Fact).RecordedBy != c.recorded {
			t.Errorf("%s: recorded by %s", c.viewer, events.ActOf(e.Fact).RecordedBy)
		}
		if named := e.Actor == string(three); named {
			t.Error("a third person is named as actor")
		}
	}
}
