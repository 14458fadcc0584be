package verify

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// TestComposeRuns starts what compose.yaml says, short of containers: NATS with the configuration
// deployed, and each service's binary with the environment that compose gives it, addresses and files
// replaced. Each has to become ready, and to show no metric that ScanMetrics does not know.
func TestComposeRuns(t *testing.T) {
	project, declared := composeProject(t), codeMetrics(t)
	replaced := map[string]string{
		"KITH_HTTP_ADDR":       "127.0.0.1:0",
		"NATS_URL":             startNATS(t),
		"KITH_MASTER_KEY_FILE": keyFile(t, "m"),
		"KITH_TENANT_KEY_FILE": keyFile(t, "t"),
	}
	for _, name := range services(t) {
		t.Run(name, func(t *testing.T) {
			var env []string
			for key, value := range composeEnv(project, name) {
				if other, ok := replaced[key]; ok {
					value = other
				}
				env = append(env, key+"="+value)
			}
			base := "http://" + start(t, name, env)
			awaitReady(t, base, name)
			checkShown(t, declared, name, scrape(t, base))
		})
	}
}

// startNATS runs the deployed configuration in this process, on a port and in a folder of its own.
func startNATS(t *testing.T) (url string) {
	t.Helper()
	opts := natsOptions(t, "deployments/nats/nats.conf")
	opts.Host, opts.Port, opts.HTTPPort = "127.0.0.1", server.RANDOM_PORT, 0
	opts.StoreDir, opts.PidFile = t.TempDir(), ""
	opts.NoSigs, opts.NoLog = true, true
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS is not ready")
	}
	return s.ClientURL()
}

func keyFile(t *testing.T, letter string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(letter), 32))
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func awaitReady(t *testing.T, base, name string) {
	t.Helper()
	code, body := 0, ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if code, body = get(t, base+"/readyz?verbose"); code == http.StatusOK {
			return
		}
	}
	t.Fatalf("%s is not ready: %d %s", name, code, body)
}

func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func scrape(t *testing.T, base string) map[string]*dto.MetricFamily {
	t.Helper()
	_, text := get(t, base+"/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// checkShown holds what the process shows against what was found in its source, and so the finder against
// the truth.
func checkShown(t *testing.T, declared map[string]Metric, service string, shown map[string]*dto.MetricFamily) {
	t.Helper()
	if info := shown["kith_build_info"]; info == nil || label(info.Metric[0], "version") != builtVersion {
		t.Errorf("kith_build_info is %v", info)
	}
	for name, family := range shown {
		m, ok := declared[name]
		if !strings.HasPrefix(name, "kith_") {
			continue
		}
		if kind := family.GetType().String(); !ok || m.Kind != "" && !strings.EqualFold(kind, m.Kind) {
			t.Errorf("%s is shown as %s, declared as %q at %s", name, kind, m.Kind, m.Where)
		}
		for _, pair := range family.Metric[0].Label {
			if !slices.Contains(m.Labels, pair.GetName()) {
				t.Errorf("%s has the label %s, which its declaration does not name", name, pair.GetName())
			}
		}
		if of := label(family.Metric[0], "service"); of != service {
			t.Errorf("%s says it is of %s", name, of)
		}
	}
}

func label(m *dto.Metric, name string) string {
	for _, pair := range m.Label {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
