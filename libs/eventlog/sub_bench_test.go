package eventlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/natstest"
)

// BenchmarkSubscribe measures deliveries per second to a service that reads several contexts.
func BenchmarkSubscribe(b *testing.B) {
	nc := natstest.Connect(b)
	l := open(b, nc, 1)
	const n = 20000
	var evs []events.Event
	for i := range n {
		e := advice(fmt.Sprint(i))
		id := fmt.Sprintf("p%016d", i%300)
		id = mapDigits(id)
		e.Subject = id
		a := events.ActOf(e.Fact)
		a.Recipient = events.PersonID(id)
		if i%3 == 0 {
			e.Fact = &events.StrategyShared{Act: *a}
		}
		evs = append(evs, e)
	}
	if _, err := l.Append(b.Context(), evs...); err != nil {
		b.Fatal(err)
	}
	filters := []string{"kith.support.>", "kith.people.>", "kith.personal.>", "kith.sealed.>", "kith.clock.*.Due"}
	for name, whole := range map[string]bool{"filtered-by-the-server": false, "filtered-here": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := l.Subscribe(b.Context(), fmt.Sprintf("%s-%d", name, time.Now().UnixNano()), filters, whole, func() (uint64, error) { return 0, nil })
				if err != nil {
					b.Fatal(err)
				}
				ctx, cancel := context.WithCancel(b.Context())
				go s.Run(ctx)
				for i := range n {
					d := <-s.C
					if i%500 == 499 {
						d.Ack()
					}
				}
				cancel()
				for range s.C {
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "facts/s")
		})
	}
}

func mapDigits(s string) string {
	out := []byte(s)
	for i := 1; i < len(out); i++ {
		out[i] = 'a' + out[i] - '0'
	}
	return string(out)
}
