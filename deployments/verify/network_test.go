package verify

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// end is one end of a connection: a pod of ours (a workload's name), or a namespace of somebody else.
type end struct{ pod, namespace string }

// TestNetworkAllowsOnlyTheseEdges states the edges as a table, and asks the rendered policies for each pair.
func TestNetworkAllowsOnlyTheseEdges(t *testing.T) {
	m := render(t, "base")
	for _, name := range services(t) {
		for _, e := range []struct {
			from, to end
			port     string
			want     bool
		}{
			{end{pod: name}, end{pod: "nats"}, "client", true},
			{end{pod: name}, end{pod: "nats"}, "cluster", false},
			{end{pod: name}, end{pod: "nats"}, "monitor", false},
			{end{namespace: "ingress-nginx"}, end{pod: name}, "http", true},
			{end{namespace: "monitoring"}, end{pod: name}, "http", true},
			{end{namespace: "default"}, end{pod: name}, "http", false},
			{end{pod: "nats"}, end{pod: name}, "http", false},
		} {
			m.checkEdge(t, e.from, e.to, e.port, e.want)
		}
		for _, other := range services(t) {
			m.checkEdge(t, end{pod: name}, end{pod: other}, "http", false)
		}
	}
	m.checkEdge(t, end{pod: "nats"}, end{pod: "nats"}, "cluster", true)
	m.checkEdge(t, end{namespace: "monitoring"}, end{pod: "nats"}, "monitor", true)
	m.checkEdge(t, end{namespace: "ingress-nginx"}, end{pod: "nats"}, "client", false)
}

// checkEdge asks both sides, as a cluster does: the one that sends and the one that receives.
func (m manifests) checkEdge(t *testing.T, from, to end, port string, want bool) {
	t.Helper()
	target := m.workload(t, to.pod)
	got := m.allows(t, networkingv1.PolicyTypeIngress, target, from, port, target)
	if from.pod != "" {
		got = got && m.allows(t, networkingv1.PolicyTypeEgress, m.workload(t, from.pod), to, port, target)
	}
	if got != want {
		t.Errorf("%+v to %+v, port %s: %v, want %v", from, to, port, got, want)
	}
}

func (m manifests) workload(t *testing.T, name string) workload {
	t.Helper()
	i := slices.IndexFunc(m.workloads(), func(w workload) bool { return w.name == name })
	if i < 0 {
		t.Fatalf("no workload %s", name)
	}
	return m.workloads()[i]
}

// allows reports whether a policy of one direction that selects self lets peer through to a port of listener.
// A pod no policy selects is open to everybody, which default-deny is there to prevent.
func (m manifests) allows(t *testing.T, kind networkingv1.PolicyType, self workload, peer end, port string, listener workload) bool {
	t.Helper()
	selected := false
	for _, policy := range all[*networkingv1.NetworkPolicy](m) {
		if !slices.Contains(policy.Spec.PolicyTypes, kind) || !selects(t, &policy.Spec.PodSelector, self.template.Labels) {
			continue
		}
		selected = true
		for _, r := range rules(policy, kind) {
			if r.peers(t, m, peer) && r.opens(listener, port) {
				return true
			}
		}
	}
	return !selected
}

// rule is an ingress or egress rule without its direction.
type rule struct {
	who   []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rules(p *networkingv1.NetworkPolicy, kind networkingv1.PolicyType) []rule {
	var out []rule
	if kind == networkingv1.PolicyTypeIngress {
		for _, r := range p.Spec.Ingress {
			out = append(out, rule{r.From, r.Ports})
		}
		return out
	}
	for _, r := range p.Spec.Egress {
		out = append(out, rule{r.To, r.Ports})
	}
	return out
}

func (r rule) peers(t *testing.T, m manifests, peer end) bool {
	t.Helper()
	return slices.ContainsFunc(r.who, func(p networkingv1.NetworkPolicyPeer) bool {
		if peer.pod != "" {
			return p.NamespaceSelector == nil && selects(t, p.PodSelector, m.workload(t, peer.pod).template.Labels)
		}
		name := map[string]string{"kubernetes.io/metadata.name": peer.namespace}
		return p.NamespaceSelector != nil && p.PodSelector == nil && selects(t, p.NamespaceSelector, name)
	})
}

func (r rule) opens(listener workload, port string) bool {
	want, ok := listener.port(port)
	return ok && slices.ContainsFunc(r.ports, func(p networkingv1.NetworkPolicyPort) bool {
		return *p.Port == intstr.FromString(want.Name) || *p.Port == intstr.FromInt32(want.ContainerPort)
	})
}

// TestNetworkIsClosedByDefault: a pod added tomorrow is closed too.
func TestNetworkIsClosedByDefault(t *testing.T) {
	deny := named[*networkingv1.NetworkPolicy](t, render(t, "base"), "default-deny").Spec
	if len(deny.PodSelector.MatchLabels)+len(deny.PodSelector.MatchExpressions)+len(deny.Ingress)+len(deny.Egress) != 0 {
		t.Errorf("default-deny leaves something out: %+v", deny)
	}
	if !slices.Equal(deny.PolicyTypes, []networkingv1.PolicyType{"Ingress", "Egress"}) {
		t.Errorf("default-deny covers %v", deny.PolicyTypes)
	}
}
