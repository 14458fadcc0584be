package kit_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"kith.internal/libs/fault"
	"kith.internal/libs/kit"
)

type greeting struct {
	Name string `json:"name"`
}

type greeted struct {
	Text string `json:"text"`
}

func (greeted) StatusCode() int { return http.StatusCreated }

func (greeted) Headers() http.Header { return http.Header{"X-Seq": {"7"}} }

var errDisk = errors.New("disk on fire")

func greet(_ context.Context, g greeting) (greeted, error) {
	switch g.Name {
	case "nobody":
		return greeted{}, fault.New(fault.NotFound, "unknown-person", "nobody has this name")
	case "defect":
		return greeted{}, errDisk
	}
	return greeted{"hello " + g.Name}, nil
}

// server serves greet the way a service does, and returns what it logs and counts.
func server(t *testing.T) (url string, log *bytes.Buffer, reg *prometheus.Registry) {
	t.Helper()
	log, reg = &bytes.Buffer{}, prometheus.NewRegistry()
	m := kit.NewMetrics(prometheus.WrapRegistererWith(prometheus.Labels{"service": "test"}, reg))
	logger := slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := kit.Handler(greet, kit.JSON[greeting], m.Middleware("greet"), kit.Logging(logger))
	mux := http.NewServeMux()
	mux.Handle("POST /test/v1/greet/{who}", kit.LimitBody(100, h))
	mux.Handle("GET /test/v1/stream", m.Handle("stream", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, log, reg
}

func post(t *testing.T, url, body string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Post(url+"/test/v1/greet/ann@example.org", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, strings.TrimSpace(string(answer))
}

func TestAnEndpointIsServedAsJSON(t *testing.T) {
	url, _, _ := server(t)
	resp, body := post(t, url, `{"name":"Ann"}`)
	if resp.StatusCode != 201 || body != `{"text":"hello Ann"}` || resp.Header.Get("X-Seq") != "7" {
		t.Errorf("%d %s %v", resp.StatusCode, body, resp.Header)
	}
}

func TestErrorsAreProblems(t *testing.T) {
	url, _, _ := server(t)
	for _, c := range []struct {
		body, code string
		status     int
	}{
		{`{"name":"nobody"}`, "unknown-person", 404},
		{`{"name":"defect"}`, "internal", 500},
		{`{"name":7}`, "json", 400},
		{`{"nom":"Ann"}`, "json", 400},
		{`{} {}`, "json", 400},
		{``, "json", 400},
		{`{"name":"` + strings.Repeat("n", 100) + `"}`, "body-too-large", 413},
	} {
		resp, body := post(t, url, c.body)
		if resp.StatusCode != c.status || !strings.Contains(body, "urn:kith:problem:"+c.code+`"`) || strings.Contains(body, "fire") {
			t.Errorf("%q: %d %s, want %d %s", c.body, resp.StatusCode, body, c.status, c.code)
		}
	}
}

func TestEveryRequestIsLoggedByRouteAndKind(t *testing.T) {
	url, log, _ := server(t)
	post(t, url, `{"name":"Ann"}`)
	post(t, url, `{"name":"defect"}`)
	post(t, url, `{`)
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	for i, want := range []string{`"code":201`, `"kind":"internal","error":"disk on fire"`, `"kind":"invalid"`} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"route":"POST /test/v1/greet/{who}"`) || !strings.Contains(lines[i], `"duration"`) {
			t.Errorf("line %d: %s, want %s", i, lines[i], want)
		}
	}
	if strings.Contains(log.String(), "ann@") {
		t.Error("the log names somebody")
	}
}

func TestWhoeverLeavesIsNoFailure(t *testing.T) {
	var log bytes.Buffer
	asked := kit.Logging(slog.New(slog.NewJSONHandler(&log, nil)))(func(ctx context.Context, _ any) (any, error) {
		return nil, fault.Wrap(fault.Unavailable, "log", "the log cannot be read", ctx.Err())
	})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := asked(ctx, nil); err == nil || log.Len() > 0 {
		t.Errorf("%v, logged above debug: %s", err, log.String())
	}
	if _, err := asked(t.Context(), nil); err != nil && !strings.Contains(log.String(), "WARN") {
		t.Errorf("who stays is told of in %s", log.String())
	}
}

func TestEveryRequestIsCounted(t *testing.T) {
	url, _, reg := server(t)
	post(t, url, `{"name":"Ann"}`)
	post(t, url, `{"name":"nobody"}`)
	post(t, url, `{`)
	resp, err := http.Get(url + "/test/v1/stream")
	if err != nil || resp.StatusCode != 202 {
		t.Fatalf("stream: %v, %v", resp, err)
	}
	resp.Body.Close()
	counted := func() int {
		n, err := testutil.GatherAndCount(reg, "kith_http_request_duration_seconds")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	// A stream is counted when it ends, which its client may see before.
	for deadline := time.Now().Add(30 * time.Second); counted() != 4 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := counted(); n != 4 {
		t.Errorf("%d series, want 4: greet 201, 400, 404 and stream 202", n)
	}
	if faults, err := testutil.GatherAndLint(reg); err != nil || len(faults) > 0 {
		t.Errorf("lint: %v, %v", faults, err)
	}
}
