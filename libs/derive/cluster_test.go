package derive_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
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

// On three servers everything is made anew while acts arrive, leaders change and the replica that makes it
// ends: each fact is derived once, and what is made anew is the same.
func TestRebuildOnThreeServers(t *testing.T) {
	c := natstest.Cluster(t, 3)
	cfg := config()
	cfg.Replicas = 3
	var logs []*eventlog.Log
	for i := range 3 {
		natstest.Again(t, func() error {
			l, err := eventlog.Open(t.Context(), c.Connect(i), eventlog.Config{Replicas: 3})
			if err == nil {
				t.Cleanup(l.Close)
				logs = append(logs, l)
			}
			return err
		})
	}
	_, stop := start(t, logs[0], counting{}, cfg)
	e, _ := start(t, logs[1], counting{}, cfg)
	acts := map[events.PersonID]int64{recipient: 1}
	appendUntilStored(t, logs[2], []events.Event{adviceTo(0, recipient)})
	id := 1
	for round := range 3 {
		eventually(t, "a rebuild goes on", func() bool {
			_, err := e.Start(t.Context(), derive.Order{})
			return err == nil || fault.KindOf(err) == fault.Conflict // it was ordered, and the answer was lost
		})
		for range 10 {
			var evs []events.Event
			for range 20 {
				evs = append(evs, adviceTo(id, recipient))
				acts[recipient]++
				id++
			}
			appendUntilStored(t, logs[2], evs)
		}
		for i := range 3 {
			_ = c.Server(i).JetStreamStepdownStream("$G", []string{eventlog.StreamName, "KV_" + cfg.Bucket}[round%2])
		}
		if round == 1 {
			stop() // the one that works, or the one that stands by
		}
		var r derive.Rebuild
		for deadline := time.Now().Add(3 * time.Minute); r.Ended.IsZero() && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			if now, err := e.Rebuild(t.Context()); err == nil {
				r = now
			}
		}
		if r.State != derive.Done || !r.Switched || r.Restated || !r.Report.Clean() {
			t.Errorf("%+v %+v", r, r.Report)
		}
	}
	perPersonWithin(t, logs[2], acts, time.Minute)
}
