package eventlog_test

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// A consumer is changed only where it is not as it should be: who subscribes again asks for no vote.
func changesOnlyWhatIsNotAsItShouldBe(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	subscribe := func(filter string) *jetstream.ConsumerInfo {
		t.Helper()
		_, err := l.Subscribe(t.Context(), "test", []string{filter}, false, func() (uint64, error) { return 0, nil })
		if err != nil {
			t.Fatal(err)
		}
		found, err := l.JetStream().Consumer(t.Context(), eventlog.StreamName, "test")
		if err != nil {
			t.Fatal(err)
		}
		return found.CachedInfo()
	}
	sub, err := l.Conn().SubscribeSync("$JS.API.CONSUMER.CREATE.>")
	if err != nil {
		t.Fatal(err)
	}
	subscribe("kith.support.>")
	subscribe("kith.support.>")
	if info := subscribe("kith.role.>"); info.Config.FilterSubjects[0] != "kith.role.>" {
		t.Errorf("it is not changed: %+v", info.Config)
	}
	if err := l.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if asked, _, err := sub.Pending(); err != nil || asked != 2 {
		t.Errorf("a consumer was made or changed %d times, want 2: %v", asked, err)
	}
}

// Several replicas are not compressed: see compression.
func compressesOnlyOneReplica(t *testing.T, c *natstest.Nodes) {
	l := open(t, c.ConnectAny(), c.Size())
	for _, name := range []string{eventlog.StreamName, eventlog.TimersName} {
		s, err := l.JetStream().Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if compressed := s.CachedInfo().Config.Compression != jetstream.NoCompression; compressed && c.Size() > 1 {
			t.Errorf("%s is compressed on %d servers", name, c.Size())
		}
	}
}
