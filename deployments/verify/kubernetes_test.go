package verify

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// trees are the kustomizations somebody may apply or build upon.
var trees = []string{"base", "overlays/dev"}

func TestEveryServiceIsDeployed(t *testing.T) {
	for _, tree := range trees {
		m := render(t, tree)
		var deployed []string
		for _, d := range m.deployments() {
			deployed = append(deployed, d.Name)
			if image := withoutTag(d.Spec.Template.Spec.Containers[0].Image); image != "kith/"+d.Name {
				t.Errorf("%s: %s runs %s", tree, d.Name, image)
			}
		}
		sameSet(t, tree+" deployments", deployed, services(t))
		for _, w := range m.workloads() {
			t.Run(tree+"/"+w.name, func(t *testing.T) { m.checkCompanions(t, w) })
		}
	}
}

// checkCompanions: what stands around a workload under its name, and finds its pods.
func (m manifests) checkCompanions(t *testing.T, w workload) {
	t.Helper()
	service := named[*corev1.Service](t, m, w.name)
	if !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(w.template.Labels)) {
		t.Error("the Service does not find the pods")
	}
	for _, p := range service.Spec.Ports {
		if _, ok := w.port(p.TargetPort.String()); !ok {
			t.Errorf("the Service leads to the port %s, which no container has", p.TargetPort.String())
		}
	}
	budget := named[*policyv1.PodDisruptionBudget](t, m, w.name)
	for what, s := range map[string]*metav1.LabelSelector{"workload": w.selector, "budget": budget.Spec.Selector} {
		if !selects(t, s, w.template.Labels) {
			t.Errorf("the %s does not find its pods", what)
		}
	}
	account := named[*corev1.ServiceAccount](t, m, w.name)
	if w.template.Spec.ServiceAccountName != account.Name {
		t.Errorf("runs as %s", w.template.Spec.ServiceAccountName)
	}
}

func selects(t *testing.T, s *metav1.LabelSelector, pod map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(labels.Set(pod))
}

// TestSelectorsDoNotOverlap: two workloads whose selectors meet take each other's pods for their own.
func TestSelectorsDoNotOverlap(t *testing.T) {
	workloads := render(t, "base").workloads()
	for _, w := range workloads {
		for _, other := range workloads {
			if w.name != other.name && selects(t, w.selector, other.template.Labels) {
				t.Errorf("%s selects the pods of %s", w.name, other.name)
			}
		}
	}
}

func TestServicesAreConfiguredByFlagsThatExist(t *testing.T) {
	for _, tree := range trees {
		m := render(t, tree)
		set := m.statefulSet(t, "nats")
		for _, w := range m.workloads() {
			if w.name == set.Name {
				continue
			}
			env := w.env()
			checkEnvironment(t, tree+" "+w.name, w.name, env)
			if port, _ := w.port("http"); fmt.Sprintf(":%d", port.ContainerPort) != envPort(t, w.name, env["KITH_HTTP_ADDR"]) {
				t.Errorf("%s %s: listens on %s, opens %d", tree, w.name, env["KITH_HTTP_ADDR"], port.ContainerPort)
			}
			if env["KITH_REPLICAS"] != fmt.Sprint(*set.Spec.Replicas) {
				t.Errorf("%s %s: %s replicas of the log on %d servers", tree, w.name, env["KITH_REPLICAS"], *set.Spec.Replicas)
			}
		}
	}
}

func TestPodsAreRestricted(t *testing.T) {
	for _, w := range render(t, "base").workloads() {
		pod, c := w.template.Spec, w.container()
		if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || *s.RunAsUser != 65532 ||
			s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: pod security %+v", w.name, s)
		}
		if s := c.SecurityContext; s == nil || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem ||
			!slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
			t.Errorf("%s: container security %+v", w.name, s)
		}
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
			t.Errorf("%s is given a token for the API server", w.name)
		}
	}
}

func TestProbesAskWhatIsServed(t *testing.T) {
	for _, w := range render(t, "base").workloads() {
		c := w.container()
		probes := map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe, "startup": c.StartupProbe}
		for path, p := range probes {
			if p == nil || p.HTTPGet == nil {
				t.Errorf("%s has no probe for %s", w.name, path)
				continue
			}
			if _, ok := w.port(p.HTTPGet.Port.String()); !ok {
				t.Errorf("%s: probes the port %s", w.name, p.HTTPGet.Port.String())
			}
			if strings.HasPrefix(path, "/") && w.name != "nats" && p.HTTPGet.Path != path {
				t.Errorf("%s: probes %s instead of %s", w.name, p.HTTPGet.Path, path)
			}
		}
	}
}

// TestMemoryIsBounded: the collector's limit lies below the kernel's, but not so low that memory is wasted.
func TestMemoryIsBounded(t *testing.T) {
	for _, w := range render(t, "base").workloads() {
		c := w.container()
		limit := float64(c.Resources.Limits.Memory().Value())
		soft, err := strconv.ParseFloat(strings.TrimSuffix(w.env()["GOMEMLIMIT"], "MiB"), 64)
		if err != nil {
			t.Fatal(err)
		}
		if share := soft * (1 << 20) / limit; share < 0.8 || share > 0.95 {
			t.Errorf("%s: GOMEMLIMIT is %.0f %% of the limit", w.name, 100*share)
		}
		if r := c.Resources.Requests; r.Cpu().IsZero() || r.Memory().IsZero() {
			t.Errorf("%s requests nothing", w.name)
		}
	}
}

