package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/natsembed"
)

// TestMain lets the test binary be a service's binary, for tests that send it signals.
func TestMain(m *testing.M) {
	if os.Getenv("KITH_TEST_SERVICE") == "" {
		os.Exit(m.Run())
	}
	os.Args = os.Args[:1]
	Main("intake", func(context.Context, *Env) (Service, error) { return stubborn{}, nil })
}

// stubborn never ends; its handler greets.
type stubborn struct{}

func (stubborn) Name() string { return "intake" }

func (stubborn) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
}

func (stubborn) Run(context.Context) error { select {} }

func (stubborn) Ready() error { return nil }

// docile ends when asked.
type docile struct{ stubborn }

func (docile) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func build(context.Context, *Env) (Service, error) { return docile{}, nil }

// call runs the command with an environment and returns its exit code and what it wrote.
func call(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = command(t.Context(), "intake", build, args, func(k string) string { return env[k] }, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpAndVersionGoToStdout(t *testing.T) {
	code, out, _ := call(t, nil, "--help")
	for _, want := range []string{"--http-addr address", "[KITH_HTTP_ADDR]", ":8081", "[NATS_URL]", "[NATS_CREDS]", "[KITH_REPLICAS]", "[KITH_LOG_LEVEL]", "[KITH_MASTER_KEY_FILE]", "[KITH_TENANT_KEY_FILE]"} {
		if !strings.Contains(out, want) {
			t.Errorf("help has no %s:\n%s", want, out)
		}
	}
	if code != 0 {
		t.Errorf("--help exits %d", code)
	}
	if code, out, _ := call(t, nil, "--version"); code != 0 || out != "intake "+Version()+"\n" {
		t.Errorf("--version: %d %q", code, out)
	}
}

func TestAWrongCallExitsWith2(t *testing.T) {
	for want, c := range map[string]struct {
		env  map[string]string
		args []string
	}{
		"-nope":            {nil, []string{"--nope"}},
		`"extra"`:          {nil, []string{"extra"}},
		"--replicas is 2":  {nil, []string{"--replicas", "2"}},
		"KITH_REPLICAS is": {map[string]string{"KITH_REPLICAS": "many"}, nil},
		"KITH_LOG_LEVEL":   {map[string]string{"KITH_LOG_LEVEL": "loud"}, nil},
	} {
		if code, out, err := call(t, c.env, c.args...); code != 2 || !strings.Contains(err, want) || out != "" {
			t.Errorf("%v: exit %d, stdout %q, stderr %q; want 2 and %q on stderr", c, code, out, err, want)
		}
	}
}

func TestFlagsWinOverTheEnvironment(t *testing.T) {
	env := map[string]string{"NATS_URL": "nats://env", "KITH_REPLICAS": "3", "KITH_HTTP_ADDR": ":1"}
	var s settings
	if err := parse(s.flags("intake"), &s, []string{"--http-addr", ":2"}, func(k string) string { return env[k] }); err != nil {
		t.Fatal(err)
	}
	if s.httpAddr != ":2" || s.natsURL != "nats://env" || s.replicas != 3 {
		t.Errorf("%+v", s)
	}
}

func TestAKeyFileIsReadOrRefusedWithoutShowingIt(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := bytes.Repeat([]byte{9}, 32)
	if got, err := ReadKey(write(base64.StdEncoding.EncodeToString(key) + "\n")); err != nil || !bytes.Equal(got, key) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"c2VjcmV0", "secret!"} {
		if _, err := ReadKey(write(text)); err == nil || strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "openssl") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if code, _, err := call(t, map[string]string{"KITH_MASTER_KEY_FILE": "/nowhere"}); code != 1 || !strings.Contains(err, "/nowhere") {
		t.Errorf("a key file that is absent: exit %d, %s", code, err)
	}
}

// output is what a command writes, while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// addr waits for the log line that names the address, and thereby asserts that logs are JSON.
func (o *output) addr(t *testing.T) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		for line := range strings.Lines(o.String()) {
			var entry struct{ Msg, Addr, Service string }
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatalf("not a JSON log line: %s", line)
			}
			if entry.Msg == "listening" && entry.Service == "intake" {
				return "http://" + entry.Addr
			}
		}
	}
	t.Fatalf("never listened:\n%s", o)
	return ""
}

