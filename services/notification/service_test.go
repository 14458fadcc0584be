package notification

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// product is the service with what stands before it on the way from a fact to an inbox.
type product struct {
	t   *testing.T
	log *eventlog.Log
	url string
	reg *prometheus.Registry
	n   int
}

// start runs the service over a real log. In the place of the services before it run engines
// with rules that a test can see through.
func start(t *testing.T) *product {
	t.Helper()
	nc := natstest.Fast(t)
	log, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	reg := prometheus.NewRegistry()
	s, err := New(t.Context(), &app.Env{Log: slog.New(slog.DiscardHandler), Registry: reg, NATS: nc, EventLog: log, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	run(t, s.Run)
	run(t, derive.New(log, silent{}, derive.Config{Service: "role-classifier", Bucket: readmodel.Ties, Inputs: []string{events.FilterContext(events.People)}, Owns: []events.Context{events.Role}}).Run)
	run(t, derive.New(log, newcomers{}, derive.Config{Service: "gap-projection", Bucket: readmodel.Networks,
		Inputs: []string{events.FilterContext(events.People), events.FilterContext(events.Role)}, Owns: []events.Context{events.Gap}}).Run)
	return &product{t: t, log: log, url: server.URL, reg: reg}
}

// run runs something for as long as the test lasts, and waits for its end.
func run(t *testing.T, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// silent rules derive nothing.
type silent struct{}

func (silent) Step(*projection.Docs, events.Event) ([]events.Event, error) { return nil, nil }
func (silent) Stated(*projection.Docs, events.Event) error                 { return nil }

// newcomers rules say that whoever joins lacks a mentor and a sponsor.
type newcomers struct{ silent }

func (newcomers) Step(_ *projection.Docs, in events.Event) ([]events.Event, error) {
	if _, ok := in.Fact.(*events.PersonJoined); !ok {
		return nil, nil
	}
	return []events.Event{gap(in.Subject, events.Sponsor, 30), gap(in.Subject, events.Mentor, 60)}, nil
}

func gap(person string, role events.RoleName, severity int) events.Event {
	return events.Event{Context: events.Gap, Subject: person, Time: time.Now(),
		Fact: &events.GapOpened{Gap: events.MissingRole, Role: role, Severity: severity, Reason: "none-active", Since: time.Now(), Ruleset: "1"}}
}

// add appends a fact about ann and returns its sequence.
func (p *product) add(c events.Context, f events.Fact) uint64 {
	p.t.Helper()
	p.n++
	acks, err := p.log.Append(p.t.Context(), events.Event{ID: factID(uint64(p.n)), Source: "/test", Context: c, Subject: string(ann), Time: time.Now(), Fact: f})
	if err != nil {
		p.t.Fatal(err)
	}
	return acks[0].Seq
}

// get asks for a path as a viewer, and returns status and body.
func (p *product) get(path, viewer string, header ...string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", viewer)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (p *product) inbox(query string) InboxAnswer {
	p.t.Helper()
	code, body := p.get("/notification/v1/people/"+string(ann)+"/inbox"+query, "person:"+string(ann))
	var r InboxAnswer
	if err := json.Unmarshal([]byte(body), &r); err != nil || code != http.StatusOK {
		p.t.Fatalf("%d %s %v", code, body, err)
	}
	return r
}

func after(seq uint64) string { return "?after=" + strconv.FormatUint(seq, 10) }

func TestFromAFactToTheInboxAndBack(t *testing.T) {
	p := start(t)
	got := p.inbox(after(p.add(events.People, &events.PersonJoined{Level: 3, EffectiveAt: time.Now()})))
	if len(got.Nudges) != 1 || got.Nudges[0].Role != events.Mentor || got.Nudges[0].Action != "ask" || got.Waiting != 1 || got.Counts.Open != 1 {
		t.Fatalf("got %+v", got)
	}
	n := got.Nudges[0].ID
	for _, soon := range []time.Duration{2 * time.Second, 15 * time.Second, time.Minute} { // on a slow machine the first have passed
		got = p.inbox(after(p.add(events.Reply, &events.NudgeSnoozed{Nudge: n, Until: time.Now().Add(soon)})))
		if got.Counts.Snoozed == 1 {
			break
		}
	}
	if got.Counts.Snoozed != 1 || got.Nudges[0].SnoozedUntil.IsZero() {
		t.Fatalf("got %+v", got)
	}
	for deadline := time.Now().Add(2 * time.Minute); p.inbox("").Counts.Open != 1; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a snoozed nudge never came back")
		}
	}
	got = p.inbox(after(p.add(events.Reply, &events.NudgeDone{Nudge: n})))
	if got.Counts.Past != 1 || got.Nudges[0].State != readmodel.NudgeDone || got.Nudges[0].EndedAt.IsZero() {
		t.Fatalf("got %+v", got)
	}
	want := `# HELP kith_nudges_total Decisions on whether a person is told of a gap, by outcome, since the process began.
# TYPE kith_nudges_total counter
kith_nudges_total{outcome="planned"} 1
kith_nudges_total{outcome="suppressed"} 1
`
	if err := testutil.GatherAndCompare(p.reg, strings.NewReader(want), "kith_nudges_total"); err != nil {
		t.Error(err)
	}
}

func TestPages(t *testing.T) {
	box := &readmodel.Inbox{Person: ann}
	states := []readmodel.NudgeState{readmodel.NudgeDone, readmodel.NudgeOpen, readmodel.NudgeSnoozed, readmodel.NudgeIgnored, readmodel.NudgeOpen, readmodel.NudgeActedOn}
	for i, state := range states {
		at := begin.AddDate(0, 0, 8*i)
		box.Add(readmodel.Nudge{ID: factID(uint64(i)), Severity: 10 * i, State: state, Planned: at, Until: at, Ended: at})
	}
	var order []readmodel.NudgeState
	for req := (inboxRequest{person: ann, limit: 1}); ; {
		p, err := page(box, 7, req)
		if err != nil || len(p.Nudges) != 1 || p.Counts != (Counts{Open: 2, Snoozed: 1, Past: 3}) || p.AsOf != 7 {
			t.Fatalf("%+v, %v", p, err)
		}
		order = append(order, p.Nudges[0].State)
		if req.cursor = events.FactID(p.Next); p.Next == "" {
			break
		}
	}
	if want := []readmodel.NudgeState{"open", "open", "snoozed", "acted-on", "ignored", "done"}; !slices.Equal(order, want) {
		t.Errorf("the pages hold %v", order)
	}
	if p, _ := page(box, 7, inboxRequest{state: "past", limit: 2}); len(p.Nudges) != 2 || p.Next == "" || p.Nudges[0].State != readmodel.NudgeActedOn {
		t.Errorf("past: %+v", p)
	}
	if _, err := page(box, 7, inboxRequest{cursor: factID(99), limit: 2}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a cursor that is gone: %v", err)
	}
}

func TestNobodyElseReadsAnInbox(t *testing.T) {
	p := start(t)
	path := "/notification/v1/people/" + string(ann) + "/inbox"
	for _, viewer := range []string{"", "person:p3333333333333333", "service:portal", "integration:slack"} {
		if code, body := p.get(path, viewer); code != http.StatusForbidden {
			t.Errorf("%q reads it: %d %s", viewer, code, body)
		}
	}
	got := p.inbox("")
	if got.Nudges == nil || len(got.Nudges) != 0 || got.Person != ann {
		t.Errorf("an empty inbox is %+v", got)
	}
}

func TestFaultyParametersAreNamedAllAtOnce(t *testing.T) {
	p := start(t)
	code, body := p.get("/notification/v1/people/hr:42/inbox?state=old&limit=0&cursor=1&after=x", "person:"+string(ann))
	if code != http.StatusUnprocessableEntity {
		t.Errorf("status %d", code)
	}
	for _, field := range []string{"person", "state", "limit", "cursor", "after"} {
		if !strings.Contains(body, `"field":"`+field+`"`) {
			t.Errorf("nothing about %s in %s", field, body)
		}
	}
	if code, _ := p.get("/notification/v1/people/"+string(ann)+"/inbox?after=999999", "person:"+string(ann)); code != http.StatusServiceUnavailable {
		t.Errorf("a fact that is not there: status %d", code)
	}
}

func TestFilters(t *testing.T) {
	for filter, want := range map[string]bool{
		"kith.gap.>": true, "kith.gap.*.GapOpened": true, "kith.gap.*": false, "kith.gap.*.GapClosed": false, "kith.reply.>": false, "": false,
	} {
		if got := matches(strings.Split(filter, "."), strings.Split("kith.gap."+string(ann)+".GapOpened", ".")); got != want {
			t.Errorf("%q matches: %v", filter, got)
		}
	}
}
