package verify

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// natsOptions parses a configuration as nats-server does; an unknown word in it is an error.
func natsOptions(t *testing.T, path string) *server.Options {
	t.Helper()
	t.Setenv("SERVER_NAME", "nats-0")
	opts, err := server.ProcessConfigFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

// TestNATSWritesBeforeItAnswers: without sync_interval always, a "yes" of Kith would not mean fsynced.
func TestNATSWritesBeforeItAnswers(t *testing.T) {
	for _, path := range []string{"deployments/nats/nats.conf", "k8s/base/nats/nats.conf"} {
		opts := natsOptions(t, path)
		if !opts.JetStream || !opts.SyncAlways || opts.StoreDir != "/data" {
			t.Errorf("%s: JetStream %v, sync always %v, store %q", path, opts.JetStream, opts.SyncAlways, opts.StoreDir)
		}
		if n := opts.JetStreamLimits.MaxBatchSize; n != 8000 { // libs/batch: Wide
			t.Errorf("%s: %d documents may be written as one, not as many as the services write", path, n)
		}
		if opts.ServerName != "nats-0" {
			t.Errorf("%s: the server is called %q: a member needs a lasting name", path, opts.ServerName)
		}
	}
}

func TestNATSIsConfiguredAlikeEverywhere(t *testing.T) {
	for _, pair := range [][2]string{
		{"deployments/nats/nats.conf", "k8s/base/nats/nats.conf"},
		{"deployments/nats/cluster.conf", "k8s/overlays/dev/cluster.conf"},
	} {
		if !bytes.Equal(readFile(t, pair[0]), readFile(t, pair[1])) {
			t.Errorf("%s and %s differ", pair[0], pair[1])
		}
	}
}

func TestNATSClusterHasItsMembers(t *testing.T) {
	if routes := natsOptions(t, "deployments/nats/nats.conf").Routes; len(routes) != 0 {
		t.Errorf("a single server looks for %v", routes)
	}
	opts := natsOptions(t, "k8s/base/nats/nats.conf")
	set := render(t, "base").statefulSet(t, "nats")
	if len(opts.Routes) != int(*set.Spec.Replicas) {
		t.Errorf("%d routes, %d replicas", len(opts.Routes), *set.Spec.Replicas)
	}
	for i, route := range opts.Routes {
		if want := podHost(set, i) + ":6222"; route.Host != want {
			t.Errorf("route %d leads to %s, the member is %s", i, route.Host, want)
		}
	}
}