// until polls url until it answers with code.
func until(t *testing.T, url string, code int) string {
	t.Helper()
	last := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if last = fmt.Sprint(resp.StatusCode, " ", string(body)); resp.StatusCode == code {
			return string(body)
		}
	}
	t.Fatalf("%s never answered %d, but %s", url, code, last)
	return ""
}

func TestAServiceLivesBeforeNATSDoesAndOverItsRestart(t *testing.T) {
	dir := t.TempDir()
	nats := startNATS(t, dir, "127.0.0.1:0")
	url := nats.URL()
	nats.Close()

	ctx, cancel := context.WithCancel(t.Context())
	stderr, done := &output{}, make(chan int, 1)
	args := []string{"--http-addr", "127.0.0.1:0", "--nats-url", url}
	go func() { done <- command(ctx, "intake", build, args, os.Getenv, io.Discard, stderr) }()
	web := stderr.addr(t)
	until(t, web+"/healthz", 200)
	until(t, web+"/readyz", 503)
	until(t, web+"/intake/v1/x", 503)

	nats = startNATS(t, dir, strings.TrimPrefix(url, "nats://"))
	until(t, web+"/readyz", 200)
	if body := until(t, web+"/intake/v1/x", 200); body != "hello" {
		t.Errorf("the built service answers %q", body)
	}
	nats.Close()
	if body := until(t, web+"/readyz?verbose", 503); !strings.Contains(body, "NATS is not connected") {
		t.Errorf("without NATS: %s", body)
	}
	startNATS(t, dir, strings.TrimPrefix(url, "nats://"))
	until(t, web+"/readyz", 200)

	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

func startNATS(t *testing.T, dir, addr string) *natsembed.Server {
	t.Helper()
	s, err := natsembed.Start(natsembed.Config{Dir: dir, Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestNotReadyFromTheFirstMomentOfTheEnd(t *testing.T) {
	e := newEnding(t.Context(), slog.New(slog.DiscardHandler))
	h := routes(prometheus.NewRegistry(), e, []Service{docile{}})
	e.begin(nil)
	for path, want := range map[string]int{"/readyz": 503, "/healthz": 200, "/intake/v1/x": 200} {
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil)); rec.Code != want {
			t.Errorf("%s while stopping: %d, want %d", path, rec.Code, want)
		}
	}
}

// Whoever waits for NATS says where, and can be stopped.
func TestAStopWhileWaitingForNATSIsClean(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stderr, done := &output{}, make(chan int, 1)
	args := []string{"--http-addr", "127.0.0.1:0", "--nats-url", "nats://secret@127.0.0.1:1,nats://127.0.0.1:2"}
	go func() { done <- command(ctx, "intake", build, args, os.Getenv, io.Discard, stderr) }()
	stderr.addr(t)
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(stderr.String(), `"waiting for NATS"`) && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if said := stderr.String(); !strings.Contains(said, `"url":"nats://127.0.0.1:1,nats://127.0.0.1:2"`) || strings.Contains(said, "secret") {
		t.Errorf("it waits and says %s", said)
	}
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit %d:\n%s", code, stderr)
	}
}

func TestTheSecondSignalEndsAtOnce(t *testing.T) {
	nats := startNATS(t, t.TempDir(), "127.0.0.1:0")
	stderr := &output{}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), "KITH_TEST_SERVICE=1", "KITH_HTTP_ADDR=127.0.0.1:0", "NATS_URL="+nats.URL())
	child.Stderr = stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, stderr.addr(t)+"/readyz", 200)

	terminate(t, child)
	for !strings.Contains(stderr.String(), `"stopping"`) {
		time.Sleep(5 * time.Millisecond)
	}
	ended := make(chan struct{})
	go func() { child.Wait(); close(ended) }() //nolint:errcheck // its state is what is asked
	for again := true; again; {                // one that comes in the same instant as the first may still be part of it
		child.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		select {
		case <-ended:
			again = false
		case <-time.After(50 * time.Millisecond):
		}
	}
	status := child.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("the child ended with %v:\n%s", child.ProcessState, stderr)
	}
}

func terminate(t *testing.T, child *exec.Cmd) {
	t.Helper()
	if err := child.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
