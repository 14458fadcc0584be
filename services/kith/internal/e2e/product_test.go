package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/natstest"
)

// bin is where TestMain has built the binaries.
var bin string

func TestMain(m *testing.M) {
	if natstest.Main() {
		return
	}
	dir, err := os.MkdirTemp("", "kith-e2e-*")
	if err != nil {
		panic(err)
	}
	bin = dir
	code := 1
	if err := buildAll(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

var serviceNames = []string{"intake", "role-classifier", "gap-projection", "notification", "audit"}

func buildAll() error {
	targets := []string{"kith.internal/services/kith", "kith.internal/libs/translog/cmd/kith-proof"}
	for _, s := range serviceNames {
		targets = append(targets, "kith.internal/services/"+s+"/cmd/"+s)
	}
	out, err := exec.Command("go", append([]string{"build", "-o", bin + "/"}, targets...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// process is a running binary.
type process struct {
	cmd    *exec.Cmd
	lines  chan string // of stdout and stderr
	mu     sync.Mutex
	output bytes.Buffer
	ended  chan struct{}
	url    string // of its HTTP, where the test wants to know
}

func start(t testing.TB, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(filepath.Join(bin, name), args...), lines: make(chan string, 10_000), ended: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go p.read(r)
	go func() { p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGCONT)
		p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.said())
		}
	})
	return p
}

func (p *process) read(r io.Reader) {
	for s := bufio.NewScanner(r); s.Scan(); {
		p.mu.Lock()
		fmt.Fprintln(&p.output, s.Text())
		p.mu.Unlock()
		select {
		case p.lines <- s.Text():
		default:
		}
	}
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// await returns the first match of a pattern's first group in what the process says.
func (p *process) await(t testing.TB, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(3 * time.Minute)
	for {
		select {
		case line := <-p.lines:
			if m := re.FindStringSubmatch(line); m != nil {
				return m[1]
			}
		case <-p.ended:
			t.Fatalf("it ended before it said %s:\n%s", pattern, p.said())
		case <-deadline:
			t.Fatalf("it never said %s:\n%s", pattern, p.said())
		}
	}
}

// stop sends SIGTERM and returns the exit code and how long it took.
func (p *process) stop(t testing.TB) (code int, took time.Duration) {
	t.Helper()
	began := time.Now()
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode(), time.Since(began)
	case <-time.After(30 * time.Second):
		t.Fatalf("it did not stop:\n%s", p.said())
	}
	return 0, 0
}

// metric is the value of a metric without labels of its own, or "".
func (p *process) metric(t testing.TB, name string) string {
	t.Helper()
	client := http.Client{Timeout: time.Second} // a frozen process does not answer
	resp, err := client.Get(p.url + "/metrics")
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	for s := bufio.NewScanner(resp.Body); s.Scan(); {
		if strings.HasPrefix(s.Text(), name+"{") {
			return s.Text()[strings.LastIndexByte(s.Text(), ' ')+1:]
		}
	}
	return ""
}

func (p *process) kill() { p.cmd.Process.Kill(); <-p.ended }

// product is a running Kith.
type product struct {
	url      string // of the HTTP APIs
	nats     string
	replicas int
	all      *process // where everything is one process
}

// together runs kith up on a data directory.
func together(t testing.TB, dir string, args ...string) *product {
	t.Helper()
	p := start(t, "kith", append([]string{"up", "--data-dir", dir, "--http-addr", "127.0.0.1:0", "--nats-addr", "127.0.0.1:0"}, args...)...)
	u := &product{all: p}
	u.url = p.await(t, `(http://127\.0\.0\.1:\d+)`)
	u.nats = p.await(t, `(nats://127\.0\.0\.1:\d+)`)
	u.awaitReady(t)
	return u
}

// apart runs each service as a process of its own against a NATS server of its own.
func apart(t testing.TB) *product {
	t.Helper()
	s, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(t.TempDir(), "nats"), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	_, u := startFleet(t, s.URL(), 1)
	return u
}

func keyFiles(t testing.TB, dir string) []string {
	t.Helper()
	var args []string
	for _, name := range []string{"master", "tenant"} {
		path := filepath.Join(dir, name+".key")
		key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(name[:1]), 32))
		if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--"+name+"-key-file", path)
	}
	return args
}

func (u *product) awaitReady(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := http.Get(u.url + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("not ready within a minute")
}

// log opens the product's log as one of its services would.
func (u *product) log(t testing.TB) *eventlog.Log {
	t.Helper()
	nc, err := nats.Connect(u.nats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l, err := eventlog.Open(context.Background(), nc, eventlog.Config{Service: "e2e", Replicas: u.replicas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// kith runs a command of the CLI against the product and returns what it prints.
func (u *product) kith(t testing.TB, args ...string) (stdout string, code int) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "kith"), args...)
	cmd.Env = append(os.Environ(), "KITH_SERVER="+u.url, "NO_COLOR=1", "TZ=UTC")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("$ kith %s → %d\n%s%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), out.String(), errs.String())
	return out.String(), cmd.ProcessState.ExitCode()
}
