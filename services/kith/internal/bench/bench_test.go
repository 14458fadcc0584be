package bench_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"kith.internal/services/kith/internal/bench"
)

// TestEveryRowIsMeasured runs all of it, briefly. How fast it is says nothing here.
func TestEveryRowIsMeasured(t *testing.T) {
	report, err := bench.Run(t.Context(), bench.Config{People: []int{200}, Quick: true, Seed: 1, Dir: t.TempDir(), Say: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range report.Rows {
		rows = append(rows, row.Name)
		if len(row.Samples) == 0 || row.Low > row.Median || row.Median > row.High {
			t.Errorf("%+v", row)
		}
	}
	for line := range strings.Lines(bench.Rows()) {
		if name := strings.Fields(line)[0]; !slices.Contains(rows, name) {
			t.Errorf("%s is explained and not measured", name)
		}
	}
	var table, lines bytes.Buffer
	if err := report.WriteTable(&table); err != nil || !strings.Contains(table.String(), "append/256") {
		t.Error(err, table.String())
	}
	if err := report.WriteBenchstat(&lines); err != nil || !strings.Contains(lines.String(), "BenchmarkPath/twenty/people=200-") {
		t.Error(err, lines.String())
	}
}

func TestTheSameSeedGivesTheSameLoad(t *testing.T) {
	one, same, other := bench.Load(200, 1), bench.Load(200, 1), bench.Load(200, 2)
	if one != same || one == other {
		t.Error("the load does not follow from size and seed")
	}
}
