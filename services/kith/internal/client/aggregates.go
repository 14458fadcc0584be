package client

import (
	"bufio"
	"context"
	"regexp"
	"strconv"
	"strings"

	"kith.internal/events"
)

// Cell is how many people have a kind of gap: rounded down to a multiple of five by the server,
// which says nothing of fewer than five.
type Cell struct {
	Gap    events.GapKind  `json:"gap"`
	Role   events.RoleName `json:"role,omitempty"`
	People int             `json:"people"`
}

// OpenGaps is how many people have each kind of gap, and how many kinds are not told because
// fewer than five people have them. It reads the server's metrics.
func (c *Client) OpenGaps(ctx context.Context) (cells []Cell, withheld int, err error) {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	resp, err := c.do(ctx, "GET", "/metrics", nil, "", nil)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, labels, value, ok := sample(lines.Text())
		switch {
		case !ok:
		case name == "kith_gaps_open":
			cells = append(cells, Cell{events.GapKind(labels["gap"]), events.RoleName(labels["role"]), int(value)})
		case name == "kith_gaps_suppressed_cells":
			withheld += int(value)
		}
	}
	return cells, withheld, nil
}

var (
	sampleRE = regexp.MustCompile(`^(kith_gaps_\w+)(?:\{(.*)\})? (\S+)$`)
	labelRE  = regexp.MustCompile(`(\w+)="([^"]*)"`)
)

// sample reads a line of the Prometheus text format, as far as gaps are concerned.
func sample(line string) (name string, labels map[string]string, value float64, ok bool) {
	m := sampleRE.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		return "", nil, 0, false
	}
	labels = map[string]string{}
	for _, l := range labelRE.FindAllStringSubmatch(m[2], -1) {
		labels[l[1]] = l[2]
	}
	value, err := strconv.ParseFloat(m[3], 64)
	return m[1], labels, value, err == nil
}
