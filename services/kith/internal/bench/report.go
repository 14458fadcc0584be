package bench

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"kith.internal/libs/app"
)

// Report is what one run has measured.
type Report struct {
	Machine Machine   `json:"machine"`
	Began   time.Time `json:"began"`
	Took    string    `json:"took"`
	Seed    uint64    `json:"seed"`
	Rows    []*Row    `json:"rows"`

	people int // of the organization that is measured
}

// Machine is what it was measured on, and with.
type Machine struct {
	OS         string `json:"os"`
	CPUs       int    `json:"cpus"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Processor  string `json:"processor,omitempty"`
	Go         string `json:"go"`
	NATSServer string `json:"natsServer"`
	NATSClient string `json:"natsClient"`
	Kith       string `json:"kith"`
}

// Row is one row of the table.
type Row struct {
	Name    string    `json:"name"`
	People  int       `json:"people,omitempty"` // in the organization; 0 where that makes no difference
	Unit    string    `json:"unit"`
	Median  float64   `json:"median"`
	Low     float64   `json:"low"`
	High    float64   `json:"high"`
	Samples []float64 `json:"samples"`
	Against string    `json:"against,omitempty"` // the row that Ratio is to
	Ratio   float64   `json:"ratio,omitempty"`   // of medians, or the median of Ratios
	Ratios  []float64 `json:"ratios,omitempty"`  // to what was measured right before each sample
	Aim     string    `json:"aim,omitempty"`
	Met     *bool     `json:"met,omitempty"`

	spec spec
}

func newReport(cfg Config) *Report {
	return &Report{Began: time.Now().UTC().Truncate(time.Second), Seed: cfg.Seed, Machine: Machine{
		OS: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0), Processor: processor(),
		Go: runtime.Version(), NATSServer: server.VERSION, NATSClient: nats.Version, Kith: app.Version(),
	}}
}

func (r *run) say(format string, args ...any) {
	if r.report.people > 0 {
		format = fmt.Sprintf("%d people: ", r.report.people) + format
	}
	r.cfg.Say(format, args...)
}

// rate notes a sample of how many a second there were, and returns it.
func (r *run) rate(row string, n int, took time.Duration) float64 {
	rate := float64(n) / took.Seconds()
	r.sample(row, rate)
	return rate
}

// sample notes one value of a row; of the empty one, none.
func (r *run) sample(name string, value float64) {
	at := slices.IndexFunc(specs, func(s spec) bool { return s.name == name })
	if at < 0 {
		return
	}
	people := r.report.people
	if strings.HasPrefix(name, "raw/") {
		people = 0 // the same, whenever it is measured
	}
	row := r.report.row(name, people)
	if row == nil {
		row = &Row{Name: name, People: people, Unit: specs[at].unit, Against: specs[at].against, spec: specs[at]}
		r.report.Rows = append(r.report.Rows, row)
	}
	row.Samples = append(row.Samples, value)
}

// beside notes a sample, and what it is held against as it was right before: what else goes on on a
// machine changes from minute to minute.
func (r *run) beside(base float64, name string, value float64) {
	r.sample(name, value)
	row := r.report.row(name, r.report.people)
	row.Ratios = append(row.Ratios, value/base)
}

func (r *Report) row(name string, people int) *Row {
	for _, row := range r.Rows {
		if row.Name == name && row.People == people {
			return row
		}
	}
	return nil
}

// finish works out what follows from the samples, and leaves out what was not asked for.
func (r *Report) finish(only string) *Report {
	r.growth()
	for _, row := range r.Rows {
		row.Low, row.Median, row.High = slices.Min(row.Samples), median(row.Samples), slices.Max(row.Samples)
	}
	for _, row := range r.Rows {
		r.judge(row)
	}
	r.Rows = slices.DeleteFunc(r.Rows, func(row *Row) bool {
		return !strings.HasPrefix(row.Name, only) && !strings.HasPrefix(row.Name, "raw/")
	})
	order := func(row *Row) int { return slices.IndexFunc(specs, func(s spec) bool { return s.name == row.Name }) }
	slices.SortStableFunc(r.Rows, func(a, b *Row) int { return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.People, b.People)) })
	r.Took = time.Since(r.Began).Round(time.Second).String()
	return r
}

// growth compares the cost of an act with that in the smallest organization.
func (r *Report) growth() {
	var smallest *Row
	for _, row := range slices.Clone(r.Rows) {
		if row.Name != "path/new-ties-cpu" {
			continue
		}
		if smallest == nil {
			smallest = row
		}
		grown := &run{report: r}
		r.people = row.People
		for i, cost := range row.Samples {
			grown.sample("path/growth", cost/smallest.Samples[i])
		}
	}
	r.people = 0
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// judge compares a row with what it is held against, and with its aim.
func (r *Report) judge(row *Row) {
	against := r.row(row.Against, row.People)
	if against == nil {
		against = r.row(row.Against, 0)
	}
	value, of := row.Median, ""
	if row.Against != "" {
		if against == nil || against.Median == 0 {
			return
		}
		if row.Ratio = row.Median / against.Median; len(row.Ratios) > 0 {
			row.Ratio = median(row.Ratios)
		}
		value, of = row.Ratio, " × "+row.Against
	}
	s, met := row.spec, false
	switch {
	case s.least > 0:
		row.Aim, met = fmt.Sprintf("≥ %s%s", short(s.least), of), value >= s.least
	case s.most > 0:
		row.Aim, met = fmt.Sprintf("≤ %s%s", short(s.most), of), value <= s.most
	default:
		return
	}
	row.Met = &met
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s, %d CPUs (%s), GOMAXPROCS %d, %s, nats-server %s, nats.go %s, kith %s\n%s, %s, seed %d\n\n",
		m.OS, m.CPUs, cmp.Or(m.Processor, "unknown"), m.GOMAXPROCS, m.Go, m.NATSServer, m.NATSClient, m.Kith, r.Began.Format(time.RFC3339), r.Took, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROW\tPEOPLE\tMEDIAN\tUNIT\tFROM - TO\tRATIO\tAIM\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s - %s\t%s\t%s\t%s\n", row.Name, none(row.People), short(row.Median), row.Unit,
			short(row.Low), short(row.High), row.ratio(), row.Aim, row.verdict())
	}
	return t.Flush()
}

func none(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func (row *Row) ratio() string {
	if row.Ratio == 0 {
		return ""
	}
	return short(row.Ratio) + " × " + row.Against
}

func (row *Row) verdict() string {
	switch {
	case row.Met == nil:
		return ""
	case *row.Met:
		return "met"
	}
	return "missed"
}

// short is a number with three digits that count.
func short(f float64) string {
	switch {
	case f >= 100 || f <= -100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10 || f <= -10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.2f", f)
}

// WriteBenchstat writes each sample as a line that benchstat reads.
func (r *Report) WriteBenchstat(w io.Writer) error {
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: kith\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, r.Machine.Processor)
	for _, row := range r.Rows {
		name := "Benchmark" + strings.ToUpper(row.Name[:1]) + row.Name[1:]
		if row.People > 0 {
			name += fmt.Sprintf("/people=%d", row.People)
		}
		for _, value := range row.Samples {
			if _, err := fmt.Fprintf(w, "%s-%d 1 %g %s\n", name, r.Machine.GOMAXPROCS, value, row.Unit); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rows says what each row is, for the help.
func Rows() string {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, s := range specs {
		fmt.Fprintf(t, "  %s\t%s\n", s.name, s.help)
	}
	t.Flush() //nolint:errcheck // a strings.Builder takes everything
	return text.String()
}