func TestSecretsAreReferencedNotContained(t *testing.T) {
	if secrets := all[*corev1.Secret](render(t, "base")); len(secrets) != 0 {
		t.Errorf("the base contains %d secrets", len(secrets))
	}
	for _, s := range all[*corev1.Secret](render(t, "overlays/dev")) {
		for name, value := range s.Data {
			if name == "signing.key" && strings.HasPrefix(string(value), "PRIVATE+KEY+kith.internal/log/") {
				continue
			}
			if key, err := base64.StdEncoding.DecodeString(string(value)); err != nil || len(key) != 32 {
				t.Errorf("%s is no key of 32 bytes: %v", name, err)
			}
		}
	}
}

// TestKeysAreWhereTheFlagsSay follows each *_FILE variable to the mount that puts the file there.
func TestKeysAreWhereTheFlagsSay(t *testing.T) {
	m := render(t, "overlays/dev")
	for _, w := range m.workloads() {
		for name, value := range w.env() {
			if strings.HasSuffix(name, "_FILE") && !m.secretHas(t, w, value) && !m.keeps(t, w, value) {
				t.Errorf("%s: nothing is mounted at %s", w.name, value)
			}
		}
	}
}

func (m manifests) secretHas(t *testing.T, w workload, path string) bool {
	t.Helper()
	for _, mount := range w.container().VolumeMounts {
		file, ok := strings.CutPrefix(path, mount.MountPath+"/")
		for _, v := range w.template.Spec.Volumes {
			if ok && v.Name == mount.Name && v.Secret != nil {
				_, has := named[*corev1.Secret](t, m, v.Secret.SecretName).Data[file]
				return has
			}
		}
	}
	return false
}

// keeps reports whether a file outlives the pod: it lies in a volume that is claimed.
func (m manifests) keeps(t *testing.T, w workload, path string) bool {
	t.Helper()
	for _, mount := range w.container().VolumeMounts {
		if claim := w.claim(mount.Name); claim != "" && strings.HasPrefix(path, mount.MountPath+"/") {
			return !mount.ReadOnly && named[*corev1.PersistentVolumeClaim](t, m, claim) != nil
		}
	}
	return false
}

func (w workload) claim(volume string) string {
	for _, v := range w.template.Spec.Volumes {
		if v.Name == volume && v.PersistentVolumeClaim != nil {
			return v.PersistentVolumeClaim.ClaimName
		}
	}
	return ""
}

// written are the files that services write: what is in them is nowhere else.
var written = map[string]string{"intake": "KITH_ERASURES_FILE", "audit": "KITH_CHECKPOINTS_FILE"}

// TestWrittenFilesOutliveThePods: each lies on a claim of its own, which every replica can write.
func TestWrittenFilesOutliveThePods(t *testing.T) {
	for _, tree := range trees {
		m := render(t, tree)
		claimed := map[string]string{}
		for _, d := range m.deployments() {
			w := workload{d.Name, d.Spec.Selector, d.Spec.Template}
			if name := written[w.name]; name != "" && !m.keeps(t, w, w.env()[name]) {
				t.Errorf("%s %s: %s is %q, which is gone with the pod", tree, w.name, name, w.env()[name])
			}
			for _, v := range d.Spec.Template.Spec.Volumes {
				claim := w.claim(v.Name)
				if claim == "" {
					continue
				}
				if claimed[claim] += w.name; claimed[claim] != w.name {
					t.Errorf("%s: %s is claimed by %s", tree, claim, claimed[claim])
				}
				many := slices.Contains(named[*corev1.PersistentVolumeClaim](t, m, claim).Spec.AccessModes, corev1.ReadWriteMany)
				if replicas := *d.Spec.Replicas; replicas > 1 && !many {
					t.Errorf("%s: %d replicas of %s share %s, which one node can mount", tree, replicas, w.name, claim)
				}
			}
		}
		if len(claimed) != len(written) {
			t.Errorf("%s: claimed is %v", tree, claimed)
		}
	}
}

func TestIngressRoutesEveryPrefix(t *testing.T) {
	for _, tree := range trees {
		var got, want []string
		for _, rule := range named[*networkingv1.Ingress](t, render(t, tree), "kith").Spec.Rules {
			for _, p := range rule.HTTP.Paths {
				got = append(got, p.Path+" "+p.Backend.Service.Name+":"+p.Backend.Service.Port.Name)
			}
		}
		for _, name := range services(t) {
			want = append(want, "/"+name+"/v1 "+name+":http")
		}
		sameSet(t, tree+" ingress", got, want)
	}
}

// TestImagesOfOverlaysHaveTags: "latest" is a different program tomorrow.
func TestImagesOfOverlaysHaveTags(t *testing.T) {
	for _, w := range render(t, "overlays/dev").workloads() {
		if _, tag, _ := strings.Cut(w.container().Image, ":"); tag == "" || tag == "latest" {
			t.Errorf("%s runs %s", w.name, w.container().Image)
		}
	}
}

// TestNATSVersionsAgree: the server that the services' tests run in process is the one deployed.
func TestNATSVersionsAgree(t *testing.T) {
	m := natsModule.FindSubmatch(readFile(t, "services/go.mod"))
	if m == nil {
		t.Fatal("the services' tests run no nats-server")
	}
	tested := string(m[1])
	if image := render(t, "base").statefulSet(t, "nats").Spec.Template.Spec.Containers[0].Image; image != "nats:"+tested {
		t.Errorf("Kubernetes runs %s, tests run %s", image, tested)
	}
	if image := composeProject(t).Services["nats"].Image; image != "nats:"+tested+"-alpine" {
		t.Errorf("compose runs %s, tests run %s", image, tested)
	}
}

var natsModule = regexp.MustCompile(`github.com/nats-io/nats-server/v2 v(\S+)`)
