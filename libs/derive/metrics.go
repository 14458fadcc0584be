package derive

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	lagFacts   prometheus.Gauge
	lagSeconds prometheus.Gauge
	working    prometheus.Gauge
	parked     prometheus.Gauge
	unknown    prometheus.Counter

	rebuild     prometheus.Gauge
	rebuilt     prometheus.Counter
	differences prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		lagFacts:   gauge("kith_consumer_lag_facts", "Inputs in the log that wait to be handled, by whichever replica."),
		lagSeconds: gauge("kith_consumer_lag_seconds", "How far the handling of inputs is behind their recording; 0 when none waits."),
		working:    gauge("kith_consumer_working", "1 on the replica that works, 0 on those that stand by."),
		parked:     gauge("kith_parked_facts", "Inputs left out because they cannot be folded."),
		unknown: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kith_unknown_facts_total", Help: "Facts skipped because this version does not know their type."}),
		rebuild: gauge("kith_rebuild_progress", "How much of the log a rebuild has folded, from 0 to 1; 0 when none goes on."),
		rebuilt: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kith_rebuild_facts_total", Help: "Facts of the log that rebuilds have come past."}),
		differences: gauge("kith_rebuild_differences", "Documents that were not the same when they were last made anew and compared."),
	}
	reg.MustRegister(m.lagFacts, m.lagSeconds, m.working, m.parked, m.unknown,
		m.rebuild, m.rebuilt, m.differences)
	return m
}

// waiting says what is not handled yet.
func (m *metrics) waiting(n uint64, behind time.Duration) {
	m.lagFacts.Set(float64(n))
	m.lagSeconds.Set(behind.Seconds())
}
