package gaps

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/projection"
)

// latest shows the last week that was published, under the floor in force: never anything that the
// program view would not tell. Every replica shows the same.
type latest struct {
	mu     sync.RWMutex
	week   *Published
	policy Policy

	percent    *prometheus.Desc
	suppressed *prometheus.Desc
}

func newLatest() *latest {
	return &latest{
		policy: defaultPolicy,
		percent: prometheus.NewDesc("kith_coverage_percent",
			"Share of people of whom a metric of the program view is true, in the last week published, to the nearest five; absent where there are too few people to tell.",
			[]string{"metric", "by", "cell"}, nil),
		suppressed: prometheus.NewDesc("kith_coverage_suppressed_cells",
			"Cells of the last week published that are absent because too few people stand behind them.", nil, nil),
	}
}

// followWeeks keeps the last week that was published.
func (s *Service) followWeeks(ctx context.Context) error {
	return projection.Follow(ctx, s.reader.networks, weekPrefix+"*", func(_ string, p *Published) { s.latest.publish(p) })
}

func (s *Service) followPolicy(ctx context.Context) error {
	return projection.Follow(ctx, s.reader.networks, policyKey, func(_ string, p *Policy) { s.latest.change(p) })
}

func (l *latest) publish(p *Published) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p != nil && (l.week == nil || p.Week >= l.week.Week) {
		l.week = p
	}
}

func (l *latest) change(p *Policy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.policy = defaultPolicy; p != nil {
		l.policy = *p
	}
}

// Describe implements prometheus.Collector.
func (l *latest) Describe(ch chan<- *prometheus.Desc) {
	ch <- l.percent
	ch <- l.suppressed
}

// Collect implements prometheus.Collector.
func (l *latest) Collect(ch chan<- prometheus.Metric) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.week == nil {
		return
	}
	suppressed := 0
	for _, c := range l.week.Cells {
		v := l.week.show(c, l.policy.Floor)
		if v.Suppressed {
			suppressed++
			continue
		}
		ch <- prometheus.MustNewConstMetric(l.percent, prometheus.GaugeValue, float64(v.Value), string(c.Metric), string(c.By), string(c.Cell))
	}
	ch <- prometheus.MustNewConstMetric(l.suppressed, prometheus.GaugeValue, float64(suppressed))
}
