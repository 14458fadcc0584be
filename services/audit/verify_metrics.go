package audit

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type verifyMetrics struct {
	last        prometheus.Gauge
	divergences prometheus.Gauge
	progress    prometheus.Gauge
	facts       prometheus.Counter
}

func newVerifyMetrics(reg prometheus.Registerer) *verifyMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &verifyMetrics{
		last:        gauge("kith_audit_verified_timestamp_seconds", "When all was last verified and nothing differed; where that never was, when this replica was started."),
		divergences: gauge("kith_audit_divergences", "What the last verification found in the log, or in documents, that does not follow from the log."),
		progress:    gauge("kith_audit_verification_progress", "How much of the log a verification has come past, from 0 to 1; 0 when none goes on."),
		facts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kith_audit_verified_facts_total", Help: "Facts of the log that verifications have come past on this replica."}),
	}
	reg.MustRegister(m.last, m.divergences, m.progress, m.facts)
	return m
}

// show shows how a verification stands, on every replica alike.
func (m *verifyMetrics) show(v Verification, started time.Time) {
	last := v.LastOK
	if last.IsZero() {
		last = started
	}
	m.last.Set(float64(last.Unix()))
	if v.State != Verifying {
		m.divergences.Set(float64(v.divergences()))
		m.progress.Set(0)
		return
	}
	m.progress.Set(float64(v.Facts) / float64(max(v.Total, 1)))
}
