package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"kith.internal/libs/app"
	"kith.internal/libs/live"
)

// part is a service whose every step a test can hold.
type part struct {
	name   string
	handle http.HandlerFunc
	run    func(context.Context) error
	broken atomic.Bool
}

func (p *part) Name() string { return p.name }

func (p *part) Handler() http.Handler {
	if p.handle == nil {
		return nil
	}
	return p.handle
}

func (p *part) Run(ctx context.Context) error {
	if p.run != nil {
		return p.run(ctx)
	}
	<-ctx.Done()
	return ctx.Err()
}

func (p *part) Ready() error {
	if p.broken.Load() {
		return errors.New("3 facts behind")
	}
	return nil
}

// serve runs Serve until stop is called, which returns what Serve returned.
func serve(t *testing.T, services ...app.Service) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	addr, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- app.Serve(ctx, app.Config{HTTPAddr: "127.0.0.1:0", OnListen: func(a string) { addr <- a }}, services...)
	}()
	stop = func() error { cancel(); return <-done }
	select {
	case a := <-addr:
		return "http://" + a, stop
	case err := <-done:
		t.Fatal(err)
	}
	return "", stop
}

// get uses a connection of its own, so that none is left when the test ends.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func TestOneMuxServesThemAll(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	url, stop := serve(t, &part{name: "one", handle: say("1")}, &part{name: "two", handle: say("2")}, &part{name: "mute"})
	for path, want := range map[string]string{
		"/one/v1/x": "1",
		"/two/v1/x": "2",
		"/healthz":  "ok\n",
		"/readyz":   "ok\n",
		"/metrics":  `kith_build_info{goversion="go`,
		"/mute/v1":  `"type":"urn:kith:problem:route"`,
	} {
		if _, body := get(t, url+path); !strings.Contains(body, want) {
			t.Errorf("GET %s: %.200q, want %q", path, body, want)
		}
	}
	_, metrics := get(t, url+"/metrics")
	for _, want := range []string{`service="one"`, `service="two"`, "go_goroutines ", "process_start_time_seconds "} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("a stop in time: %v", err)
	}
}

// Streams end when the process is asked to stop: whole, and without holding anything up.
func TestStreamsEndWithTheProcess(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	streams := live.New(prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	url, stop := serve(t, &part{name: "one", handle: streams.Handler(func(*http.Request) (live.Source, error) {
		changed, forget := streams.Listen("it")
		return live.Source{Changed: changed, Close: forget, Answer: func(context.Context, uint64) (live.Answer, error) {
			return live.Answer{AsOf: 1, Parts: []live.Part{{Name: "it", Body: []byte(`{}`), Tag: "a"}}}, nil
		}}, nil
	}).ServeHTTP})
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url + "/one/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := stop(); err != nil {
		t.Errorf("a stop in time: %v", err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), "event: it") {
		t.Errorf("the stream was cut off: %v after %q", err, body)
	}
}

func TestReadySaysWhichServiceIsNot(t *testing.T) {
	slow := &part{name: "slow"}
	url, stop := serve(t, &part{name: "fine"}, slow)
	defer stop() //nolint:errcheck // not what is tested
	slow.broken.Store(true)
	if code, body := get(t, url+"/readyz"); code != 503 || body != "not ready\n" {
		t.Errorf("%d %q", code, body)
	}
	if code, body := get(t, url+"/readyz?verbose"); code != 503 || body != "[+] fine ok\n[-] slow: 3 facts behind\nnot ready\n" {
		t.Errorf("%d %q", code, body)
	}
	if code, _ := get(t, url+"/healthz"); code != 200 {
		t.Errorf("healthz is %d: it tells of the process only", code)
	}
}

func TestARequestIsAnsweredBeforeItsServiceEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	entered, ended := make(chan struct{}), make(chan struct{})
	s := &part{name: "s"}
	s.run = func(ctx context.Context) error { defer close(ended); <-ctx.Done(); return nil }
	s.handle = func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		select {
		case <-ended:
			fmt.Fprint(w, "too late")
		case <-time.After(200 * time.Millisecond):
			fmt.Fprint(w, "in time")
		}
	}
	url, stop := serve(t, s)
	stopped := make(chan error, 1)
	go func() { <-entered; stopped <- stop() }()
	if _, body := get(t, url+"/s/v1"); body != "in time" {
		t.Errorf("the request ended %s", body)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestAFailureStopsTheOthers(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for want, run := range map[string]func(context.Context) error{
		"bad: disk on fire": func(context.Context) error { return errors.New("disk on fire") },
		"bad: ended":        func(context.Context) error { return nil },
	} {
		other := false
		good := &part{name: "good", run: func(ctx context.Context) error { <-ctx.Done(); other = true; return ctx.Err() }}
		err := app.Serve(t.Context(), app.Config{HTTPAddr: "127.0.0.1:0"}, good, &part{name: "bad", run: run})
		if err == nil || !strings.HasPrefix(err.Error(), want) || !other {
			t.Errorf("Serve: %v, want %s; the other stopped: %t", err, want, other)
		}
	}
}

func TestNobodyIsWaitedForLongerThanFiveSeconds(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	defer close(held)
	entered := make(chan struct{})
	s := &part{name: "stubborn", run: func(context.Context) error { <-held; return nil }}
	s.handle = func(http.ResponseWriter, *http.Request) { close(entered); <-held }
	url, stop := serve(t, s)
	go http.Get(url + "/stubborn/v1") //nolint:errcheck,bodyclose // never answered
	<-entered
	begun := time.Now()
	err := stop()
	if took := time.Since(begun); err == nil || !strings.Contains(err.Error(), "stubborn did not stop") || took > 5*time.Second {
		t.Errorf("Serve returned %v after %s", err, took)
	}
}

func TestATakenAddressIsAnError(t *testing.T) {
	url, stop := serve(t, &part{name: "s"})
	defer stop() //nolint:errcheck // not what is tested
	if err := app.Serve(t.Context(), app.Config{HTTPAddr: strings.TrimPrefix(url, "http://")}); err == nil {
		t.Error("a second server on the same address")
	}
}

func TestARegistryMayServeTwice(t *testing.T) {
	reg := prometheus.NewRegistry()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := app.Serve(ctx, app.Config{HTTPAddr: "127.0.0.1:0", Registry: reg}, &part{name: "s"}); err != nil {
			t.Fatal(err)
		}
	}
}
