package derive_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// healing is counting that fails on kudos until it is healed, and then counts them.
type healing struct {
	counting
	healed *atomic.Bool
}

func (h healing) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	kudos, ok := in.Fact.(*events.KudosGiven)
	if ok && !h.healed.Load() {
		return nil, errors.New("kudos cannot be counted yet")
	}
	if ok {
		in.Fact = &events.AdviceGiven{Act: kudos.Act}
	}
	return h.counting.Step(d, in)
}

func retry(id int, seq uint64) events.Event {
	return events.Event{ID: events.IncomingID([]byte("k"), "retry", fmt.Sprint(id)), Source: "/test", Context: events.Clock,
		Subject: events.Nobody, Time: time.Date(2026, 1, 2, 0, 0, id, 0, time.UTC), Fact: &events.Retry{For: "role-classifier", Seq: seq}}
}

// gauge is the value of a metric.
func gauge(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func runMeasured(t *testing.T, l *eventlog.Log, rules derive.Rules) (*prometheus.Registry, func()) {
	t.Helper()
	cfg := config()
	reg := prometheus.NewRegistry()
	cfg.Registry = reg
	return reg, runConfig(t, l, rules, cfg)
}

func awaitGauge(t *testing.T, reg *prometheus.Registry, name string, want float64) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); gauge(t, reg, name) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is %v, not %v", name, gauge(t, reg, name), want)
		}
	}
}

// A parked fact is folded by the first Retry that succeeds, in that one's place, and by no other:
// neither now nor when the documents are made anew.
func TestRetry(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	rules := healing{counting{}, new(atomic.Bool)}
	reg, stop := runMeasured(t, l, rules)
	append1 := func(e events.Event) uint64 {
		acks, err := l.Append(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		handled(t, nc, acks[0].Seq)
		return acks[0].Seq
	}
	append1(advice(0))
	poison := append1(kudos(1))
	awaitGauge(t, reg, "kith_parked_facts", 1)
	failed := append1(retry(1, poison))
	append1(retry(2, 1)) // of what is not parked
	awaitGauge(t, reg, "kith_parked_facts", 1)
	if got := parkedSeqs(t, l); fmt.Sprint(got) != fmt.Sprint([]uint64{poison, failed}) {
		t.Errorf("parked %v", got)
	}
	expect(t, l, 1)
	rules.healed.Store(true)
	append1(retry(3, failed)) // a Retry of the Retry is one of what that named
	expect(t, l, 2)
	awaitGauge(t, reg, "kith_parked_facts", 0)
	append1(retry(4, poison)) // it is folded already
	append1(advice(2))
	expect(t, l, 3)
	stop()

	reg, stop = runMeasured(t, l, rules) // with its documents
	append1(retry(5, poison))
	append1(advice(3))
	expect(t, l, 4)
	awaitGauge(t, reg, "kith_parked_facts", 0)
	stop()

	if err := openKV(t, nc).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	reg, _ = runMeasured(t, l, rules) // and without
	append1(retry(6, poison))
	append1(advice(4))
	expect(t, l, 5)
	awaitGauge(t, reg, "kith_parked_facts", 0)
	if doc := tallyOf(t, nc); doc.Acts != 5 { // the kudos too
		t.Errorf("counted %d", doc.Acts)
	}
}

// What was parked of somebody who has been erased since is folded no more, now and when the documents are made anew;
// and it waits no longer.
func TestARetryBringsNobodyBack(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	rules := healing{counting{}, new(atomic.Bool)}
	reg, stop := runMeasured(t, l, rules)
	acks, err := l.Append(t.Context(), advice(0), kudos(1))
	if err != nil {
		t.Fatal(err)
	}
	awaitGauge(t, reg, "kith_parked_facts", 1)
	rules.healed.Store(true)
	erased := events.Event{ID: events.IncomingID([]byte("k"), "test", "erased"), Source: "/test", Context: events.People, Subject: string(recipient),
		Time: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Fact: &events.PersonErased{DestroyedAt: time.Unix(1, 0).UTC(), FinalAt: time.Unix(2, 0).UTC()}}
	appendAll(t, l, erased, retry(1, acks[1].Seq), advice(2))
	expect(t, l, 2)
	awaitGauge(t, reg, "kith_parked_facts", 0)
	stop()
	if err := openKV(t, nc).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	runMeasured(t, l, rules)
	appendAll(t, l, advice(3))
	expect(t, l, 3)
	if doc := tallyOf(t, nc); doc.Acts != 3 {
		t.Errorf("counted %d", doc.Acts)
	}
}

// A parked input does not keep those behind it waiting, nor does one that nobody can decode, and a
// replica that takes over leaves out the same ones.
func TestParkedAcrossReplicas(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advice(0), kudos(1), advice(2))
	stop := run(t, l, counting{})
	expect(t, l, 2)
	handled(t, nc, 3)
	other := run(t, openLog(t, nc), counting{})
	stop()
	appendAll(t, l, kudos(3), kudos(4), advice(5))
	expect(t, l, 3)
	if got := parkedSeqs(t, l); len(got) != 3 {
		t.Errorf("parked %v", got)
	}
	other()
}

// Whoever has lost the fence parks nothing.
func TestParkingWithoutTheFence(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0))
	run(t, l, counting{})
	expect(t, l, 1)
	if _, err := l.Claim(t.Context(), "role-classifier", "1"); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, kudos(1), advice(2))
	expect(t, l, 2)
	if got := parkedSeqs(t, l); len(got) != 1 {
		t.Errorf("parked %v", got)
	}
}

func runConfig(t *testing.T, l *eventlog.Log, rules derive.Rules, cfg derive.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- derive.New(l, rules, cfg).Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// tallyOf is the document of counting.
func tallyOf(t *testing.T, nc *nats.Conn) tally {
	t.Helper()
	doc, err := projection.Get[tally](projection.NewDocs(t.Context(), openKV(t, nc)), "tally."+string(recipient))
	if err != nil || doc == nil {
		t.Fatalf("%v, %v", doc, err)
	}
	return *doc
}
