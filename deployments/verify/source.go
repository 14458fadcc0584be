package verify

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// source is one package's syntax, and what texts can be read from it.
type source struct {
	fset      *token.FileSet
	constants map[string]string
	functions []function
	calls     map[string][]*ast.CallExpr // by the name of the function called
}

// function is a declared function, or a literal that was given a name.
type function struct {
	name   string
	params []string
	body   *ast.BlockStmt
}

func newSource(fset *token.FileSet, files []*ast.File) *source {
	s := &source{fset: fset, constants: map[string]string{}, calls: map[string][]*ast.CallExpr{}}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				s.note(n)
			case *ast.FuncDecl:
				s.functions = append(s.functions, function{n.Name.Name, paramNames(n.Type), n.Body})
			case *ast.AssignStmt:
				s.noteLiteral(n)
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok {
					s.calls[id.Name] = append(s.calls[id.Name], n)
				}
			}
			return true
		})
	}
	return s
}

func (s *source) note(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if i < len(spec.Values) {
			if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s.constants[name.Name], _ = strconv.Unquote(lit.Value)
			}
		}
	}
}

// noteLiteral remembers gauge := func(name, help string) …
func (s *source) noteLiteral(a *ast.AssignStmt) {
	name, isName := a.Lhs[0].(*ast.Ident)
	lit, isFunc := a.Rhs[0].(*ast.FuncLit)
	if isName && isFunc {
		s.functions = append(s.functions, function{name.Name, paramNames(lit.Type), lit.Body})
	}
}

func paramNames(t *ast.FuncType) []string {
	var out []string
	for _, field := range t.Params.List {
		for _, name := range field.Names {
			out = append(out, name.Name)
		}
	}
	return out
}

// text evaluates a string literal, a constant of the package, or a sum of them.
func (s *source) text(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.Ident:
		if v, ok := s.constants[e.Name]; ok {
			return v, nil
		}
	case *ast.BinaryExpr:
		left, err := s.text(e.X)
		if err != nil {
			return "", err
		}
		right, err := s.text(e.Y)
		return left + right, err
	}
	return "", fmt.Errorf("%s: not a literal or a constant of this package", s.where(e))
}

// every evaluates a text, or a parameter: to what each call of its function gives it.
func (s *source) every(e ast.Expr) ([]string, error) {
	id, ok := e.(*ast.Ident)
	if !ok {
		text, err := s.text(e)
		return []string{text}, err
	}
	for _, f := range s.around(id) {
		i := slices.Index(f.params, id.Name)
		if i < 0 {
			continue
		}
		var args []ast.Expr
		if len(s.calls[f.name]) == 0 {
			return nil, fmt.Errorf("%s: cannot see who calls %s", s.where(e), f.name)
		}
		for _, call := range s.calls[f.name] {
			args = append(args, call.Args[i])
		}
		return s.list(args)
	}
	text, err := s.text(e)
	return []string{text}, err
}

// around are the functions a node stands in, the innermost first.
func (s *source) around(n ast.Node) []function {
	in := slices.DeleteFunc(slices.Clone(s.functions), func(f function) bool {
		return f.body == nil || n.Pos() < f.body.Pos() || n.End() > f.body.End()
	})
	slices.SortFunc(in, func(a, b function) int { return int(b.body.Pos() - a.body.Pos()) })
	return in
}

// texts reads a literal slice of strings, or nil.
func (s *source) texts(e ast.Expr) ([]string, error) {
	if id, ok := e.(*ast.Ident); ok && id.Name == "nil" {
		return nil, nil
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, fmt.Errorf("%s: labels are not written out", s.where(e))
	}
	return s.list(lit.Elts)
}

// keys reads the keys of a literal map.
func (s *source) keys(e ast.Expr) ([]string, error) {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return nil, fmt.Errorf("%s: labels are not written out", s.where(e))
	}
	var keys []ast.Expr
	for _, elt := range lit.Elts {
		keys = append(keys, elt.(*ast.KeyValueExpr).Key)
	}
	return s.list(keys)
}

func (s *source) list(exprs []ast.Expr) ([]string, error) {
	var out []string
	for _, e := range exprs {
		text, err := s.text(e)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

func (s *source) where(n ast.Node) string { return s.fset.Position(n.Pos()).String() }
