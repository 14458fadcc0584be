package derive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// start starts an engine that takes orders; stopping it waits for its end.
func start(t *testing.T, l *eventlog.Log, rules derive.Rules, cfg derive.Config) (e *derive.Engine, stop func()) {
	t.Helper()
	cfg.Person = func(p events.PersonID) []string { return []string{"tally." + string(p)} }
	e = derive.New(l, rules, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return e, stop
}

func order(t *testing.T, e *derive.Engine, o derive.Order) {
	t.Helper()
	if _, err := e.Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// until waits until a rebuild stands as it is to.
func until(t *testing.T, e *derive.Engine, want derive.RebuildState) derive.Rebuild {
	t.Helper()
	var r derive.Rebuild
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if r, err = e.Rebuild(t.Context()); err == nil && r.State == want {
			return r
		}
		if err == nil && r.State != derive.Running && r.State != derive.Paused {
			break
		}
	}
	t.Fatalf("the rebuild is not %s: %+v %+v, %v", want, r, r.Report, err)
	return r
}

// documents are those of the live generation, in their stored form.
func documents(t *testing.T, nc *nats.Conn) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := openKV(t, nc).Each(t.Context(), func(r projection.Record) error {
		found[r.Key] = fmt.Sprintf("%d %s %s %s", r.Seq, r.Wake.UTC(), r.Person, r.Body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func adviceBy(n int) events.Event {
	return adviceTo(n, events.PersonID(fmt.Sprintf("p%016s", fmt.Sprint(string(rune('a'+n%7)), "aaaaaaaaaaaaaaa"))))
}

// asking polls a document and the progress as queries do, until it is stopped: they never fail, and neither
// goes back.
func asking(t *testing.T, l *eventlog.Log, key string) (stop func()) {
	t.Helper()
	r, err := projection.OpenReader(t.Context(), l.JetStream(), "kith_ties", 1)
	if err != nil {
		t.Fatal(err)
	}
	r.Of(l.Identity)
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan int)
	go func() {
		n, acts, at := 0, 0, uint64(0)
		for ; ctx.Err() == nil; n++ {
			p, err := r.Progress(t.Context())
			doc, _, err2 := projection.Read[tally](t.Context(), r, key)
			if err != nil || err2 != nil || doc == nil || doc.Acts < acts || p.Handled < at {
				t.Errorf("after %d acts at %d: %+v at %d, %v, %v", acts, at, doc, p.Handled, err, err2)
				break
			}
			acts, at = doc.Acts, p.Handled
		}
		asked <- n
	}()
	return sync.OnceFunc(func() {
		cancel()
		if n := <-asked; n == 0 {
			t.Error("nothing was asked")
		}
	})
}

// Acts arrive while everything is made anew, and queries are asked: the documents end the same as those of
// one who never did, and everything is stated once.
func TestRebuildWhileActsArrive(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3000)...)
	e, _ := start(t, l, counting{}, config())
	expect(t, l, 3000)
	handled(t, nc, 3000)
	before := openKV(t, nc)
	stop := asking(t, l, "tally."+string(recipient))
	ctx, cancel := context.WithCancel(t.Context())
	appended := make(chan int)
	go func() {
		n := 3000
		for ; ctx.Err() == nil; n += 5 {
			_, err := l.Append(t.Context(), advices(n, n+5)...)
			if err != nil {
				t.Error(err)
			}
		}
		appended <- n
	}()
	var last derive.Rebuild
	for range 3 {
		order(t, e, derive.Order{})
		if last = until(t, e, derive.Done); !last.Switched || last.Restated || !last.Report.Clean() || last.Report.Same != 1 {
			t.Errorf("%+v %+v", last, last.Report)
		}
	}
	cancel()
	n := <-appended
	expect(t, l, n)
	stop()
	if was, _ := before.Progress(t.Context()); was.Generation+3 > handled(t, nc, uint64(n)).Generation {
		t.Errorf("generation %d, then %d", was.Generation, handled(t, nc, uint64(n)).Generation)
	}
	if tally := tallyOf(t, nc); tally.Acts != n {
		t.Errorf("%d acts, not %d", tally.Acts, n)
	}
	t.Logf("%d acts; the last rebuild came past %d facts at %d a second", n, last.Facts, last.Rate)
}

// What is parked, and folded by a Retry in its place, is so in documents made anew.
func TestRebuildLeavesOutWhatIsParked(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advice(0), kudos(1), advice(2), kudos(3))
	e, _ := start(t, l, counting{}, config())
	expect(t, l, 2)
	for deadline := time.Now().Add(30 * time.Second); len(parkedSeqs(t, l)) < 2 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	appendAll(t, l, advice(4))
	expect(t, l, 3)
	handled(t, nc, read(t, l, "kith.support.>")[4].Seq)
	want := documents(t, nc)
	order(t, e, derive.Order{})
	if r := until(t, e, derive.Done); !r.Switched || !r.Report.Clean() {
		t.Errorf("%+v %+v", r, r.Report)
	}
	if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, not %v", got, want)
	}
}

