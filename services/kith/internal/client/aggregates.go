package client

import (
	"context"
	"io"
	"net/url"
	"strings"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

type (
	// Coverage is what was published of the whole organization, as gap-projection answers.
	Coverage = gaps.CoverageAnswer
	// Metrics is what the program view measures, as gap-projection answers.
	Metrics = gaps.MetricsAnswer
	// CoverageCell is one number of it.
	CoverageCell = gaps.CellView
)

// CoverageQuery asks for cells of the program view.
type CoverageQuery struct {
	By      string // department, level, tenure or group, beside everybody; empty: none
	Metrics []string
	Week    string // empty: the last one measured
}

func (q CoverageQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"by": q.By, "metric": strings.Join(q.Metrics, ","), "from": q.Week} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

const programPath = "/gap-projection/v1/program/"

// Metrics is what the program view measures.
func (c *Client) Metrics(ctx context.Context) (Metrics, error) {
	return get[Metrics](ctx, c, programPath+"metrics", nil)
}

// Coverage is what was published of the whole organization.
func (c *Client) Coverage(ctx context.Context, q CoverageQuery) (Coverage, error) {
	return get[Coverage](ctx, c, programPath+"coverage", q.values())
}

// CoverageSheet writes the same as comma-separated values.
func (c *Client) CoverageSheet(ctx context.Context, q CoverageQuery, to io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	v := q.values()
	v.Set("format", "csv")
	resp, err := c.do(ctx, "GET", programPath+"coverage", v, "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(to, resp.Body)
	return err
}

// Cell is how many people have a kind of gap, of those who were counted: an estimate, rounded down to a
// multiple of five.
type Cell struct {
	Gap     events.GapKind  `json:"gap"`
	Role    events.RoleName `json:"role,omitempty"`
	People  int             `json:"people"`
	Percent int             `json:"percent"` // to the nearest five
}

// OpenGaps is how many people have each kind of gap, as last published, with the whole of that answer; and how
// many kinds are not told because there are too few people to tell.
func (c *Client) OpenGaps(ctx context.Context) (cells []Cell, withheld int, a Coverage, err error) {
	if a, err = c.Coverage(ctx, CoverageQuery{}); err != nil {
		return nil, 0, a, err
	}
	for _, week := range a.Weeks {
		for _, one := range week.Cells {
			kind, role, ok := gaps.GapOf(one.Metric)
			switch {
			case !ok:
			case one.Suppressed:
				withheld++
			default:
				cells = append(cells, Cell{kind, role, one.Value * one.People / 500 * 5, one.Value})
			}
		}
	}
	return cells, withheld, a, nil
}
