package gaps

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"strconv"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/isoweek"
)

// MetricsAnswer is what the program view measures.
type MetricsAnswer struct {
	Metrics []MetricView `json:"metrics"`
}

// MetricView is one metric: the share of people of whom About is true.
type MetricView struct {
	Metric events.Code          `json:"metric"`
	About  string               `json:"about"`
	By     []coverage.Dimension `json:"by"` // what it is told by, beside everybody
}

// CoverageQuery asks for cells of the program view. A filter leaves cells out and makes none.
type CoverageQuery struct {
	Viewer   access.Viewer
	By       coverage.Dimension // beside everybody; empty: nothing
	Metrics  []events.Code      // none: all
	From, To time.Time          // the weeks that begin within; zero: the last one that was measured
	CSV      bool
}

// CoverageAnswer is what was published of some weeks.
type CoverageAnswer struct {
	Floor      int        `json:"floor"`         // the smallest group that anything may be told of
	Crowd      int        `json:"smallestCrowd"` // how many people are counted together at least
	Weeks      []WeekView `json:"weeks"`         // those that were measured, the earliest first
	Next       time.Time  `json:"next,omitzero"` // when the next week is measured; zero where nobody has joined yet
	Suppressed int        `json:"suppressedCells"`
}

// WeekView is a week as it was published.
type WeekView struct {
	Week   events.Code `json:"week"`
	Policy string      `json:"policy"`           // the fact that set the floor then, or "default"
	Groups events.Code `json:"groups,omitempty"` // told, too-few, no-keys or made-anew: whether anything is told by group
	Cells  []CellView  `json:"cells"`
}

// CellView is one number: the share of People of whom a metric is true.
type CellView struct {
	By         coverage.Dimension `json:"by,omitempty"` // empty: of everybody
	Cell       events.Code        `json:"cell"`
	Metric     events.Code        `json:"metric"`
	Value      int                `json:"value,omitempty"`  // percent, to the nearest five; 5 is at most, 95 at least
	Margin     int                `json:"margin,omitempty"` // by how many points Value may be off
	People     int                `json:"people,omitempty"` // of how many it speaks
	Suppressed bool               `json:"suppressed,omitempty"`
}

// Metrics lists what the program view measures. It fails with fault.Forbidden for the anonymous.
func (s *Service) Metrics(ctx context.Context, v access.Viewer) (MetricsAnswer, error) {
	a := MetricsAnswer{}
	for _, m := range Metrics() {
		a.Metrics = append(a.Metrics, MetricView{m.Code, m.About, append([]coverage.Dimension{}, m.By...)})
	}
	for _, q := range tiesToGroups {
		a.Metrics = append(a.Metrics, MetricView{q.Code, q.About, []coverage.Dimension{coverage.Group}})
	}
	return a, s.policy.Directory(ctx, v)
}

// mostWeeks is how many weeks one answer holds.
const mostWeeks = 106

// Coverage is what was published. It fails with fault.Forbidden for the anonymous, with fault.Invalid
// for what cannot be asked, and with fault.Unavailable where the reading cannot be recorded.
func (s *Service) Coverage(ctx context.Context, q CoverageQuery) (CoverageAnswer, error) {
	if err := q.check(); err != nil {
		return CoverageAnswer{}, err
	}
	floor, err := readOr(ctx, s.reader.networks, policyKey, defaultPolicy)
	if err != nil {
		return CoverageAnswer{}, err
	}
	m, err := readOr(ctx, s.reader.networks, coverageKey, Measured{})
	if err != nil {
		return CoverageAnswer{}, err
	}
	a := CoverageAnswer{Floor: floor.Floor, Crowd: coverage.Least(coverage.StepOf(floor.Floor)), Weeks: []WeekView{}, Next: m.Next}
	for _, week := range q.weeks(m.Week) {
		p, _, err := projection.Read[Published](ctx, s.reader.networks, WeekKey(week))
		if err != nil {
			return a, err
		}
		if p != nil {
			a.add(p, q)
		}
	}
	return a, s.policy.Aggregate(ctx, q.Viewer, q.filters(), a.Suppressed)
}