// spoiled changes documents behind the back of their writer: one is wrong, one is gone, one too many.
func spoiled(t *testing.T, nc *nats.Conn) {
	t.Helper()
	kv := openKV(t, nc)
	p, err := kv.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one, _ := kv.Load(t.Context(), "tally."+adviceBy(0).Subject)
	two, _ := kv.Load(t.Context(), "tally."+adviceBy(1).Subject)
	one.Body, two.Body = json.RawMessage(`{"Acts":1}`), nil
	records := []projection.Record{*one, *two, {Key: "stray.one", Seq: 1, Body: json.RawMessage(`{}`)}}
	if err := kv.Commit(t.Context(), records, p); err != nil {
		t.Fatal(err)
	}
}

func TestRebuildReportsDifferences(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	for i := range 70 {
		appendAll(t, l, adviceBy(i))
	}
	_, stop := start(t, l, counting{}, config())
	handled(t, nc, 70)
	right := documents(t, nc)
	stop()
	spoiled(t, nc)
	e, _ := start(t, l, counting{}, config())
	wrong := documents(t, nc)

	for _, o := range []derive.Order{{}, {DryRun: true}} {
		order(t, e, o)
		r := until(t, e, derive.Different)
		want := `{"same":5,"differing":1,"missing":1,"extra":1,"kinds":{"stray":{"same":0,"missing":1},"tally":{"same":5,"differing":1,"extra":1}},` +
			`"examples":["stray.one","tally.paaaaaaaaaaaaaaaa","tally.pbaaaaaaaaaaaaaaa"]}`
		if got, _ := json.Marshal(r.Report); string(got) != want || r.Switched {
			t.Errorf("%s switched %v", got, r.Switched)
		}
		if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(wrong) {
			t.Errorf("%v, not %v", got, wrong)
		}
	}
	order(t, e, derive.Order{Switch: true})
	if r := until(t, e, derive.Done); !r.Switched {
		t.Errorf("%+v", r)
	}
	if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(right) {
		t.Errorf("%v, not %v", got, right)
	}
	order(t, e, derive.Order{DryRun: true})
	if r := until(t, e, derive.Done); r.Switched || !r.Report.Clean() || r.Report.Same != 7 {
		t.Errorf("%+v %+v", r, r.Report)
	}
}

// One person's documents are made anew alone; those of others stay as they are, also where they are wrong.
func TestRebuildOfOnePerson(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	for i := range 70 {
		appendAll(t, l, adviceBy(i))
	}
	_, stop := start(t, l, counting{}, config())
	handled(t, nc, 70)
	right := documents(t, nc)
	stop()
	spoiled(t, nc)
	e, _ := start(t, l, counting{}, config())
	for i, name := range []string{"differing", "extra", "same"} {
		person := events.PersonID(adviceBy(i).Subject)
		order(t, e, derive.Order{Person: person, Switch: true})
		r := until(t, e, derive.Done)
		if got := map[string]int{"differing": r.Report.Differing, "extra": r.Report.Extra, "same": r.Report.Same}; got[name] != 1 || r.Report.Same+r.Report.Differing+r.Report.Extra != 1 {
			t.Errorf("%s: %+v", name, r.Report)
		}
	}
	got := documents(t, nc)
	delete(got, "stray.one")
	if fmt.Sprint(got) != fmt.Sprint(right) {
		t.Errorf("%v, not %v", got, right)
	}
	appendAll(t, l, adviceBy(70))
	handled(t, nc, 71)
	if kv, _ := openKV(t, nc).Load(t.Context(), "tally."+adviceBy(70).Subject); string(kv.Body) != `{"Acts":11,"Stated":11}` {
		t.Errorf("and then %s", kv.Body)
	}
}

// gated are rules whose other folds wait for leave at an input.
type gated struct {
	counting
	at    int
	leave chan struct{}
}

func (g gated) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if doc, _ := projection.Get[tally](d, "tally."+string(in.Person())); doc != nil && doc.Acts == g.at {
		<-g.leave
	}
	return g.counting.Step(d, in)
}

// gate is a configuration whose rebuilds wait at an input until leave is closed.
func gate(at int) (cfg derive.Config, leave chan struct{}) {
	cfg, leave = config(), make(chan struct{})
	cfg.Anew = func() derive.Rules { return gated{at: at, leave: leave} }
	return cfg, leave
}

