package eventlog_test

import (
	"fmt"
	"testing"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// What is acknowledged is read, whichever replica answers: also by one that has not heard of it yet.
func TestReadsWhatIsAcknowledged(t *testing.T) {
	c := natstest.Cluster(t, 3)
	logs := []*eventlog.Log{open(t, c.Connect(0), 3), open(t, c.Connect(1), 3), open(t, c.Connect(2), 3)}
	const rounds = 25
	for i, l := range logs {
		t.Run(fmt.Sprint("server ", i), func(t *testing.T) {
			t.Parallel()
			for j := range rounds {
				reads(t, l, fmt.Sprintf("%d-%d", i, j))
			}
		})
	}
}

// reads stores a fact and reads it in each way there is.
func reads(t *testing.T, l *eventlog.Log, id string) {
	t.Helper()
	var acks []eventlog.Ack
	natstest.Again(t, func() (err error) { acks, err = l.Append(t.Context(), advice(id)); return err })
	natstest.Again(t, func() error { _, err := l.Get(t.Context(), acks[0].Seq); return err })
	last := uint64(0)
	natstest.Again(t, func() error {
		return l.Read(t.Context(), max(acks[0].Seq, 4)-3, []string{"kith.support.>"}, func(e events.Event, err error) error {
			last = e.Seq
			return err
		})
	})
	if last < acks[0].Seq {
		t.Errorf("read up to %d of %d", last, acks[0].Seq)
	}
}
