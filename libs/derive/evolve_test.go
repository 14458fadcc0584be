package derive_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// counted is a tally in its next form: the number of acts is called otherwise. Readers understand the one
// before, until no service has documents in it any more.
type counted struct {
	Count  int
	Stated int64
}

func (c *counted) UnmarshalJSON(data []byte) error {
	var any struct {
		Count, Acts int
		Stated      int64
	}
	err := json.Unmarshal(data, &any)
	c.Count, c.Stated = max(any.Count, any.Acts), any.Stated
	return err
}

// recounting is counting, with documents in their next form. It waits for leave at some act.
type recounting struct {
	at    int
	leave chan struct{}
}

func (r recounting) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	key := "tally." + string(in.Person())
	doc, err := projection.Get[counted](d, key)
	if _, is := in.Fact.(*events.AdviceGiven); !is || err != nil || d.Seq(key) >= in.Seq {
		return nil, err
	}
	if doc == nil {
		doc = &counted{}
	}
	if doc.Count++; doc.Count == r.at {
		<-r.leave
	}
	doc.Stated = int64(doc.Count)
	d.Put(key, doc)
	return []events.Event{{Context: events.Role, Subject: string(in.Person()), Time: in.Recorded, Fact: &events.RoleLapsed{
		Supporter: supporter, Role: events.Mentor, Subtype: events.Standard, Score: doc.Stated, SilentSince: in.Time, Ruleset: "r"}}}, nil
}

func (recounting) Stated(d *projection.Docs, own events.Event) error { return nil }

// A service of the next version finds documents in the form before: it answers from them until those in its
// own form are made, and then from these; nothing is stated twice, and nothing goes back.
func TestAChangedLayout(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 2000)...)
	_, stop := start(t, l, counting{}, config())
	expect(t, l, 2000)
	handled(t, nc, 2000)
	stop()
	appendAll(t, l, advices(2000, 2100)...)

	r, err := projection.OpenReader(t.Context(), l.JetStream(), "kith_ties", 1)
	if err != nil {
		t.Fatal(err)
	}
	r.Of(l.Identity)
	ask := func() (counted, uint64) {
		t.Helper()
		p, err := r.Progress(t.Context())
		doc, _, err2 := projection.Read[counted](t.Context(), r, "tally."+string(recipient))
		if err != nil || err2 != nil || doc == nil {
			t.Fatalf("%+v, %v, %v", doc, err, err2)
		}
		return *doc, p.Handled
	}
	before := handled(t, nc, 2000)
	rules, next := recounting{1000, make(chan struct{})}, config()
	next.Layout = 1
	start(t, l, rules, next)
	for deadline := time.Now().Add(30 * time.Second); handled(t, nc, 2000).Given == before.Given && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	for range 50 { // it is in the middle of making them anew
		if doc, at := ask(); doc.Count != 2000 || at != before.Handled {
			t.Fatalf("%+v at %d", doc, at)
		}
	}
	close(rules.leave)
	for count, at := 2000, before.Handled; count < 2100; {
		doc, now := ask()
		if doc.Count < count || now < at {
			t.Fatalf("%+v at %d, after %d at %d", doc, now, count, at)
		}
		count, at = doc.Count, now
	}
	expect(t, l, 2100)
	if doc, err := openKV(t, nc).Load(t.Context(), "tally."+string(recipient)); err != nil || string(doc.Body) != `{"Count":2100,"Stated":2100}` {
		t.Errorf("%s, %v", doc.Body, err)
	}
}

// correcting counts kudos too, which the rules before did not, and states at a rebuild what was not said.
type correcting struct{ counting }

func (c correcting) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if due, ok := in.Fact.(*events.Due); ok && due.About == "rebuild" {
		return c.rebuilt(d, in)
	}
	if _, ok := in.Fact.(*events.KudosGiven); ok {
		in.Fact = &events.AdviceGiven{}
	}
	return c.counting.Step(d, in)
}

func (c correcting) rebuilt(d *projection.Docs, in events.Event) (out []events.Event, err error) {
	keys, err := d.Keys("tally.")
	for _, key := range keys {
		doc, err := projection.Get[tally](d, key)
		if err != nil {
			return nil, err
		}
		if doc.Stated != int64(doc.Acts) {
			doc.Stated = int64(doc.Acts)
			d.Put(key, doc)
			out = append(out, events.Event{Context: events.Role, Subject: strings.TrimPrefix(key, "tally."), Time: in.Recorded, Fact: &events.RoleLapsed{
				Supporter: supporter, Role: events.Mentor, Subtype: events.Standard, Score: doc.Stated, SilentSince: in.Time, Ruleset: "r"}})
		}
	}
	return out, err
}

// Unsaid implements derive.Unsayer.
func (c correcting) Unsaid(d *projection.Docs, never events.Event) error {
	key := "tally." + string(never.Person())
	doc, err := projection.Get[tally](d, key)
	if err == nil && doc != nil {
		doc.Stated = 0
		d.Put(key, doc)
	}
	return err
}

