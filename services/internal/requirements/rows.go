package requirements

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Row is a row of a test's table, or a subtest, whose name begins with requirements, or a test whose comment does.
type Row struct {
	IDs     []string
	Name    string // without the ids
	Package string // its folder, such as services/role-classifier
	Test    string // the test function that runs it

	words map[string]bool // the identifiers and codes of what it does
}

// String is how a failure names the row.
func (r Row) String() string { return fmt.Sprintf("%s %s, %q", r.Package, r.Test, r.Name) }

// Names reports whether the row says a code in its name.
func (r Row) Names(code string) bool { return wordsOf(r.Name)[code] }

// Mentions reports whether the row says a code, or the Go name of one, in its name or in what it does.
func (r Row) Mentions(code string) bool {
	return r.Names(code) || r.words[code] || r.words[goName(code)]
}

// goName is how the events module names a code: events.TruthTeller is truth-teller.
func goName(code string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(code, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// Rows finds the rows of all tests below the folders of a workspace. It fails where one stands in
// no test that is run.
func Rows(root string, modules ...string) ([]Row, error) {
	var rows []Row
	for _, module := range modules {
		err := filepath.WalkDir(filepath.Join(root, module), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			found, err := rowsOf(root, path)
			rows = append(rows, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test), cmp.Compare(a.Name, b.Name))
	})
	return rows, nil
}

// rowsOf finds the rows of one folder's tests.
func rowsOf(root, dir string) ([]Row, error) {
	name, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	p := folder{name: filepath.ToSlash(name), uses: map[string]map[string]bool{}}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.read(file)
	}
	return p.tested()
}

// folder is what the test files of one folder declare.
type folder struct {
	name  string
	uses  map[string]map[string]bool // by declaration: the words in it
	tests []string
	rows  []Row // Test is the declaration they stand in
}

func (p *folder) read(file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p.declare(d.Name.Name, d)
			if strings.HasPrefix(d.Name.Name, "Test") && d.Recv == nil && !skips(d.Body) {
				p.test(d)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					p.declare(v.Names[0].Name, v)
				}
			}
		}
	}
}

// test takes in a test; it is a row itself where its comment begins with requirements.
func (p *folder) test(d *ast.FuncDecl) {
	p.tests = append(p.tests, d.Name.Name)
	if ids, text := split(d.Doc.Text()); len(ids) > 0 {
		sentence, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(text), "\n", " "), ". ")
		name := strings.TrimSuffix(sentence, ".")
		p.rows = append(p.rows, Row{IDs: ids, Name: name, Package: p.name, Test: d.Name.Name, words: wordsIn(d)})
	}
}

// declare takes in what a declaration uses and the rows that stand in it.
func (p *folder) declare(name string, decl ast.Node) {
	p.uses[name] = wordsIn(decl)
	ast.PreorderStack(decl, nil, func(n ast.Node, within []ast.Node) bool {
		if ids, text := split(literal(n)); len(ids) > 0 {
			row := rowOf(n, within)
			if call, ok := row.(*ast.CallExpr); ok && runsNothing(call) {
				return true
			}
			p.rows = append(p.rows, Row{IDs: ids, Name: text, Package: p.name, Test: name, words: wordsIn(row)})
		}
		return true
	})
}

// rowOf is what a name names: the literal or the call that it stands in, or the value of a key.
func rowOf(name ast.Node, within []ast.Node) ast.Node {
	for _, n := range slices.Backward(within) {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if n.Key == name {
				return n
			}
		case *ast.CompositeLit, *ast.CallExpr:
			return n
		}
	}
	return name
}

var ids = regexp.MustCompile(`^(?:S[12]\.\d\d )+`)

// split parts a name into the requirements it begins with and the rest.
func split(name string) ([]string, string) {
	begin := ids.FindString(name)
	return strings.Fields(begin), strings.TrimPrefix(name, begin)
}

func literal(n ast.Node) string {
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if text, err := strconv.Unquote(lit.Value); err == nil {
			return text
		}
	}
	return ""
}

// skips reports whether a function does nothing but be skipped.
func skips(body *ast.BlockStmt) bool {
	for _, s := range body.List {
		if e, ok := s.(*ast.ExprStmt); ok {
			if call, ok := e.X.(*ast.CallExpr); ok {
				if f, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "Skip") {
					return true
				}
			}
		}
	}
	return false
}

// runsNothing reports whether a call is that of a subtest that is skipped.
func runsNothing(call *ast.CallExpr) bool {
	for _, arg := range call.Args {
		if f, ok := arg.(*ast.FuncLit); ok && skips(f.Body) {
			return true
		}
	}
	return false
}

var word = regexp.MustCompile(`[A-Za-z][A-Za-z0-9-]*`)

func wordsOf(text string) map[string]bool {
	found := map[string]bool{}
	for _, w := range word.FindAllString(text, -1) {
		found[w] = true
	}
	return found
}

// wordsIn are the identifiers of a node and the words of its texts.
func wordsIn(n ast.Node) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			found[id.Name] = true
		}
		for w := range wordsOf(literal(n)) {
			found[w] = true
		}
		return true
	})
	return found
}

// tested gives each row the test that runs it, directly or by what it uses.
func (p *folder) tested() ([]Row, error) {
	slices.Sort(p.tests)
	for i := range p.rows {
		test, ok := p.testOf(p.rows[i].Test)
		if !ok {
			return nil, fmt.Errorf("%s: no test runs it", p.rows[i])
		}
		p.rows[i].Test = test
	}
	return p.rows, nil
}

func (p *folder) testOf(declaration string) (string, bool) {
	for _, test := range p.tests {
		if p.reaches(test, declaration, map[string]bool{}) {
			return test, true
		}
	}
	return "", false
}

func (p *folder) reaches(from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	seen[from] = true
	for name := range p.uses[from] {
		if p.uses[name] != nil && !seen[name] && p.reaches(name, to, seen) {
			return true
		}
	}
	return false
}
