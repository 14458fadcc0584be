package eventlog

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
)

type metrics struct {
	facts   *prometheus.CounterVec
	commit  prometheus.Histogram
	latency prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		facts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kith_facts_appended_total", Help: "Facts stored in the log, by CloudEvents type."}, []string{"type"}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kith_commit_facts", Help: "Facts that one commit stored.", Buckets: prometheus.ExponentialBuckets(1, 2, 11)}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kith_append_duration_seconds", Help: "Time from handing facts in until they are on disk.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}),
	}
	reg.MustRegister(m.facts, m.commit, m.latency)
	return m
}

func (m *metrics) appended(evs []events.Event, acks []Ack, took time.Duration) {
	m.latency.Observe(took.Seconds())
	for i, e := range evs {
		if !acks[i].Duplicate {
			m.facts.WithLabelValues(e.Type()).Inc()
		}
	}
}
