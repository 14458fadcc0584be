package intake

import (
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	facts    *prometheus.CounterVec
	unerased prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{facts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kith_intake_facts_total",
		Help: "Facts that were sent to Kith, by what became of them.",
	}, []string{"outcome"}), unerased: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kith_intake_erasures_pending",
		Help: "People whose erasure was asked for and is not done.",
	})}
	for _, outcome := range []string{"accepted", "duplicate", "refused"} {
		m.facts.WithLabelValues(outcome)
	}
	reg.MustRegister(m.facts, m.unerased)
	return m
}

func (m *metrics) count(o Outcome) {
	switch {
	case o.Err != nil:
		m.facts.WithLabelValues("refused").Inc()
	case o.Duplicate:
		m.facts.WithLabelValues("duplicate").Inc()
	default:
		m.facts.WithLabelValues("accepted").Inc()
	}
}
