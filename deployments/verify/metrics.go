package verify

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// prometheusPath is the package whose option structs and constructors declare metrics.
const prometheusPath = "github.com/prometheus/client_golang/prometheus"

// Metric is one metric family as its declaration in the source says.
type Metric struct {
	Name   string   // with namespace and subsystem
	Kind   string   // Counter, Gauge, Histogram, Summary; empty for a bare NewDesc
	Labels []string // variable, constant and wrapped ones
	Where  string   // file:line of the declaration
}

// ScanMetrics finds the metrics declared in the Go sources below roots, tests left out. It reads syntax
// only, so a broken neighbor does not hide a metric; the price is that names and labels have to be
// literals, constants of the same package or parameters given such, and what is not is an error, never
// silently left out.
func ScanMetrics(roots ...string) (map[string]Metric, error) {
	s := scan{fset: token.NewFileSet(), found: map[string]Metric{}}
	for _, root := range roots {
		packages, err := packageFiles(root)
		if err != nil {
			return nil, err
		}
		for _, files := range packages {
			if err := s.pkg(files); err != nil {
				return nil, err
			}
		}
	}
	return s.withWrapped(), nil
}

// packageFiles groups the non-test Go files below root by folder.
func packageFiles(root string) (map[string][]string, error) {
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			out[filepath.Dir(path)] = append(out[filepath.Dir(path)], path)
		}
		return nil
	})
	return out, err
}

type scan struct {
	fset    *token.FileSet
	found   map[string]Metric
	wrapped []string // labels that registerers add to whatever is registered through them
}

func (s *scan) pkg(paths []string) error {
	var files []*ast.File
	for _, path := range paths {
		f, err := parser.ParseFile(s.fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	src := newSource(s.fset, files)
	for _, f := range files {
		if err := s.file(f, src); err != nil {
			return err
		}
	}
	return nil
}

// file visits every call and every option struct. An option struct inside a known constructor has been
// read with it; one on its own (handed to a function of the package) still gives name and kind.
func (s *scan) file(f *ast.File, src *source) error {
	alias := importAlias(f, prometheusPath)
	if alias == "" {
		return nil
	}
	var failed error
	seen := map[ast.Node]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if failed != nil || seen[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			failed = s.call(n, alias, src, seen)
		case *ast.CompositeLit:
			if kind, ok := optionsKind(n, alias); ok {
				failed = s.options(n, kind, nil, src)
			}
		}
		return true
	})
	return failed
}

// call reads NewCounterVec and its like, promauto's too, NewDesc, and the labels of WrapRegistererWith.
func (s *scan) call(c *ast.CallExpr, alias string, src *source, seen map[ast.Node]bool) error {
	fun, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) < 2 {
		return nil
	}
	switch name := fun.Sel.Name; {
	case name == "WrapRegistererWith":
		keys, err := src.keys(c.Args[0])
		s.wrapped = append(s.wrapped, keys...)
		return err
	case name == "NewDesc":
		return s.desc(c, src)
	case strings.HasPrefix(name, "New") && strings.HasSuffix(name, "Vec"):
		lit, isLit := c.Args[0].(*ast.CompositeLit)
		if !isLit {
			return nil
		}
		kind, isOptions := optionsKind(lit, alias)
		if !isOptions {
			return nil
		}
		labels, err := src.texts(c.Args[1])
		if err != nil {
			return err
		}
		seen[lit] = true
		return s.options(lit, kind, labels, src)
	}
	return nil
}

func (s *scan) desc(c *ast.CallExpr, src *source) error {
	name, err := src.text(c.Args[0])
	if err != nil {
		return err
	}
	var labels []string
	if len(c.Args) > 2 {
		if labels, err = src.texts(c.Args[2]); err != nil {
			return err
		}
	}
	return s.add(Metric{Name: name, Labels: labels, Where: src.where(c)})
}

// options reads an option struct. Its name may be a parameter of the function around it; then every call
// of that function declares a metric.
func (s *scan) options(lit *ast.CompositeLit, kind string, labels []string, src *source) error {
	names, prefix := []string(nil), ""
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return fmt.Errorf("%s: options without field names", src.where(e))
		}
		var text string
		var more []string
		var err error
		switch kv.Key.(*ast.Ident).Name {
		case "Namespace", "Subsystem":
			text, err = src.text(kv.Value)
			prefix += text + "_"
		case "Name":
			names, err = src.every(kv.Value)
		case "ConstLabels":
			more, err = src.keys(kv.Value)
			labels = append(labels, more...)
		}
		if err != nil {
			return err
		}
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, s.add(Metric{Name: prefix + name, Kind: kind, Labels: labels, Where: src.where(lit)}))
	}
	return errors.Join(errs...)
}

// add keeps one entry per name. Two packages may declare the same metric; then its labels are both's.
func (s *scan) add(m Metric) error {
	if before, ok := s.found[m.Name]; ok {
		if before.Kind != m.Kind {
			return fmt.Errorf("%s: %s is a %s here and a %s at %s", m.Where, m.Name, m.Kind, before.Kind, before.Where)
		}
		m.Labels = append(m.Labels, before.Labels...)
	}
	s.found[m.Name] = m
	return nil
}

func (s *scan) withWrapped() map[string]Metric {
	for name, m := range s.found {
		m.Labels = append(m.Labels, s.wrapped...)
		slices.Sort(m.Labels)
		m.Labels = slices.Compact(m.Labels)
		s.found[name] = m
	}
	return s.found
}

// optionsKind tells prometheus.CounterOpts from other literals, and says Counter.
func optionsKind(lit *ast.CompositeLit, alias string) (string, bool) {
	sel, ok := lit.Type.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok || pkg.Name != alias {
		return "", false
	}
	kind, isOpts := strings.CutSuffix(sel.Sel.Name, "Opts")
	return kind, isOpts && slices.Contains([]string{"Counter", "Gauge", "Histogram", "Summary"}, kind)
}

func importAlias(f *ast.File, path string) string {
	for _, spec := range f.Imports {
		if spec.Path.Value == strconv.Quote(path) {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return filepath.Base(path)
		}
	}
	return ""
}
