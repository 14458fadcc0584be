package gaps

import (
	"encoding/json"
	"slices"
	"strings"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/gap-projection/coverage"
)

// What is told of a week rests on the groups that people identify with: who is counted by theirs is counted nowhere
// else. So once one of them is erased, none of its figures can be counted again (derive.Forgetter).

// Counts implements derive.Forgetter.
func (*Rules) Counts(own events.Fact) bool {
	_, is := own.(*events.CoverageMeasured)
	return is
}

// Forgot implements derive.Forgetter.
func (*Rules) Forgot(d *projection.Docs) (bool, error) {
	kept, err := projection.Get[crowdsOfGroups](d, groupsKey)
	return kept != nil && kept.Unsure, err
}

// Told implements derive.Forgetter: a week repeats its figures, which stand in the log; crowds repeat nothing.
func (*Rules) Told(key string, body []byte) (string, bool) {
	if !strings.HasPrefix(key, weekPrefix) {
		return "", key == groupsKey || key == coverageKey || strings.HasPrefix(key, crowdPrefix) || strings.HasPrefix(key, groupPrefix)
	}
	var p Published
	if json.Unmarshal(body, &p) != nil {
		return "", true
	}
	for i := range p.Cells {
		p.Cells[i].Smallest = 0 // which no fact has
	}
	text, err := json.Marshal(p.Cells)
	return p.Policy.Version + string(text), err == nil
}

// untold takes a cell back that was never published.
func untold(d *projection.Docs, f *events.CoverageMeasured) error {
	p, err := projection.Get[Published](d, WeekKey(f.Week))
	if p == nil || err != nil {
		return err
	}
	p.Cells = slices.DeleteFunc(p.Cells, func(c coverage.Cell) bool {
		return c.By == coverage.Dimension(f.By) && c.Cell == f.Cell && c.Metric == f.Metric
	})
	d.Put(WeekKey(f.Week), p)
	return nil
}
