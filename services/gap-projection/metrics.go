package gaps

import "github.com/prometheus/client_golang/prometheus"

const (
	floor = 5 // no cell of fewer people is shown
	round = 5 // and none exactly
)

// collector shows how many gaps are open, in cells nobody can be recognized in: rounded down to
// a multiple of five, and absent below five.
type collector struct {
	index      *index
	open       *prometheus.Desc
	suppressed *prometheus.Desc
}

func newCollector(x *index) *collector {
	return &collector{
		index: x,
		open: prometheus.NewDesc("kith_gaps_open",
			"Open gaps by kind and role, rounded down to a multiple of five; absent below five.", []string{"gap", "role"}, nil),
		suppressed: prometheus.NewDesc("kith_gaps_suppressed_cells",
			"Cells of kith_gaps_open that are absent because fewer than five people stand behind them.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.open
	ch <- c.suppressed
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	suppressed := 0
	for cell, n := range c.index.open() {
		if n < floor {
			suppressed++
			continue
		}
		ch <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(n/round*round), string(cell.gap), string(cell.role))
	}
	ch <- prometheus.MustNewConstMetric(c.suppressed, prometheus.GaugeValue, float64(suppressed))
}
