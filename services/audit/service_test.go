package audit_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/apitest"
)

const (
	ann      = "person:paaaaaaaaaaaaaaaa"
	operator = "service:operator"
)

var tenantKey = []byte("a tenant's key of thirty-two byte")

// place is a service under test.
type place struct {
	t   *testing.T
	log *eventlog.Log
	url string
	s   *audit.Service

	facts int // that say has appended
}

func start(t *testing.T) *place {
	t.Helper()
	return startOn(t, natstest.Fast(t))
}

func startOn(t *testing.T, nc *nats.Conn) *place {
	t.Helper()
	return startWith(t, nc, "")
}

// startWith starts a service that seals the log with the keys of a file.
func startWith(t *testing.T, nc *nats.Conn, keyFile string) *place {
	t.Helper()
	l := open(t, nc)
	env := &app.Env{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), NATS: nc, EventLog: l, TenantKey: tenantKey, Replicas: 1, SigningKeyFile: keyFile}
	s, err := audited.New(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return &place{t: t, log: l, url: server.URL + "/" + audit.Name + "/v1/", s: s}
}

func open(t *testing.T, nc *nats.Conn) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// get asks, and holds the answer against a schema of openapi.yaml, or that of problems.
func (p *place) get(path, viewer, schema string) (code int, answer string) {
	p.t.Helper()
	return p.getFor(path, viewer, "", schema)
}

// getFor is get of who says what for.
func (p *place) getFor(path, viewer, purpose, schema string) (code int, answer string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), "GET", p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set(access.Header, viewer)
	if purpose != "" {
		req.Header.Set(access.PurposeHeader, purpose)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		schema = "Problem"
	}
	apitest.Read(p.t).Check(p.t, schema, string(text))
	return resp.StatusCode, string(text)
}

func TestStatus(t *testing.T) {
	p := start(t)
	code, answer := p.get("status", operator, "Status")
	if code != 200 || !strings.Contains(answer, `"role-classifier":"`) {
		t.Errorf("%d %s", code, answer)
	}
	for _, viewer := range []string{"", ann, "integration:hr"} {
		if code, answer := p.get("status", viewer, "Status"); code != 403 {
			t.Errorf("%q: %d %s", viewer, code, answer)
		}
	}
}
