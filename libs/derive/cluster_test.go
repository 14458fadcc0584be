package derive_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// On three servers two replicas take turns while leaders change, connections break and the server that
// one of them talks to is started anew: each fact is derived once, and none is missing.
func TestThreeServersAndTwoReplicas(t *testing.T) {
	c := natstest.Cluster(t, 3)
	var logs []*eventlog.Log
	for i := range 3 {
		l, err := eventlog.Open(t.Context(), c.Connect(i), eventlog.Config{Replicas: 3})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		logs = append(logs, l)
	}
	cfg := config()
	cfg.Replicas = 3
	stops := []func(){runConfig(t, logs[0], counting{}, cfg), runConfig(t, logs[1], counting{}, cfg)}
	people := []events.PersonID{recipient, "pcccccccccccccccc", "pdddddddddddddddd"}
	acts := map[events.PersonID]int64{}
	dice := rand.New(rand.NewPCG(1, 2))
	id := 0
	for round := range 8 {
		for range 5 {
			var evs []events.Event
			for range 20 {
				who := people[dice.IntN(len(people))]
				evs = append(evs, adviceTo(id, who))
				acts[who]++
				id++
			}
			appendUntilStored(t, logs[2], evs)
		}
		trouble(t, c, logs, stops, round, cfg)
	}
	perPersonWithin(t, logs[2], acts, time.Minute)
	if seqs := parkedSeqs(t, logs[2]); len(seqs) > 0 {
		t.Errorf("parked %v", seqs)
	}
}

// trouble is another one in each round.
func trouble(t *testing.T, c *natstest.Nodes, logs []*eventlog.Log, stops []func(), round int, cfg derive.Config) {
	t.Helper()
	switch round % 4 {
	case 0:
		for i := range 3 {
			for _, stream := range []string{eventlog.StreamName, "KV_" + cfg.Bucket} {
				_ = c.Server(i).JetStreamStepdownStream("$G", stream)
			}
			_ = c.Server(i).JetStreamStepdownConsumer("$G", eventlog.StreamName, cfg.Service)
		}
	case 1:
		i := round / 4 % 2
		stops[i]()
		stops[i] = runConfig(t, logs[i], counting{}, cfg)
	case 2:
		if err := logs[round/4%2].Conn().ForceReconnect(); err != nil {
			t.Error(err)
		}
	case 3:
		c.Restart(round / 4 % 2)
	}
}

func appendUntilStored(t *testing.T, l *eventlog.Log, evs []events.Event) {
	t.Helper()
	for range 20 {
		if _, err := l.Append(t.Context(), evs...); err == nil {
			return
		}
	}
	t.Fatal("nothing is stored")
}
