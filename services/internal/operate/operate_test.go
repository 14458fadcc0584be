package operate_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/kit"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/apitest"
	"kith.internal/services/internal/operate"
)

const service = "notification"

// seen are rules that keep who was seen.
type seen struct{}

func (seen) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	d.Put("seen."+string(in.Person()), &struct{ Seq uint64 }{in.Seq})
	return nil, nil
}

func (seen) Stated(*projection.Docs, events.Event) error { return nil }

// serve runs an engine that has handled n facts, and what operators do with it.
func serve(t *testing.T, n int) (url string) {
	t.Helper()
	l, err := eventlog.Open(t.Context(), natstest.Fast(t), eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	for range n {
		at := time.Now().UTC()
		e := events.Event{ID: events.IncomingID([]byte("k"), "test", at.String()), Source: "/test", Context: events.People, Time: at,
			Subject: "paaaaaaaaaaaaaaaa", Fact: &events.PersonLeft{EffectiveAt: at}}
		if _, err := l.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	engine := derive.New(l, seen{}, derive.Config{Service: service, Bucket: "kith_test", Inputs: []string{"kith.people.>"}, Owns: []events.Context{events.Nudge}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	mux := &kit.Mux{}
	operate.Routes(mux, service, engine, access.New(l, service), kit.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r, err := projection.OpenReader(t.Context(), l.JetStream(), "kith_test", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Wait(t.Context(), uint64(n)); err != nil {
		t.Fatal(err)
	}
	return server.URL + "/" + service + "/v1"
}

// ask sends a request and holds its answer against openapi.yaml.
func ask(t *testing.T, url, method, path, viewer, body string) (code int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(access.Header, viewer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	schema := "Problem"
	if resp.StatusCode == http.StatusOK {
		schema = "Rebuild"
	}
	apitest.Read(t).Check(t, schema, string(text))
	return resp.StatusCode, string(text)
}

func TestOperatorsRebuild(t *testing.T) {
	url := serve(t, 20)
	const operator = "service:operator"
	expect := func(want int, method, path, viewer, body string) string {
		t.Helper()
		code, answer := ask(t, url, method, path, viewer, body)
		if code != want {
			t.Errorf("%s %s as %q answers %d, not %d: %s", method, path, viewer, code, want, answer)
		}
		return answer
	}
	expect(404, "GET", "/rebuilds", operator, "")
	for _, viewer := range []string{"", "person:paaaaaaaaaaaaaaaa", "integration:hr"} {
		expect(403, "GET", "/rebuilds", viewer, "")
		expect(403, "POST", "/rebuilds", viewer, "{}")
		expect(403, "DELETE", "/rebuilds", viewer, "")
		expect(403, "POST", "/rebuilds/pause", viewer, "")
		expect(403, "POST", "/rebuilds/resume", viewer, "")
	}
	expect(422, "POST", "/rebuilds", operator, `{"person":"hr:42"}`)
	expect(400, "POST", "/rebuilds", operator, `{"person":"paaaaaaaaaaaaaaaa"}`) // these rules keep nothing of one person
	expect(400, "POST", "/rebuilds", operator, `{"dryRun":1}`)
	expect(409, "POST", "/rebuilds/pause", operator, "")
	expect(200, "POST", "/rebuilds", operator, `{"dryRun":true}`)
	var r derive.Rebuild
	for deadline := time.Now().Add(30 * time.Second); r.Ended.IsZero() && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err := json.Unmarshal([]byte(expect(200, "GET", "/rebuilds", operator, "")), &r); err != nil {
			t.Fatal(err)
		}
	}
	if r.State != derive.Done || r.Switched || r.Report == nil || r.Report.Same != 1 || r.Facts != 20 || r.Total != 20 {
		t.Errorf("%+v %+v", r, r.Report)
	}
	expect(409, "DELETE", "/rebuilds", operator, "")
}