// Rules of the next version would have said otherwise. What they find in the log is not said again, and what
// they would have said is not taken for said: a rebuild states the difference, once.
func TestChangedRulesStateTheDifference(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	other := events.PersonID(adviceBy(3).Subject)
	kudosTo := kudos(7)
	kudosTo.Subject = string(other)
	kudosTo.Fact.(*events.KudosGiven).Recipient = other
	appendAll(t, l, advice(0), advice(1), adviceBy(3), kudosTo, advice(9))
	_, stop := start(t, l, ignoring{}, config())
	handled(t, nc, 5)
	stop()
	if got := fmt.Sprint(stated(t, l)); got != "[1 2 1 3]" {
		t.Fatalf("stated %s", got)
	}
	e, _ := start(t, l, correcting{}, config())
	order(t, e, derive.Order{})
	if r := until(t, e, derive.Different); r.Switched || r.Report.Differing != 1 || r.Report.Same != 1 {
		t.Errorf("%+v %+v", r, r.Report)
	}
	order(t, e, derive.Order{Switch: true})
	if r := until(t, e, derive.Done); !r.Switched || !r.Restated {
		t.Errorf("%+v", r)
	}
	for deadline := time.Now().Add(30 * time.Second); len(stated(t, l)) < 5 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	order(t, e, derive.Order{})
	if r := until(t, e, derive.Done); !r.Switched || !r.Report.Clean() {
		t.Errorf("%+v %+v", r, r.Report)
	}
	appendAll(t, l, adviceBy(3+7))
	for deadline := time.Now().Add(30 * time.Second); len(stated(t, l)) < 6 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if got := fmt.Sprint(stated(t, l)); got != "[1 2 1 3 2 3]" {
		t.Errorf("stated %s", got)
	}
}

// ignoring is counting that leaves kudos out instead of failing.
type ignoring struct{ counting }

func (i ignoring) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if _, ok := in.Fact.(*events.KudosGiven); ok {
		return nil, nil
	}
	return i.counting.Step(d, in)
}

// A log that is deleted and made anew while a service runs is noticed: what was made from the one before is
// not shown any more, and the new one is folded from its beginning.
func TestALogThatIsMadeAnew(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 50)...)
	e, _ := start(t, l, counting{}, config())
	expect(t, l, 50)
	handled(t, nc, 50)
	r, err := projection.OpenReader(t.Context(), l.JetStream(), "kith_ties", 1)
	if err != nil {
		t.Fatal(err)
	}
	r.Of(l.Identity)
	was := l.Identity()
	if err := l.JetStream().DeleteStream(t.Context(), eventlog.StreamName); err != nil {
		t.Fatal(err)
	}
	next := openLog(t, nc)
	if next.Identity() == was {
		t.Fatal("it is the same log")
	}
	appendAll(t, next, advices(100, 170)...) // more than before, so that sequences do not tell
	eventually(t, "the new log is handled", func() bool {
		doc, _, err := projection.Read[tally](t.Context(), r, "tally."+string(recipient))
		switch {
		case l.Identity() == was: // nobody has noticed yet
			return false
		case err != nil && fault.KindOf(err) != fault.Unavailable:
			t.Fatal(err)
		case doc != nil && doc.Acts > 70:
			t.Fatalf("%d acts", doc.Acts)
		}
		p, err := r.Progress(t.Context())
		return err == nil && doc != nil && doc.Acts == 70 && p.Handled >= 70 && p.Stream == next.Identity()
	})
	expect(t, next, 70)
	order(t, e, derive.Order{})
	if r := until(t, e, derive.Done); !r.Switched || !r.Report.Clean() {
		t.Errorf("%+v %+v", r, r.Report)
	}
}

// A log that was restored and has grown since has other facts where the documents think that they were.
func TestALogThatWasRestored(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 50)...)
	_, stop := start(t, l, counting{}, config())
	handled(t, nc, 50)
	want := documents(t, nc)
	stop()
	kv := openKV(t, nc)
	p, err := kv.Progress(t.Context())
	if err != nil || p.Recorded.IsZero() {
		t.Fatalf("%+v, %v", p, err)
	}
	p.Recorded = p.Recorded.Add(time.Nanosecond)
	wrong := projection.Record{Key: "tally." + string(recipient), Seq: 50, Body: json.RawMessage(`{"Acts":7}`)}
	if err := kv.Commit(t.Context(), []projection.Record{wrong}, p); err != nil {
		t.Fatal(err)
	}
	start(t, l, counting{}, config())
	eventually(t, "the documents are made anew", func() bool { return handled(t, nc, 0).Generation > p.Generation })
	handled(t, nc, 50)
	if got := documents(t, nc); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, not %v", got, want)
	}
	expect(t, l, 50)
}

// A bucket of a version that knew no generations is made anew as a whole.
func TestABucketOfAnEarlierVersion(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 30)...)
	_, stop := start(t, l, counting{}, config())
	expect(t, l, 30)
	stop()
	if err := openKV(t, nc).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	bucket, err := l.JetStream().KeyValue(t.Context(), "kith_ties")
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{
		"progress":                      `{"handled":30,"appended":61,"stream":"` + l.Identity() + `","layout":0}`,
		"tally." + string(recipient):    `{"seq":30,"doc":{"Acts":30}}`,
		"tally.paaaaaaaaaaaaaaab":       `{"seq":30,"doc":{"Acts":30}}`,
		"older.tally.paaaaaaaaaaaaaaab": `{"seq":30}`,
	} {
		if _, err := bucket.PutString(t.Context(), key, text); err != nil {
			t.Fatal(err)
		}
	}
	start(t, l, counting{}, config())
	handled(t, nc, 30)
	if got := documents(t, nc); len(got) != 1 || !strings.Contains(got["tally."+string(recipient)], `{"Acts":30,"Stated":30}`) {
		t.Errorf("%v", got)
	}
	if _, err := bucket.Get(t.Context(), "progress"); err == nil {
		t.Error("something of before is left")
	}
	expect(t, l, 30)
}

// eventually waits for something with patience.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
