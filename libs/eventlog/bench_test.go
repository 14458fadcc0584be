package eventlog_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/batch"
	"kith.internal/libs/natstest"
)

// BenchmarkAppend measures facts per second that callers get a yes for, each caller one fact at a
// time, every yes on disk. "of-limit" is the ratio to what the server itself does in the same run:
// batches of a thousand ready-made messages, one after the other.
func BenchmarkAppend(b *testing.B) {
	limit := rawLimit(b)
	for _, callers := range []int{1, 16, 32, 64, 256, 1024} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			l := open(b, natstest.Connect(b), 1)
			var next atomic.Int64
			started := time.Now()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if _, err := l.Append(b.Context(), advice(fmt.Sprint(i))); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			rate := float64(b.N) / time.Since(started).Seconds()
			b.ReportMetric(rate, "facts/s")
			b.ReportMetric(rate/limit, "of-limit")
		})
	}
}

func rawLimit(b *testing.B) float64 {
	nc := natstest.Connect(b)
	open(b, nc, 1)
	const batches = 20
	started := time.Now()
	for i := range batches {
		msgs := make([]*nats.Msg, batch.Limit)
		for j := range msgs {
			m, err := events.Encode(advice(fmt.Sprintf("%d-%d", i, j)))
			if err != nil {
				b.Fatal(err)
			}
			msgs[j] = &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Body}
		}
		if _, err := batch.Publish(b.Context(), nc, msgs); err != nil {
			b.Fatal(err)
		}
	}
	return batches * batch.Limit / time.Since(started).Seconds()
}
