package batch_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/batch"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/natstest"
)

// What a server says that it takes in one batch it does take, and asking leaves nothing behind.
func TestRoom(t *testing.T) {
	for name, tc := range map[string]struct{ configured, want int }{
		"as Kith configures it": {batch.Wide, batch.Wide},
		"as it comes":           {0, batch.Limit},
		"larger than wide":      {batch.Wide + 1, batch.Wide},
		"smaller":               {batch.Wide - 1, batch.Limit},
	} {
		t.Run(name, func(t *testing.T) {
			nc := serverOf(t, tc.configured)
			js, err := jetstream.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowAtomicPublish: true})
			if err != nil {
				t.Fatal(err)
			}
			room, err := batch.Room(t.Context(), nc, "s.0")
			if err != nil || room != tc.want {
				t.Fatalf("room for %d, %v, want %d", room, err, tc.want)
			}
			if info, err := stream.Info(t.Context()); err != nil || info.State.Msgs != 0 {
				t.Fatalf("asking stored %d messages (%v)", info.State.Msgs, err)
			}
			if _, err := batch.Publish(t.Context(), nc, messages(room)); err != nil {
				t.Errorf("a batch of %d: %v", room, err)
			}
		})
	}
}

// Where nobody answers there is no answer.
func TestRoomOfNothing(t *testing.T) {
	if room, err := batch.Room(t.Context(), natstest.Connect(t), "nobody.listens"); err == nil {
		t.Errorf("room for %d in a stream that is not there", room)
	}
}

// serverOf runs a server that takes batches of so many messages; 0 says nothing of that.
func serverOf(t *testing.T, most int) *nats.Conn {
	t.Helper()
	opts, err := natsembed.Options(natsembed.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	opts.JetStreamLimits.MaxBatchSize = most
	ns, err := natsembed.Run(opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("", nats.InProcessServer(ns))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); ns.Shutdown(); ns.WaitForShutdown() })
	return nc
}

func messages(n int) []*nats.Msg {
	msgs := make([]*nats.Msg, n)
	for i := range msgs {
		msgs[i] = nats.NewMsg(fmt.Sprintf("s.%d", i))
	}
	return msgs
}
