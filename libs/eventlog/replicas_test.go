package eventlog_test

import (
	"fmt"
	"sync"
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
	var wg sync.WaitGroup
	for i, l := range logs {
		wg.Go(func() {
			for j := range rounds {
				acks, err := l.Append(t.Context(), advice(fmt.Sprintf("%d-%d", i, j)))
				if err != nil {
					t.Error(err)
					return
				}
				if e, err := l.Get(t.Context(), acks[0].Seq); err != nil {
					t.Errorf("fact %d is not there: %+v, %v", acks[0].Seq, e.ID, err)
				}
				last := uint64(0)
				err = l.Read(t.Context(), max(acks[0].Seq, 4)-3, []string{"kith.support.>"}, func(e events.Event, err error) error {
					last = e.Seq
					return err
				})
				if err != nil || last < acks[0].Seq {
					t.Errorf("read up to %d of %d: %v", last, acks[0].Seq, err)
				}
			}
		})
	}
	wg.Wait()
}
