package natstest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"kith.internal/libs/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write makes a stream with replicas, or finds it, and publishes one message, again while the
// cluster is without a leader; the message's id keeps it to one.
func write(t *testing.T, nc *nats.Conn, replicas int) uint64 {
	t.Helper()
	id := nats.NewInbox()
	for range 20 {
		seq, err := try(t, nc, replicas, id)
		if err == nil {
			return seq
		}
		t.Log(err)
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("no write succeeded")
	return 0
}

func try(t *testing.T, nc *nats.Conn, replicas int, id string) (uint64, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return 0, err
	}
	cfg := jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, Replicas: replicas}
	if _, err := js.CreateOrUpdateStream(ctx, cfg); err != nil {
		return 0, err
	}
	ack, err := js.Publish(ctx, "s.x", nil, jetstream.WithMsgID(id))
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

func TestEveryTestHasItsOwnServer(t *testing.T) {
	for name, connect := range map[string]func(testing.TB) *nats.Conn{"Connect": natstest.Connect, "Fast": natstest.Fast} {
		t.Run(name, func(t *testing.T) {
			if one, two := write(t, connect(t), 1), write(t, connect(t), 1); one != 1 || two != 1 {
				t.Errorf("sequences %d and %d, want 1 and 1", one, two)
			}
		})
	}
}

func TestNodesKeepTheirDataOverARestart(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", n), func(t *testing.T) {
			c := natstest.Cluster(t, n)
			nc := c.Connect(0)
			first := write(t, nc, c.Size())
			c.Stop(0)
			if c.Server(0) != nil {
				t.Fatal("a stopped node has a server")
			}
			c.Restart(0)
			if err := nc.FlushTimeout(30 * time.Second); err != nil {
				t.Fatalf("the connection was not made again: %v", err)
			}
			if second := write(t, nc, c.Size()); first != 1 || second != 2 {
				t.Errorf("sequences %d and %d, want 1 and 2", first, second)
			}
		})
	}
}

func TestAClusterWorksWithoutOneNode(t *testing.T) {
	c := natstest.Cluster(t, 3)
	nc := c.ConnectAny()
	write(t, nc, 3)
	c.Stop(0)
	if seq := write(t, nc, 3); seq != 2 {
		t.Errorf("sequence %d, want 2", seq)
	}
	c.Restart(0)
	if seq := write(t, c.Connect(0), 3); seq != 3 {
		t.Errorf("sequence %d, want 3", seq)
	}
}