func TestRebuildIsPausedResumedAndCancelled(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 5000)...)
	cfg, leave := gate(1000)
	e, _ := start(t, l, counting{}, cfg)
	handled(t, nc, 5000)
	if _, err := e.Rebuild(t.Context()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no rebuild: %v", err)
	}
	if _, err := e.Pause(t.Context()); fault.KindOf(err) != fault.Conflict {
		t.Errorf("paused nothing: %v", err)
	}
	order(t, e, derive.Order{})
	if _, err := e.Start(t.Context(), derive.Order{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("two at once: %v", err)
	}
	for _, turn := range []func(context.Context) (derive.Rebuild, error){e.Pause, e.Resume, e.Pause} {
		if _, err := turn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(leave) // it is told at the next opportunity
	appendAll(t, l, advices(5000, 5100)...)
	handled(t, nc, 5100)
	if r := until(t, e, derive.Paused); r.Facts >= 5000 {
		t.Errorf("%+v", r)
	}
	if _, err := e.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := until(t, e, derive.Done); !r.Switched || r.Report.Same != 1 {
		t.Errorf("%+v %+v", r, r.Report)
	}

	order(t, e, derive.Order{})
	if r, err := e.Cancel(t.Context()); err != nil || r.State != derive.Cancelled {
		t.Errorf("%+v, %v", r, err)
	}
	before := handled(t, nc, 5100)
	order(t, e, derive.Order{DryRun: true}) // the one before is out of the way, and nothing of it is left
	until(t, e, derive.Done)
	if p := handled(t, nc, 5100); p.Generation != before.Generation {
		t.Errorf("switched: %+v, then %+v", before, p)
	}
}

// A process that ends in the middle of a rebuild leaves it to the next one, and the documents as they were.
func TestRebuildSurvivesARestart(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3000)...)
	cfg, leave := gate(2500)
	e, stop := start(t, l, counting{}, cfg)
	p := handled(t, nc, 3000)
	want := documents(t, nc)
	order(t, e, derive.Order{})
	for deadline := time.Now().Add(30 * time.Second); handled(t, nc, 3000).Given == p.Given && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	go stop()
	close(leave)
	stop()
	if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, not %v", got, want)
	}
	e, _ = start(t, l, counting{}, config())
	if r := until(t, e, derive.Done); !r.Switched || !r.Report.Clean() {
		t.Errorf("%+v %+v", r, r.Report)
	}
	if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, not %v", got, want)
	}
	js := l.JetStream()
	s, err := js.Stream(t.Context(), "KV_kith_ties")
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CachedInfo().State.Msgs; n > 4 { // progress, rebuild, and one document in the live and in the replaced generation
		t.Errorf("%d messages are left", n)
	}
}

// Whatever happened, with restarts in between, documents made anew are those that were made live, byte for
// byte. What a report leaves out, the input that changed a document last, may differ after a restart.
func TestDocumentsMadeAnewAreThoseMadeLive(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 1))
			nc := natstest.Connect(t)
			l := openLog(t, nc)
			n := 0
			happen := func() {
				var evs []events.Event
				for range 1 + dice.IntN(150) {
					n++
					switch e := adviceBy(dice.IntN(7)); dice.IntN(12) {
					case 0:
						evs = append(evs, kudos(n))
					case 1:
						evs = append(evs, events.Event{ID: act(n, nil).ID, Source: "/test", Context: events.Clock, Subject: events.Nobody, Time: e.Time,
							Fact: &events.Retry{For: "role-classifier", Seq: uint64(1 + dice.IntN(n))}})
					default:
						e.ID = act(n, nil).ID
						evs = append(evs, e)
					}
				}
				appendAll(t, l, evs...)
			}
			happen()
			rules := counting{wake: time.Now().Add(time.Duration(dice.IntN(1500)) * time.Millisecond)}
			for range 3 {
				_, stop := start(t, l, rules, config())
				happen()
				if dice.IntN(2) == 0 {
					settledAt(t, l, nc)
				}
				stop()
			}
			e, _ := start(t, l, rules, config())
			settledAt(t, l, nc)
			order(t, e, derive.Order{})
			if r := until(t, e, derive.Done); !r.Switched || r.Restated || !r.Report.Clean() {
				t.Fatalf("%+v %+v", r, r.Report)
			}
			if len(documents(t, nc)) == 0 {
				t.Error("there are no documents")
			}
		})
	}
}

// settledAt waits until every input is handled.
func settledAt(t *testing.T, l *eventlog.Log, nc *nats.Conn) {
	t.Helper()
	var last uint64
	if err := l.Read(t.Context(), 1, config().Inputs, func(e events.Event, _ error) error { last = e.Seq; return nil }); err != nil {
		t.Fatal(err)
	}
	handled(t, nc, last)
}
