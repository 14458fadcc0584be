package verify

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

type dashboard struct {
	UID        string `json:"uid"`
	Title      string `json:"title"`
	Editable   bool   `json:"editable"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type variable struct {
	Name       string      `json:"name"`
	Type       string      `json:"type"`
	Definition string      `json:"definition"`
	Query      any         `json:"query"`
	Datasource *datasource `json:"datasource"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type panel struct {
	ID          int         `json:"id"`
	Type        string      `json:"type"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Datasource  *datasource `json:"datasource"`
	Targets     []target    `json:"targets"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	GridPos struct{ X, Y, W, H int } `json:"gridPos"`
}

type target struct {
	RefID        string      `json:"refId"`
	Expr         string      `json:"expr"`
	LegendFormat string      `json:"legendFormat"`
	Datasource   *datasource `json:"datasource"`
}

// chosen is the data source whoever looks at the dashboard has chosen.
var chosen = datasource{Type: "prometheus", UID: "${datasource}"}

func dashboards(t *testing.T) []dashboard {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "deployments/grafana/dashboards/*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no dashboard found: %v", err)
	}
	var out []dashboard
	for _, path := range paths {
		var d dashboard
		if err := json.Unmarshal(readFile(t, "deployments/grafana/dashboards", filepath.Base(path)), &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, d)
	}
	return out
}

// queries are the panels that ask something; the others are headings.
func (d dashboard) queries() []panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p panel) bool { return p.Type == "row" })
}

// expand puts values where Grafana would: the text of an expression is not PromQL before that.
func expand(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$service", ".*").Replace(expr)
}

func TestDashboardsNameWhatExists(t *testing.T) {
	c := newCatalogue(t)
	for _, d := range dashboards(t) {
		for _, p := range d.queries() {
			for _, q := range p.Targets {
				where := fmt.Sprintf("%s, %s %s", d.Title, p.Title, q.RefID)
				have, _ := c.check(t, where, expand(q.Expr))
				checkTemplate(t, where, q.LegendFormat, have)
			}
		}
		c.checkVariables(t, d)
	}
}

// labelValues is the one kind of query a variable makes here.
var labelValues = regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)

func (c catalogue) checkVariables(t *testing.T, d dashboard) {
	t.Helper()
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		m := labelValues.FindStringSubmatch(v.Definition)
		if m == nil || !slices.Contains(c[m[1]].labels, m[2]) {
			t.Errorf("%s: variable %s asks for %q", d.Title, v.Name, v.Definition)
		}
	}
}

// TestEveryMetricIsShown: a metric on no dashboard and in no alert is a cost without a use.
func TestEveryMetricIsShown(t *testing.T) {
	c := newCatalogue(t)
	var shown []string
	for _, d := range dashboards(t) {
		for _, p := range d.queries() {
			for _, q := range p.Targets {
				_, used := c.check(t, p.Title, expand(q.Expr))
				shown = append(shown, used...)
			}
		}
	}
	for _, r := range alertRules(t) {
		_, used := c.check(t, r.Alert, r.Expr)
		shown = append(shown, used...)
	}
	for name, m := range codeMetrics(t) {
		if !slices.Contains(shown, name) {
			t.Errorf("%s: %s is shown nowhere", m.Where, name)
		}
	}
}

func TestDashboardsAreWellKept(t *testing.T) {
	for _, d := range dashboards(t) {
		if d.UID == "" || d.Editable {
			t.Errorf("%s: uid %q, editable %v: links break, or edits are lost", d.Title, d.UID, d.Editable)
		}
		if i := slices.IndexFunc(d.Templating.List, func(v variable) bool {
			return v.Name == "datasource" && v.Type == "datasource" && v.Query == "prometheus"
		}); i < 0 {
			t.Errorf("%s has no variable for the data source", d.Title)
		}
		for i, p := range d.Panels {
			checkLayout(t, p, d.Panels[:i])
		}
		for _, p := range d.queries() {
			checkPanel(t, p)
		}
	}
}

func checkPanel(t *testing.T, p panel) {
	t.Helper()
	if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" {
		t.Errorf("panel %d: title %q, description %q, unit %q", p.ID, p.Title, p.Description, p.FieldConfig.Defaults.Unit)
	}
	if p.Datasource == nil || *p.Datasource != chosen {
		t.Errorf("%s does not ask the chosen data source", p.Title)
	}
	for _, q := range p.Targets {
		if q.Datasource == nil || *q.Datasource != chosen {
			t.Errorf("%s %s does not ask the chosen data source", p.Title, q.RefID)
		}
		if strings.Contains(q.Expr, "rate(") && !strings.Contains(q.Expr, "[$__rate_interval]") {
			t.Errorf("%s %s: a rate over a fixed time goes wrong when zoomed", p.Title, q.RefID)
		}
	}
}

func checkLayout(t *testing.T, p panel, before []panel) {
	t.Helper()
	g := p.GridPos
	if g.X < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
		t.Errorf("%s leaves the grid: %+v", p.Title, g)
	}
	for _, b := range before {
		o := b.GridPos
		if b.ID == p.ID {
			t.Errorf("%s and %s have the same id", p.Title, b.Title)
		}
		if g.X < o.X+o.W && o.X < g.X+g.W && g.Y < o.Y+o.H && o.Y < g.Y+g.H {
			t.Errorf("%s lies over %s", p.Title, b.Title)
		}
	}
}
