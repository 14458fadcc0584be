package verify

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// catalogue is every series an expression may name, with its labels and whether it only counts up.
type catalogue map[string]series

type series struct {
	family  string
	labels  []string
	counter bool
}

// newCatalogue joins the metrics of the code, spread into the series Prometheus stores, with what
// client_golang's own collectors and the scrape itself add.
func newCatalogue(t *testing.T) catalogue {
	t.Helper()
	c := catalogue{"up": {family: "up", labels: []string{"instance", "job"}}}
	for name, m := range codeMetrics(t) {
		c.add(name, m.Kind, m.Labels)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		kind := f.GetType().String()
		c.add(f.GetName(), kind[:1]+strings.ToLower(kind[1:]), nil)
	}
	return c
}

func (c catalogue) add(name, kind string, own []string) {
	all := append([]string{"instance", "job"}, own...)
	if kind != "Histogram" && kind != "Summary" {
		c[name] = series{name, all, kind == "Counter"}
		return
	}
	c[name+"_sum"], c[name+"_count"] = series{name, all, true}, series{name, all, true}
	if kind == "Histogram" {
		c[name+"_bucket"] = series{name, append([]string{"le"}, all...), true}
	}
}

// check parses one expression and holds each name, label and rate in it against the catalogue. It
// returns the labels its result has, and the metric families it used.
func (c catalogue) check(t *testing.T, where, text string) (out, used []string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %s\n\t%v", where, text, err)
		return nil, nil
	}
	parser.Inspect(expr, func(n parser.Node, path []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			used = append(used, c.checkSelector(t, where, n, path))
		case *parser.AggregateExpr:
			c.checkGrouping(t, where, n)
		}
		return nil
	})
	return c.labelsOf(expr), used
}

func (c catalogue) checkSelector(t *testing.T, where string, n *parser.VectorSelector, path []parser.Node) string {
	t.Helper()
	s, ok := c[n.Name]
	if !ok {
		t.Errorf("%s: no metric %q exists", where, n.Name)
	}
	for _, m := range n.LabelMatchers {
		if ok && m.Name != model.MetricNameLabel && !slices.Contains(s.labels, m.Name) {
			t.Errorf("%s: %s has no label %q", where, n.Name, m.Name)
		}
	}
	for _, p := range path {
		call, isCall := p.(*parser.Call)
		if ok && isCall && slices.Contains([]string{"rate", "irate", "increase"}, call.Func.Name) && !s.counter {
			t.Errorf("%s: %s of %s, which is no counter", where, call.Func.Name, n.Name)
		}
	}
	return s.family
}

func (c catalogue) checkGrouping(t *testing.T, where string, n *parser.AggregateExpr) {
	t.Helper()
	have := c.labelsOf(n.Expr)
	for _, l := range n.Grouping {
		if !n.Without && !slices.Contains(have, l) {
			t.Errorf("%s: by (%s), which %s does not have", where, l, n.Expr)
		}
	}
}

// labelsOf are the labels an expression's result can have.
func (c catalogue) labelsOf(n parser.Node) []string {
	switch n := n.(type) {
	case *parser.VectorSelector:
		return c[n.Name].labels
	case *parser.AggregateExpr:
		if !n.Without {
			return n.Grouping
		}
		inner := slices.Clone(c.labelsOf(n.Expr))
		return slices.DeleteFunc(inner, func(l string) bool { return slices.Contains(n.Grouping, l) })
	}
	var out []string
	for child := range parser.ChildrenIter(n) {
		out = append(out, c.labelsOf(child)...)
	}
	return out
}

// templateLabel is a label in a legend ({{service}}) or an annotation ({{ $labels.service }}).
var templateLabel = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?(\w+)[^}]*\}\}`)

func checkTemplate(t *testing.T, where, template string, have []string) {
	t.Helper()
	for _, m := range templateLabel.FindAllStringSubmatch(template, -1) {
		if !slices.Contains(have, m[1]) {
			t.Errorf("%s: %q needs the label %s, which the expression drops", where, template, m[1])
		}
	}
}
