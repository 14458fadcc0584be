package ruleset

import (
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"kith.internal/libs/fault"
)

// compiler compiles conditions against the variables that stand where they are written.
type compiler struct{ acts, standings, gates *cel.Env }

func newCompiler() (*compiler, error) {
	words := map[string]*cel.Type{}
	add := func(t *cel.Type, names ...string) {
		for _, n := range names {
			words[n] = t
		}
	}
	for _, who := range []string{"supporter.", "recipient."} {
		add(cel.BoolType, who+"known", who+"senior", who+"external", who+"onLeave", who+"left")
		add(cel.IntType, who+"level")
		add(cel.StringType, who+"department")
	}
	add(cel.BoolType, "relation.manager", "relation.report", "relation.sameDepartment")
	add(cel.IntType, "relation.monthsLonger")
	c := &compiler{}
	var err error
	if c.standings, err = environment(words); err != nil {
		return nil, err
	}
	add(cel.StringType, "act.type", "act.recordedBy", "act.channel", "act.relation", "act.formality", "act.kind", "act.cadence",
		"act.audience", "act.visibility", "act.forum", "act.stake", "act.awareness", "act.valence", "act.sharing", "act.reportedBy")
	add(cel.ListType(cel.StringType), "act.topics")
	add(cel.IntType, "act.theirLevel", "act.minutes", "act.weeks")
	add(cel.BoolType, "act.solicited", "act.voluntary", "act.witnessed", "act.confirmed", "act.helpful", "role.declared")
	if c.acts, err = environment(words); err != nil {
		return nil, err
	}
	c.gates, err = environment(map[string]*cel.Type{
		"evidence.count": cel.IntType, "evidence.enacted": cel.IntType, "evidence.days": cel.IntType, "evidence.heaviest": cel.DoubleType,
		"evidence.maxRung": cel.IntType, "evidence.actsFor": cel.IntType, "evidence.constructive": cel.IntType,
		"evidence.confirmed": cel.IntType, "role.declared": cel.BoolType,
	})
	return c, err
}

func environment(variables map[string]*cel.Type) (*cel.Env, error) {
	var options []cel.EnvOption
	for name, t := range variables {
		options = append(options, cel.Variable(name, t))
	}
	return cel.NewEnv(options...)
}

func (c *compiler) act(at, source string) (condition, error)  { return compile(c.acts, at, source) }
func (c *compiler) gate(at, source string) (condition, error) { return compile(c.gates, at, source) }
func (c *compiler) standing(at, source string) (condition, error) {
	return compile(c.standings, at, source)
}

// condition is a compiled condition; the empty one always holds.
type condition struct {
	source  string
	at      string
	program cel.Program
}

func compile(env *cel.Env, at, source string) (condition, error) {
	if source == "" {
		return condition{}, nil
	}
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		return condition{}, fmt.Errorf("%s: %w", at, issues.Err())
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return condition{}, fmt.Errorf("%s: is a %s, not true or false", at, ast.OutputType())
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return condition{}, fmt.Errorf("%s: %w", at, err)
	}
	return condition{source, at, program}, nil
}

// holds evaluates the condition. It fails only where the condition itself does, by dividing by
// zero for example.
func (c condition) holds(v cel.Activation) (bool, error) {
	if c.program == nil {
		return true, nil
	}
	out, _, err := c.program.Eval(v)
	if err != nil {
		return false, fault.Wrap(fault.Invalid, "ruleset-condition", "a condition of the ruleset fails", fmt.Errorf("%s: %w", c.at, err))
	}
	return out == types.True, nil
}
