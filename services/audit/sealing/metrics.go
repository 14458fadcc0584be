package sealing

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of the sealing.
type metrics struct{ consistent, when prometheus.Gauge }

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		consistent: prometheus.NewGauge(prometheus.GaugeOpts{Name: "kith_audit_log_consistent", Help: "1 where the log was last found to be what was sealed, 0 where it was changed, or not looked at yet."}),
		when:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "kith_audit_sealed_timestamp_seconds", Help: "When this replica last sealed the log."}),
	}
	reg.MustRegister(m.consistent, m.when)
	return m
}

func (m *metrics) sealed(at time.Time) { m.when.Set(float64(at.Unix())) }

// found notes what looking at the log came to. A log that could not be reached is what it was.
func (m *metrics) found(err error) {
	if altered := (*Altered)(nil); errors.As(err, &altered) {
		m.consistent.Set(0)
	} else if err == nil {
		m.consistent.Set(1)
	}
}
