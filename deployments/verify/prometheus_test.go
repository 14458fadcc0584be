package verify

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// prometheusDir is where rules, their tests and the scrape configuration stand.
var prometheusDir = filepath.Join(root, "deployments", "prometheus")

func alertRules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(filepath.Join(prometheusDir, "alerts.yml"), false,
		model.LegacyValidation, parser.NewParser(parser.Options{}), slog.Default())
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil {
		t.FailNow()
	}
	var rules []rulefmt.Rule
	for _, g := range groups.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules
}

func TestAlertsNameWhatExists(t *testing.T) {
	c := newCatalogue(t)
	for _, r := range alertRules(t) {
		have, _ := c.check(t, r.Alert, r.Expr)
		for name, text := range r.Annotations {
			checkTemplate(t, r.Alert+" "+name, text, have)
		}
	}
}

// TestAlertsTellWhatToDo: an alert nobody can act on is noise, and one without `for` is a false alarm.
func TestAlertsTellWhatToDo(t *testing.T) {
	for _, r := range alertRules(t) {
		for _, name := range []string{"summary", "description", "action"} {
			if r.Annotations[name] == "" {
				t.Errorf("%s has no %s", r.Alert, name)
			}
		}
		if !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
			t.Errorf("%s: severity %q", r.Alert, r.Labels["severity"])
		}
		if r.For == 0 {
			t.Errorf("%s fires at once", r.Alert)
		}
	}
}

// TestPromtool runs the rules' unit tests. It is the one check that takes a program from outside:
// KITH_REQUIRE_PROMTOOL makes its absence a failure, as in .ci/run.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("KITH_REQUIRE_PROMTOOL") != "" {
			t.Fatal(err)
		}
		t.Skip("promtool is not on PATH: the alerts' unit tests did NOT run (Debian: apt install prometheus)")
	}
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"},
		{"test", "rules", "alerts_test.yml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = prometheusDir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}

// TestEveryAlertHasAUnitTest reads which alerts alerts_test.yml speaks of.
func TestEveryAlertHasAUnitTest(t *testing.T) {
	tests := string(readFile(t, "deployments/prometheus/alerts_test.yml"))
	for _, r := range alertRules(t) {
		if !strings.Contains(tests, r.Alert) {
			t.Errorf("%s has no unit test", r.Alert)
		}
	}
}

func TestPrometheusScrapesEveryService(t *testing.T) {
	var cfg struct {
		ScrapeConfigs []struct {
			Job     string `json:"job_name"`
			Statics []struct {
				Targets []string `json:"targets"`
			} `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal(readFile(t, "deployments/prometheus/prometheus.yml"), &cfg); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, job := range cfg.ScrapeConfigs {
		for _, s := range job.Statics {
			got = append(got, s.Targets...)
		}
	}
	project := composeProject(t)
	for _, name := range services(t) {
		want = append(want, name+envPort(t, name, composeEnv(project, name)["KITH_HTTP_ADDR"]))
	}
	sameSet(t, "scrape targets", got, want)
}
