package mapping

import (
	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
)

// costLimit bounds one evaluation: a mapping may come from outside.
const costLimit = 100_000

// rowEnv knows every column as row.<column>, a text, so that a misspelled one is found before
// the first row is read.
func rowEnv(columns Columns) *cel.Env {
	opts := []cel.EnvOption{cel.Variable("line", cel.IntType)}
	for name := range columns {
		opts = append(opts, cel.Variable("row."+name, cel.StringType))
	}
	return newEnv(opts...)
}

// personEnv knows what is counted of a person over a whole file.
func personEnv(counts []string) *cel.Env {
	opts := []cel.EnvOption{
		cel.Variable("person", cel.StringType),
		cel.Variable("first", cel.TimestampType),
		cel.Variable("last", cel.TimestampType),
	}
	for _, name := range append(counts, allRows) {
		opts = append(opts, cel.Variable("given."+name, cel.IntType), cel.Variable("received."+name, cel.IntType))
	}
	return newEnv(opts...)
}

// newEnv has no options that can fail: names are checked by the schema before.
func newEnv(opts ...cel.EnvOption) *cel.Env {
	env, err := cel.NewEnv(append(opts, ext.Strings())...)
	if err != nil {
		env, _ = cel.NewEnv()
	}
	return env
}

// condition compiles an expression that is true or false; an empty one is no condition.
func (c *compiler) condition(at, text string) cel.Program {
	if text == "" {
		return nil
	}
	p, out := c.expression(at, text)
	if out != nil && !out.IsExactType(cel.BoolType) {
		c.add(at, "is %s, not true or false", out)
	}
	return p
}

func (c *compiler) expression(at, text string) (cel.Program, *cel.Type) {
	ast, issues := c.env.Compile(text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			c.add(at, "at column %d: %s", e.Location.Column()+1, e.Message)
		}
		return nil, nil
	}
	p, err := c.env.Program(ast, cel.CostLimit(costLimit), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		c.add(at, "cannot be compiled: %v", err)
		return nil, nil
	}
	return p, ast.OutputType()
}

// holds evaluates a condition. An expression that fails for a row is that row's problem.
func holds(p cel.Program, in scope) (bool, error) {
	if p == nil {
		return true, nil
	}
	out, _, err := p.Eval(in)
	if err != nil {
		return false, errFails
	}
	truth, _ := out.Value().(bool)
	return truth, nil
}
