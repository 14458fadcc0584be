package coverage_test

import (
	"testing"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// S2.03 Of groups that people identify with, none is told of alone.
func TestAtLeastTwo(t *testing.T) {
	cell := func(by coverage.Dimension, value, metric events.Code, told bool) coverage.Cell {
		if !told {
			return coverage.Cell{By: by, Cell: value, Metric: metric, Suppressed: true}
		}
		return coverage.Cell{By: by, Cell: value, Metric: metric, Value: 40, Margin: 10, People: 47}
	}
	cells := []coverage.Cell{
		cell("", coverage.Everybody, "mentor", true),
		cell("group", "a", "mentor", true), cell("group", "b", "mentor", false),
		cell("group", "a", "sponsor", true), cell("group", "b", "sponsor", true), cell("group", "c", "sponsor", false),
		cell("department", "sales", "mentor", true),
	}
	coverage.AtLeastTwo(cells, "group")
	for i, hidden := range []bool{false, true, true, false, false, true, false} {
		if c := cells[i]; c.Suppressed != hidden || hidden && c.Value+c.Margin+c.People > 0 {
			t.Errorf("%+v: hidden has to be %v", c, hidden)
		}
	}
}
