package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const declarations = `package p
import prom "github.com/prometheus/client_golang/prometheus"
const ns = "kith"
func newMetrics(reg prom.Registerer) {
	reg = prom.WrapRegistererWith(prom.Labels{"service": "intake"}, reg)
	prom.NewCounterVec(prom.CounterOpts{Namespace: ns, Name: "facts_total", Help: "h"}, []string{"type"})
	build(reg, prom.GaugeOpts{Namespace: ns, Subsystem: "gaps", Name: "open"})
	prom.NewHistogram(prom.HistogramOpts{Name: ns + "_seconds", ConstLabels: prom.Labels{"zone": "a"}})
	prom.NewDesc("kith_lag", "h", []string{"consumer"}, nil)
	gauge := func(name, help string) prom.Gauge { return prom.NewGauge(prom.GaugeOpts{Name: name, Help: help}) }
	reg.MustRegister(gauge(ns+"_working", "h"), gauge("kith_parked", "h"))
}
`

func TestScanMetricsReadsDeclarations(t *testing.T) {
	got, err := ScanMetrics(writeSource(t, declarations))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"kith_facts_total": "Counter service type",
		"kith_gaps_open":   "Gauge service",
		"kith_seconds":     "Histogram service zone",
		"kith_lag":         " consumer service",
		"kith_working":     "Gauge service",
		"kith_parked":      "Gauge service",
	}
	for name, m := range got {
		if have := m.Kind + " " + strings.Join(m.Labels, " "); have != want[name] {
			t.Errorf("%s: %q, want %q", name, have, want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %d metrics, want %d", len(got), len(want))
	}
}

func TestScanMetricsRefusesWhatItCannotRead(t *testing.T) {
	computed := strings.Replace(declarations, `"facts_total"`, `name()`, 1)
	if _, err := ScanMetrics(writeSource(t, computed)); err == nil {
		t.Error("a computed name was silently left out")
	}
	unseen := strings.Replace(declarations, `gauge(ns+"_working", "h"), gauge("kith_parked", "h")`, ``, 1)
	if _, err := ScanMetrics(writeSource(t, unseen)); err == nil {
		t.Error("a metric nobody is seen to name was silently left out")
	}
	again := strings.Replace(declarations, `"kith_lag"`, `"kith_facts_total"`, 1)
	if _, err := ScanMetrics(writeSource(t, again)); err == nil {
		t.Error("one name with two kinds was accepted")
	}
}

func writeSource(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMetricNamesAreKiths keeps the namespace: dashboards and alerts of others live beside ours.
func TestMetricNamesAreKiths(t *testing.T) {
	metrics := codeMetrics(t)
	for name, m := range metrics {
		if !strings.HasPrefix(name, "kith_") {
			t.Errorf("%s: %s does not begin with kith_", m.Where, name)
		}
		if m.Kind == "Counter" && !strings.HasSuffix(name, "_total") {
			t.Errorf("%s: counter %s does not end with _total", m.Where, name)
		}
		if slices.Contains(m.Labels, "person") {
			t.Errorf("%s: %s would name people", m.Where, name)
		}
	}
}

// codeMetrics are the metrics of Kith itself. That there are none means that the scan is broken.
func codeMetrics(t *testing.T) map[string]Metric {
	t.Helper()
	metrics, err := ScanMetrics(filepath.Join(root, "libs"), filepath.Join(root, "services"))
	if err != nil {
		t.Fatal(err)
	}
	if len(metrics) == 0 {
		t.Fatal("no metric found in libs and services")
	}
	return metrics
}
