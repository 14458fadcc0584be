package derive_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

const (
	recipient = events.PersonID("paaaaaaaaaaaaaaaa")
	supporter = events.PersonID("pbbbbbbbbbbbbbbbb")
)

// tally is a document of counting: how many acts a person has seen, and the last number stated.
type tally struct {
	Acts   int
	Stated int64
}

// counting states the number of acts after each of them, and fails on kudos.
type counting struct{ wake time.Time }

func (c counting) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	key := "tally." + string(in.Person())
	if d.Seq(key) >= in.Seq {
		return nil, nil
	}
	doc, err := projection.Get[tally](d, key)
	if err != nil {
		return nil, err
	}
	if doc == nil {
		doc = &tally{}
	}
	switch in.Fact.(type) {
	case *events.KudosGiven:
		doc.Acts += 1000 // what a failed input did in memory must not stay
		return nil, errors.New("kudos cannot be counted")
	case *events.AdviceGiven, *events.Due:
		doc.Acts++
	default:
		return nil, nil
	}
	doc.Stated = int64(doc.Acts)
	d.Put(key, doc)
	if !c.wake.IsZero() && doc.Acts == 1 {
		d.Wake(key, in.Person(), c.wake)
	}
	return []events.Event{{Context: events.Role, Subject: string(in.Person()), Time: in.Recorded, Fact: &events.RoleLapsed{
		Supporter: supporter, Role: events.Mentor, Subtype: events.Standard, Score: doc.Stated, SilentSince: in.Time, Ruleset: "r"}}}, nil
}

func (c counting) Stated(d *projection.Docs, own events.Event) error {
	key := "tally." + string(own.Person())
	doc, err := projection.Get[tally](d, key)
	if err != nil || doc == nil {
		return err
	}
	doc.Stated = own.Fact.(*events.RoleLapsed).Score
	d.Put(key, doc)
	return nil
}

func openLog(t *testing.T, nc *nats.Conn) *eventlog.Log {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func config() derive.Config {
	return derive.Config{Service: "role-classifier", Bucket: "kith_ties", Owns: []events.Context{events.Role},
		Inputs: []string{"kith.support.>", "kith.clock.>"}}
}

// run starts an engine; stopping it waits for its end.
func run(t *testing.T, l *eventlog.Log, rules derive.Rules) (stop func()) {
	t.Helper()
	return runConfig(t, l, rules, config())
}

func act(id int, fact events.Fact) events.Event {
	return events.Event{ID: events.IncomingID([]byte("k"), "test", fmt.Sprint(id)), Source: "/test", Context: events.Support,
		Subject: string(recipient), Time: time.Date(2026, 1, 1, 0, 0, id, 0, time.UTC), Fact: fact}
}

func advice(id int) events.Event {
	return act(id, &events.AdviceGiven{Act: events.Act{Recipient: recipient, Supporter: supporter, RecordedBy: "system"}})
}

func kudos(id int) events.Event {
	return act(id, &events.KudosGiven{Act: events.Act{Recipient: recipient, Supporter: supporter, RecordedBy: "system"}, Audience: "public"})
}

func appendAll(t *testing.T, l *eventlog.Log, evs ...events.Event) {
	t.Helper()
	if _, err := l.Append(t.Context(), evs...); err != nil {
		t.Fatal(err)
	}
}

// stated returns what the log states, in order.
func stated(t *testing.T, l *eventlog.Log) (scores []int64) {
	t.Helper()
	err := l.Read(t.Context(), 1, []string{"kith.role.>"}, func(e events.Event, err error) error {
		scores = append(scores, e.Fact.(*events.RoleLapsed).Score)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return scores
}

// expect waits until the log states 1, 2, … n, and nothing else.
func expect(t *testing.T, l *eventlog.Log, n int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for len(stated(t, l)) < n && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	got := stated(t, l)
	if len(got) != n {
		t.Fatalf("%d facts stated, want %d", len(got), n)
	}
	for i, score := range got {
		if score != int64(i+1) {
			t.Fatalf("fact %d states %d", i, score)
		}
	}
}

func advices(from, to int) (evs []events.Event) {
	for i := from; i < to; i++ {
		evs = append(evs, advice(i))
	}
	return evs
}

func TestDerivesEachFactOnceAcrossRestarts(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advices(0, 1200)...)
	stop := run(t, l, counting{})
	expect(t, l, 1200)
	stop()
	appendAll(t, l, advices(1200, 1300)...)
	run(t, l, counting{})
	expect(t, l, 1300)
}

// Between the append of what follows and the commit of the documents a process may die: the next
// one folds those inputs again and appends nothing twice.
func TestResumesBetweenAppendAndCommit(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 10)...)
	stop := run(t, l, counting{})
	expect(t, l, 10)
	stop()
	appendAll(t, l, advices(10, 20)...)
	// The next writer gets as far as half of what follows from the fifth input, and no further.
	d := projection.NewDocs(t.Context(), openKV(t, nc))
	var inputs []events.Event
	err := l.Read(t.Context(), 11, []string{"kith.support.>"}, func(e events.Event, err error) error {
		inputs = append(inputs, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	derived, err := derive.Replay(d, counting{}, "role-classifier", inputs[:5])
	if err != nil {
		t.Fatal(err)
	}
	fence, err := l.Claim(t.Context(), "role-classifier", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fence.Append(t.Context(), derived...); err != nil {
		t.Fatal(err)
	}
	run(t, l, counting{})
	expect(t, l, 20)
}

func openKV(t *testing.T, nc *nats.Conn) *projection.KV {
	t.Helper()
	kv, err := projection.OpenKV(t.Context(), nc, "kith_ties", 1)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func TestLostDocumentsAreRebuiltAndNothingIsStatedTwice(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 700)...)
	stop := run(t, l, counting{})
	expect(t, l, 700)
	stop()
	if err := openKV(t, nc).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, advices(700, 701)...)
	run(t, l, counting{})
	expect(t, l, 701)
}

func TestAPoisonousInputIsParkedAndTheOthersGoOn(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0), advice(1), kudos(2), advice(3), advice(4))
	stop := run(t, l, counting{})
	expect(t, l, 4)
	stop()
	var parked []*events.Parked
	err := l.Read(t.Context(), 1, []string{"kith.clock.*.Parked"}, func(e events.Event, err error) error {
		parked = append(parked, e.Fact.(*events.Parked))
		return err
	})
	if err != nil || len(parked) != 1 || parked[0].Seq != 3 || parked[0].Attempts != 3 {
		t.Fatalf("parked %+v, %v", parked, err)
	}
	appendAll(t, l, advice(5))
	run(t, l, counting{})
	expect(t, l, 5)
}

func TestATimerWakesItsDocument(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0))
	run(t, l, counting{wake: time.Now().Add(time.Second)})
	expect(t, l, 2) // the second is what the Due fact brought about
}

// Of two replicas one works; when it stops the other takes over, and nothing is stated twice.
func TestTwoReplicas(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	stops := []func(){run(t, l, counting{}), run(t, openLog(t, nc), counting{})}
	for round := range 6 {
		appendAll(t, l, advices(round*50, round*50+50)...)
		if round == 3 {
			stops[0]()
		}
	}
	expect(t, l, 300)
}
