package verify

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifests are the objects of one kustomization, decoded into the API's own types.
type manifests []runtime.Object

// render builds k8s/<path> as `kubectl kustomize` does, and decodes the result strictly: a misspelled or
// repeated field, which the API server may drop in silence, fails here.
func render(t *testing.T, path string) manifests {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).
		Run(filesys.MakeFsOnDisk(), filepath.Join(root, "k8s", path))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	var out manifests
	for _, resource := range built.Resources() {
		object, _, err := decoder.Decode([]byte(resource.MustYaml()), nil, nil)
		if err != nil {
			t.Errorf("%s %s: %v", path, resource.CurId(), err)
			continue
		}
		out = append(out, object)
	}
	return out
}

// all returns the objects of one type.
func all[T runtime.Object](m manifests) []T {
	var out []T
	for _, object := range m {
		if o, ok := object.(T); ok {
			out = append(out, o)
		}
	}
	return out
}

// named returns the one object of a type and name.
func named[T interface {
	runtime.Object
	metav1.Object
}](t *testing.T, m manifests, name string) T {
	t.Helper()
	found := slices.DeleteFunc(all[T](m), func(o T) bool { return o.GetName() != name })
	if len(found) != 1 {
		t.Fatalf("%d objects of type %T are called %s", len(found), *new(T), name)
	}
	return found[0]
}

func (m manifests) deployments() []*appsv1.Deployment { return all[*appsv1.Deployment](m) }

func (m manifests) statefulSet(t *testing.T, name string) *appsv1.StatefulSet {
	t.Helper()
	return named[*appsv1.StatefulSet](t, m, name)
}

// workload is what Deployments and StatefulSets have in common.
type workload struct {
	name     string
	selector *metav1.LabelSelector
	template corev1.PodTemplateSpec
}

func (m manifests) workloads() []workload {
	var out []workload
	for _, d := range m.deployments() {
		out = append(out, workload{d.Name, d.Spec.Selector, d.Spec.Template})
	}
	for _, s := range all[*appsv1.StatefulSet](m) {
		out = append(out, workload{s.Name, s.Spec.Selector, s.Spec.Template})
	}
	return out
}

func (w workload) container() corev1.Container { return w.template.Spec.Containers[0] }

// env are the variables with a value of their own; those from a field or a secret have none here.
func (w workload) env() map[string]string {
	out := map[string]string{}
	for _, e := range w.container().Env {
		if e.ValueFrom == nil {
			out[e.Name] = e.Value
		}
	}
	return out
}

// port finds a container port by name or number.
func (w workload) port(want string) (corev1.ContainerPort, bool) {
	ports := w.container().Ports
	i := slices.IndexFunc(ports, func(p corev1.ContainerPort) bool {
		return p.Name == want || fmt.Sprint(p.ContainerPort) == want
	})
	if i < 0 {
		return corev1.ContainerPort{}, false
	}
	return ports[i], true
}

func (m manifests) listens(name, port string) bool {
	return slices.ContainsFunc(m.workloads(), func(w workload) bool {
		_, ok := w.port(port)
		return ok && w.name == name
	})
}

// podHost is the name under which the member i of a set finds the others.
func podHost(s *appsv1.StatefulSet, i int) string {
	return fmt.Sprintf("%s-%d.%s", s.Name, i, s.Spec.ServiceName)
}

func withoutTag(image string) string {
	name, _, _ := strings.Cut(image, ":")
	return name
}
