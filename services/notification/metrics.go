package notification

import (
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/projection"
)

type metrics struct{ planned, suppressed prometheus.Counter }

func newMetrics(reg prometheus.Registerer) *metrics {
	nudges := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kith_nudges_total", Help: "Decisions on whether a person is told of a gap, by outcome, since the process began.",
	}, []string{"outcome"})
	reg.MustRegister(nudges)
	return &metrics{nudges.WithLabelValues("planned"), nudges.WithLabelValues("suppressed")}
}

// counted are the rules, with what they decide counted.
type counted struct{ metrics *metrics }

// Step implements derive.Rules.
func (c counted) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	out, err := Rules{}.Step(d, in)
	for _, e := range out {
		switch e.Fact.(type) {
		case *events.NudgePlanned:
			c.metrics.planned.Inc()
		case *events.NudgeSuppressed:
			c.metrics.suppressed.Inc()
		}
	}
	return out, err
}

// Stated implements derive.Rules.
func (c counted) Stated(d *projection.Docs, own events.Event) error { return Rules{}.Stated(d, own) }
