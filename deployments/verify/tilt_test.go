package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// call is one call of a Tilt builtin, positional arguments under the names Tilt gives them.
type call map[string]starlark.Value

func (c call) text(name string) string {
	s, _ := starlark.AsString(c[name])
	return s
}

func (c call) list(name string) []string {
	var out []string
	if l, ok := c[name].(*starlark.List); ok {
		for i := range l.Len() {
			s, _ := starlark.AsString(l.Index(i))
			out = append(out, s)
		}
	}
	return out
}

// tiltBuiltins are those the Tiltfile uses, with their positional parameters' names. Another one makes the
// run fail, as a misspelled one would.
var tiltBuiltins = map[string][]string{
	"allow_k8s_contexts": {"contexts"},
	"kustomize":          {"pathToDir"},
	"k8s_yaml":           {"yaml"},
	"k8s_resource":       {"workload"},
	"docker_build":       {"ref", "context"},
}

// runTiltfile executes the Tiltfile with builtins that only record how they were called.
func runTiltfile(t *testing.T) map[string][]call {
	t.Helper()
	calls := map[string][]call{}
	env := starlark.StringDict{}
	for name, params := range tiltBuiltins {
		env[name] = starlark.NewBuiltin(name, recorder(calls, params))
	}
	options := &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}
	if _, err := starlark.ExecFileOptions(options, &starlark.Thread{}, "Tiltfile", readFile(t, "Tiltfile"), env); err != nil {
		t.Fatal(err)
	}
	return calls
}

type builtin = func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error)

func recorder(calls map[string][]call, params []string) builtin {
	return func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, named []starlark.Tuple) (starlark.Value, error) {
		c := call{}
		for i, arg := range args {
			c[params[i]] = arg
		}
		for _, kv := range named {
			c[string(kv[0].(starlark.String))] = kv[1]
		}
		calls[b.Name()] = append(calls[b.Name()], c)
		return starlark.String(b.Name() + ":" + c.text(params[0])), nil
	}
}

func TestTiltRunsEveryServiceOfTheDevOverlay(t *testing.T) {
	calls := runTiltfile(t)
	var resources, refs, rendered []string
	for _, c := range calls["k8s_resource"] {
		resources = append(resources, c.text("workload"))
	}
	sameSet(t, "k8s_resource", resources, append(services(t), "nats"))
	for _, c := range calls["docker_build"] {
		refs = append(refs, c.text("ref"))
	}
	for _, d := range render(t, "overlays/dev").deployments() {
		rendered = append(rendered, withoutTag(d.Spec.Template.Spec.Containers[0].Image))
	}
	sameSet(t, "docker_build", refs, rendered)
	if len(calls["k8s_yaml"]) != 1 || calls["k8s_yaml"][0].text("yaml") != "kustomize:k8s/overlays/dev" {
		t.Errorf("k8s_yaml %v is not the dev overlay", calls["k8s_yaml"])
	}
}

func TestTiltBuildsFromFilesThatExist(t *testing.T) {
	for _, c := range runTiltfile(t)["docker_build"] {
		name := strings.TrimPrefix(c.text("ref"), "kith/")
		args, ok := c["build_args"].(*starlark.Dict)
		if !ok || args.String() != `{"SERVICE": "`+name+`"}` {
			t.Errorf("%s is built with %v", name, c["build_args"])
		}
		only := c.list("only")
		want := []string{"events", "libs", "services/go.mod", "services/go.sum", "services/internal", "services/" + name}
		if name == "audit" { // it runs the rules of the others
			want = append(want, "services/role-classifier", "services/gap-projection", "services/notification")
		}
		sameSet(t, name+" sees", only, want)
		for _, path := range append(only, c.text("context"), c.text("dockerfile")) {
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestTiltForwardsPorts: to ports the pods have, from ports nobody else takes, and those people know
// from compose.
func TestTiltForwardsPorts(t *testing.T) {
	manifests, project := render(t, "overlays/dev"), composeProject(t)
	taken := map[string]string{}
	for _, c := range runTiltfile(t)["k8s_resource"] {
		name := c.text("workload")
		for _, forward := range c.list("port_forwards") {
			local, remote, _ := strings.Cut(forward, ":")
			if other, ok := taken[local]; ok {
				t.Errorf("%s and %s both want port %s", name, other, local)
			}
			taken[local] = name
			if !manifests.listens(name, remote) {
				t.Errorf("%s: no container port %s", name, remote)
			}
			if !publishes(project, name, local) {
				t.Errorf("%s is at another port than %s in compose", name, local)
			}
		}
	}
}
