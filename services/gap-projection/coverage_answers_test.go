package gaps_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// TestProgramView: an organization is imported, and its first figures are there to be asked for in every way.
func TestProgramView(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.say(events.People, "", &events.ImportStarted{Source: "hr", MappingHash: strings.Repeat("0", 64)})
	for n := range staff {
		f := &events.PersonJoined{Level: 1 + n%3*3, Department: "ops", StartMonth: "2020-01", EffectiveAt: yearsAgo(2)}
		if n < 10 {
			f.Department = "legal"
		}
		s.say(events.People, member(n), f)
		if n%2 == 0 {
			s.say(events.Role, member(n), recognized(events.Mentor, member((n+1)%staff), 1))
		}
	}
	s.imported("hr")
	whole := s.measured(t)
	t.Run("every filter only leaves cells out", func(t *testing.T) { onlyLeavesOut(t, s, whole) })
	t.Run("CSV holds the same", func(t *testing.T) { sheet(t, s) })
	t.Run("every reading is a fact", func(t *testing.T) { readings(t, s) })
	t.Run("Prometheus shows what the view does", func(t *testing.T) { shownToPrometheus(t, s.reg, s.coverage(t, "")) })
	t.Run("a floor that is raised hides at once", func(t *testing.T) { raised(t, s, whole) })
}

// measured waits for the first week, and returns the whole of it.
func (s *server) measured(t *testing.T) map[string]gaps.CellView {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); len(s.coverage(t, "").Weeks) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was measured")
		}
	}
	cells := map[string]gaps.CellView{}
	for _, by := range []string{"department", "level", "tenure"} {
		for _, c := range s.coverage(t, "?by="+by).Weeks[0].Cells {
			cells[fmt.Sprint(c.By, c.Cell, c.Metric)] = c
		}
	}
	return cells
}

func (s *server) coverage(t *testing.T, query string) (a gaps.CoverageAnswer) {
	t.Helper()
	resp, body := s.get("integration:hr", "../program/coverage"+query)
	if err := json.Unmarshal([]byte(body), &a); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %s, %v", query, resp.StatusCode, body, err)
	}
	return a
}

// onlyLeavesOut: whatever is asked, each cell is one of the cube, as it stands there: so an attacker who has
// the whole cube has all.
func onlyLeavesOut(t *testing.T, s *server, whole map[string]gaps.CellView) {
	week := string(s.coverage(t, "").Weeks[0].Week)
	for _, query := range []string{"", "?by=level", "?by=department&metric=mentor", "?metric=mentor,sponsor&by=tenure", "?metric=gap-open",
		"?from=" + week, "?to=" + week, "?from=2020-w01&to=2021-w01", "?by=department&from=" + week + "&to=" + week} {
		hidden := 0
		a := s.coverage(t, query)
		for _, w := range a.Weeks {
			for _, c := range w.Cells {
				if whole[fmt.Sprint(c.By, c.Cell, c.Metric)] != c {
					t.Errorf("%s: %+v is not of the cube", query, c)
				}
				if c.Suppressed {
					hidden++
				}
			}
		}
		if hidden != a.Suppressed {
			t.Errorf("%s: %d hidden, said to be %d", query, hidden, a.Suppressed)
		}
	}
	if c := whole["departmentlegalmentor"]; !c.Suppressed || c.Value != 0 {
		t.Errorf("of ten people is told %+v", c)
	}
	if c := whole["everybodymentor"]; c.Suppressed || c.Value+c.Margin < 45 || c.Value-c.Margin > 55 {
		t.Errorf("half of the people have a mentor, told is %+v", c)
	}
}

func sheet(t *testing.T, s *server) {
	resp, body := s.get("integration:hr", "../program/coverage?by=department&metric=mentor", "Accept", "text/csv")
	lines, err := csv.NewReader(bytes.NewReader([]byte(body))).ReadAll()
	if err != nil || resp.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%s, %v", resp.Header.Get("Content-Type"), err)
	}
	var cells []string
	for _, l := range lines[1:] {
		cells = append(cells, l[2]+" "+l[7])
		if (l[4] == "") != (l[7] == "true") {
			t.Errorf("%v", l)
		}
	}
	slices.Sort(cells)
	if want := []string{"everybody false", "legal true", "ops false"}; !slices.Equal(cells, want) {
		t.Errorf("lines are %v, want %v", cells, want)
	}
}

func readings(t *testing.T, s *server) {
	for _, viewer := range []string{"person:" + string(ego), "integration:hr", "service:portal"} {
		if resp, _ := s.get(viewer, "../program/coverage?by=level&metric=mentor"); resp.StatusCode != 200 {
			t.Errorf("%s: %d", viewer, resp.StatusCode)
		}
	}
	if resp, _ := s.get("", "../program/coverage"); resp.StatusCode != 403 {
		t.Errorf("the anonymous: %d", resp.StatusCode)
	}
	viewers := map[string]bool{}
	err := s.log.Read(t.Context(), 1, []string{events.FilterFact(events.Access, "AggregateQueried")}, func(e events.Event, err error) error {
		if f, ok := e.Fact.(*events.AggregateQueried); ok && slices.Equal(f.Filters, []events.Code{"by-level", "mentor"}) {
			viewers[f.Viewer] = true
		}
		return err
	})
	if got := slices.Sorted(maps.Keys(viewers)); err != nil || len(got) != 3 {
		t.Errorf("recorded were %v, %v", got, err)
	}
}

// shownToPrometheus: a metric is there exactly where a cell is told.
func shownToPrometheus(t *testing.T, reg *prometheus.Registry, a gaps.CoverageAnswer) {
	want := map[string]float64{}
	for _, c := range a.Weeks[0].Cells {
		if !c.Suppressed {
			want[string(c.Metric)] = float64(c.Value)
		}
	}
	got := map[string]float64{}
	for deadline := time.Now().Add(30 * time.Second); !maps.Equal(got, want) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "kith_coverage_percent" {
				continue
			}
			for _, m := range f.GetMetric() {
				labels := map[string]string{}
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = l.GetValue()
				}
				if labels["by"] == "" {
					got[labels["metric"]] = m.GetGauge().GetValue()
				}
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("shown are %v, want %v", got, want)
	}
}

func raised(t *testing.T, s *server, whole map[string]gaps.CellView) {
	s.say(events.Policy, "", &events.PolicyChanged{Floor: 40, LegalMode: "full"})
	for deadline := time.Now().Add(30 * time.Second); s.coverage(t, "").Floor != 40; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the floor does not rise")
		}
	}
	told := 0
	for _, c := range s.coverage(t, "?by=department").Weeks[0].Cells {
		if !c.Suppressed {
			told++
		}
	}
	if told != 0 || len(whole) == 0 {
		t.Errorf("%d cells of crowds of less than 80 are told under a floor of 40", told)
	}
}
