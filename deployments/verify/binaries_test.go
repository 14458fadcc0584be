package verify

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bin is where TestMain has put the binaries, each in a folder of its service: bin/intake/service.
var bin string

// builtVersion is the version the binaries are built as.
const builtVersion = "v0.0.0-verify"

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kith-verify-*")
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
	os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	os.Exit(code)
}

// buildAll builds each service, and the all-in-one, by the very script the Dockerfile runs.
func buildAll() error {
	dockerfile, err := os.ReadFile(filepath.Join(root, "deployments", "Dockerfile"))
	if err != nil {
		return err
	}
	script := buildScript.FindSubmatch(dockerfile)
	if script == nil {
		return errors.New("the Dockerfile has no script that builds")
	}
	mains, err := filepath.Glob(filepath.Join(root, "services", "*", "cmd", "*"))
	if err != nil {
		return err
	}
	for _, path := range append(mains, "kith") {
		service := filepath.Base(path)
		if err := buildOne(service, strings.ReplaceAll(string(script[1]), "/out/", filepath.Join(bin, service)+"/")); err != nil {
			return err
		}
	}
	return nil
}

var buildScript = regexp.MustCompile(`(?s)<<'EOF'\n(.*?\n)EOF\n`)

func buildOne(service, script string) error {
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "SERVICE="+service, "VERSION="+builtVersion, "GOWORK=off", "CGO_ENABLED=0",
		"TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", service, err, out)
	}
	return nil
}

// variables are the environment variables a service's --help says it reads.
func variables(t *testing.T, service string) []string {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), filepath.Join(bin, service, "service"), "--help").Output()
	if err != nil {
		t.Fatalf("%s --help: %v", service, err)
	}
	var out []string
	for _, m := range helpVariable.FindAllSubmatch(help, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

var (
	helpVariable = regexp.MustCompile(`\[([A-Z_]+)\]`)
	// ownVariable is one a service of Kith reads; the others are read by the Go runtime or by NATS.
	ownVariable = regexp.MustCompile(`^(KITH|NATS)_`)
)

// checkEnvironment: a variable that no flag stands behind is a setting that silently does nothing.
func checkEnvironment(t *testing.T, where, service string, env map[string]string) {
	t.Helper()
	if !slices.Contains(services(t), service) {
		t.Errorf("%s: no such service", where)
		return
	}
	for name := range env {
		if ownVariable.MatchString(name) && !slices.Contains(variables(t, service), name) {
			t.Errorf("%s: %s is read by no flag", where, name)
		}
	}
}

// start runs a service with nothing but these variables, until the test ends, and returns the address it
// listens on. It has to end with 0 on SIGTERM, as Docker and Kubernetes send it.
func start(t *testing.T, service string, env []string) (addr string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, service, "service"))
	cmd.Env = env
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard, said := make(chan string, 1), make(chan string, 1)
	go listen(stderr, heard, said)
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait says what became of it
		text := <-said
		if err := cmd.Wait(); err != nil || t.Failed() {
			t.Errorf("%s ended: %v\n%s", service, err, text)
		}
	})
	select {
	case addr = <-heard:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not listen", service)
	}
	return addr
}

var listening = regexp.MustCompile(`"addr":"([^"]+)"`)

// listen hands over the address a log names, and at its end the whole log.
func listen(log io.Reader, heard, said chan<- string) {
	text := ""
	for lines := bufio.NewScanner(log); lines.Scan(); text += lines.Text() + "\n" {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			select {
			case heard <- m[1]:
			default:
			}
		}
	}
	said <- text
}