func readOr[T any](ctx context.Context, r *projection.Reader, key string, otherwise T) (T, error) {
	doc, _, err := projection.Read[T](ctx, r, key)
	if doc == nil {
		return otherwise, err
	}
	return *doc, err
}

func (q CoverageQuery) check() error {
	switch q.By {
	case "", coverage.Department, coverage.Level, coverage.Tenure, coverage.Group:
	default:
		return fault.New(fault.Invalid, "by", "by is none of department, level, tenure and group")
	}
	known := append(Metrics(), groupMetrics()...)
	for _, code := range q.Metrics {
		if !slices.ContainsFunc(known, func(m coverage.Metric) bool { return m.Code == code }) {
			return fault.New(fault.Invalid, "metric", "no such metric; /program/metrics lists them")
		}
	}
	if q.To.Sub(q.From) > mostWeeks*7*day || q.To.Before(q.From) {
		return fault.New(fault.Invalid, "weeks", "from and to are weeks in order, at most "+strconv.Itoa(mostWeeks)+" apart")
	}
	return nil
}

// weeks are those asked for.
func (q CoverageQuery) weeks(last events.Code) (weeks []events.Code) {
	if q.From.IsZero() && last != "" {
		return []events.Code{last}
	}
	for at := q.From; !q.From.IsZero() && !at.After(q.To); at = at.AddDate(0, 0, 7) {
		weeks = append(weeks, isoweek.Of(at))
	}
	return weeks
}

// filters are how an AggregateQueried names what was asked.
func (q CoverageQuery) filters() (filters []events.Code) {
	if q.By != "" {
		filters = append(filters, events.Code("by-"+q.By))
	}
	filters = append(filters, q.Metrics...)
	if !q.From.IsZero() {
		filters = append(filters, "from-"+isoweek.Of(q.From), "to-"+isoweek.Of(q.To))
	}
	return filters
}

// add shows a week under today's floor: one that was raised since hides more of it.
func (a *CoverageAnswer) add(p *Published, q CoverageQuery) {
	w := WeekView{Week: p.Week, Policy: p.Policy.Version, Groups: p.Groups, Cells: []CellView{}}
	for _, c := range p.Cells {
		if c.By != "" && c.By != q.By || len(q.Metrics) > 0 && !slices.Contains(q.Metrics, c.Metric) {
			continue
		}
		v := p.show(c, a.Floor)
		if v.Suppressed {
			a.Suppressed++
		}
		w.Cells = append(w.Cells, v)
	}
	a.Weeks = append(a.Weeks, w)
}

func (p *Published) show(c coverage.Cell, floor int) CellView {
	v := CellView{By: c.By, Cell: c.Cell, Metric: c.Metric, Value: c.Value, Margin: c.Margin, People: c.People, Suppressed: c.Suppressed}
	if step := coverage.StepOf(floor); step > coverage.StepOf(p.Policy.Floor) && c.Smallest < coverage.Least(step) {
		return CellView{By: c.By, Cell: c.Cell, Metric: c.Metric, Suppressed: true}
	}
	return v
}

// sheet is a CoverageAnswer as comma-separated values: one line a cell, empty where it is hidden.
type sheet struct{ CoverageAnswer }

// Content implements kit's responses that are not JSON.
func (a sheet) Content() (string, []byte) {
	body := &bytes.Buffer{}
	w := csv.NewWriter(body)
	write := func(line ...string) { _ = w.Write(line) } // into memory
	write("week", "by", "cell", "metric", "percent", "margin", "people", "suppressed")
	for _, week := range a.Weeks {
		for _, c := range week.Cells {
			value, margin, people := strconv.Itoa(c.Value), strconv.Itoa(c.Margin), strconv.Itoa(c.People)
			if c.Suppressed {
				value, margin, people = "", "", ""
			}
			write(string(week.Week), string(c.By), string(c.Cell), string(c.Metric), value, margin, people, strconv.FormatBool(c.Suppressed))
		}
	}
	w.Flush()
	return "text/csv; charset=utf-8", body.Bytes()
}
