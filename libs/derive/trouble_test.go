package derive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// parkedSeqs are the sequences of the facts that were parked.
func parkedSeqs(t *testing.T, l *eventlog.Log) (seqs []uint64) {
	t.Helper()
	err := l.Read(t.Context(), 1, []string{"kith.clock.*.Parked"}, func(e events.Event, err error) error {
		seqs = append(seqs, e.Fact.(*events.Parked).Seq)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seqs
}

// A claim that comes late, of a replica that lost the place right after it had it, shuts out the one
// that works. That one claims again: nobody else will.
func TestTheWorkingReplicaSurvivesALateClaim(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advices(0, 10)...)
	run(t, l, counting{})
	expect(t, l, 10)
	if _, err := l.Claim(t.Context(), "role-classifier", "1"); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, advices(10, 20)...)
	expect(t, l, 20)
}

// The last commit of the writer before may arrive when the next one has loaded its progress already.
func TestTheWorkingReplicaSurvivesALateCommit(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 10)...)
	run(t, l, counting{})
	expect(t, l, 10)
	handled(t, nc, 10)
	late := openKV(t, nc)
	p, err := late.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, advices(10, 20)...)
	expect(t, l, 20)
}

// handled waits until the documents include an input.
func handled(t *testing.T, nc *nats.Conn, seq uint64) projection.Progress {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		p, err := openKV(t, nc).Progress(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p.Handled >= seq {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("handled up to %d, not %d", p.Handled, seq)
		}
	}
}

func adviceTo(id int, to events.PersonID) events.Event {
	e := advice(id)
	e.Subject = string(to)
	e.Fact = &events.AdviceGiven{Act: events.Act{Recipient: to, Supporter: supporter, RecordedBy: "system"}}
	return e
}

// perPerson checks that each person was told 1, 2, … acts.
func perPerson(t *testing.T, l *eventlog.Log, acts map[events.PersonID]int64) {
	t.Helper()
	perPersonWithin(t, l, acts, time.Minute)
}

func perPersonWithin(t *testing.T, l *eventlog.Log, acts map[events.PersonID]int64, limit time.Duration) {
	t.Helper()
	want := int64(0)
	for _, n := range acts {
		want += n
	}
	var got int64
	told := map[events.PersonID]int64{}
	for deadline := time.Now().Add(limit); got < want && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got = 0
		clear(told)
		err := l.Read(t.Context(), 1, []string{"kith.role.>"}, func(e events.Event, err error) error {
			score := e.Fact.(*events.RoleLapsed).Score
			if got++; score != told[e.Person()]+1 {
				t.Errorf("%s is told %d after %d", e.Person(), score, told[e.Person()])
			}
			told[e.Person()] = score
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(told) != fmt.Sprint(acts) {
		t.Errorf("told %v, want %v", told, acts)
	}
}

// The bucket may be deleted while the service runs: its documents are made anew, and no input is held
// to be poisonous because of it.
func TestTheBucketIsDeletedAtRunTime(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 10)...)
	run(t, l, counting{})
	expect(t, l, 10)
	handled(t, nc, 10)
	if err := l.JetStream().DeleteKeyValue(t.Context(), "kith_ties"); err != nil {
		t.Fatal(err)
	}
	other := events.PersonID("pcccccccccccccccc")
	appendAll(t, l, adviceTo(10, other), advice(11), adviceTo(12, other))
	perPerson(t, l, map[events.PersonID]int64{recipient: 11, other: 2})
	if seqs := parkedSeqs(t, l); len(seqs) > 0 {
		t.Errorf("parked %v", seqs)
	}
}

func TestTheConsumerIsDeletedAtRunTime(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advices(0, 10)...)
	run(t, l, counting{})
	expect(t, l, 10)
	if err := l.JetStream().DeleteConsumer(t.Context(), eventlog.StreamName, "role-classifier"); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, advices(10, 20)...)
	expect(t, l, 20)
}

// moody fails on kudos, and once on another input, but only after the kudos have failed.
type moody struct {
	counting
	failed, sulked *atomic.Bool
}

func (m moody) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if _, ok := in.Fact.(*events.KudosGiven); ok {
		m.failed.Store(true)
	} else if m.failed.Load() && m.sulked.CompareAndSwap(false, true) {
		return nil, errors.New("not now")
	}
	return m.counting.Step(d, in)
}

// An input that fails once, while those before a poisonous one are handled again, is not left out.
func TestAnInputThatFailsOnceIsNotLost(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0), advice(1), kudos(2), advice(3), advice(4))
	run(t, l, moody{counting{}, new(atomic.Bool), new(atomic.Bool)})
	expect(t, l, 4)
	if seqs := parkedSeqs(t, l); len(seqs) != 1 || seqs[0] != 3 {
		t.Errorf("parked %v", seqs)
	}
}

// A server that crashes may lose timers that it had acknowledged. Whoever begins to work sets them
// again, and somebody always works: nothing new need come in.
func TestLostTimersAreSetAgain(t *testing.T) {
	lose := func(t *testing.T, l *eventlog.Log) {
		t.Helper()
		s, err := l.JetStream().Stream(t.Context(), eventlog.TimersName)
		if err == nil {
			err = s.Purge(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	set := func(t *testing.T, l *eventlog.Log) {
		t.Helper()
		eventually(t, "the timer is set", func() bool {
			s, err := l.JetStream().Stream(t.Context(), eventlog.TimersName)
			return err == nil && s.CachedInfo().State.Msgs == 1
		})
	}
	wake := counting{wake: time.Now().Add(time.Hour)}
	t.Run("the service was down", func(t *testing.T) {
		t.Parallel()
		l := openLog(t, natstest.Connect(t))
		appendAll(t, l, advice(0))
		stop := run(t, l, wake)
		set(t, l)
		stop()
		lose(t, l)
		run(t, l, wake)
		set(t, l)
	})
	t.Run("the server was down", func(t *testing.T) {
		t.Parallel()
		c := natstest.Cluster(t, 1)
		l := openLog(t, c.Connect(0))
		appendAll(t, l, advice(0))
		run(t, l, wake)
		set(t, l)
		lose(t, l)
		c.Restart(0)
		set(t, l)
	})
}

// sensitive panics at facts of its own that it has not stated like this.
type sensitive struct{ counting }

func (sensitive) Stated(*projection.Docs, events.Event) error { panic("I never said that") }

// Rules that fail on a fact of their own take nothing down.
func TestRulesThatFailOnWhatTheyStated(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 5)...)
	stop := run(t, l, counting{})
	expect(t, l, 5)
	stop()
	if err := openKV(t, nc).Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, advice(5))
	run(t, l, sensitive{})
	expect(t, l, 6)
}

// careless states what the log does not take, on kudos.
type careless struct{ counting }

func (c careless) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if _, ok := in.Fact.(*events.KudosGiven); ok {
		return []events.Event{{Context: events.Role, Subject: string(in.Person()), Time: in.Recorded, Fact: &events.RoleLapsed{}}}, nil
	}
	return c.counting.Step(d, in)
}

// An input from which something follows that the log does not take is parked like any other that
// cannot be folded.
func TestAFaultyConsequenceIsParked(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0), kudos(1), advice(2))
	run(t, l, careless{})
	expect(t, l, 2)
	if seqs := parkedSeqs(t, l); len(seqs) != 1 || seqs[0] != 2 {
		t.Errorf("parked %v", seqs)
	}
}

// The last fact of one's own may be of a newer version, whose body this one cannot read: its place is
// in its headers.
func TestAnUnknownFactOfOnesOwn(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3)...)
	derived, err := derive.Replay(projection.NewDocs(t.Context(), projection.NewMemory()), counting{}, "role-classifier", read(t, l, "kith.support.>"))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range derived {
		m, err := events.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			m.Subject = events.SubjectOf(events.Role, string(recipient), "RoleFadedAway")
			m.Header["ce-type"] = []string{"kith.role.RoleFadedAway"}
		}
		if _, err := l.JetStream().PublishMsg(t.Context(), &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Body}); err != nil {
			t.Fatal(err)
		}
	}
	appendAll(t, l, advice(3))
	run(t, l, counting{})
	handled(t, nc, 7)
	if got := read(t, l, "kith.role.*.RoleLapsed"); len(got) != 3 || got[2].Fact.(*events.RoleLapsed).Score != 4 {
		t.Errorf("stated %d: %+v", len(got), got)
	}
}

func read(t *testing.T, l *eventlog.Log, filter string) (found []events.Event) {
	t.Helper()
	err := l.Read(t.Context(), 1, []string{filter}, func(e events.Event, err error) error {
		found = append(found, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// hearing remembers which of its own facts it was shown.
type hearing struct {
	counting
	heard chan int64
}

func (h hearing) Stated(d *projection.Docs, own events.Event) error {
	h.heard <- own.Fact.(*events.RoleLapsed).Score
	return h.counting.Stated(d, own)
}

// many states three facts for every act, so that a crash may come between them.
type many struct{ hearing }

func (m many) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	out, err := m.hearing.Step(d, in)
	for range min(len(out), 1) * 2 {
		next := *out[0].Fact.(*events.RoleLapsed)
		next.Score = next.Score*10 + int64(len(out))
		e := out[0]
		e.Fact = &next
		out = append(out, e)
	}
	return out, err
}

// Whoever takes over is shown everything that was stated since the checkpoint, also where it has
// something to add to it first.
func TestWhatWasStatedIsShownThoughSomethingWasLeft(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 2)...)
	if err := openKV(t, nc).Commit(t.Context(), nil, projection.Progress{Stream: l.Identity()}); err != nil { // it has begun
		t.Fatal(err)
	}
	rules := many{hearing{heard: make(chan int64, 100)}}
	derived, err := derive.Replay(projection.NewDocs(t.Context(), projection.NewMemory()), rules, "role-classifier", read(t, l, "kith.support.>"))
	if err != nil {
		t.Fatal(err)
	}
	fence, err := l.Claim(t.Context(), "role-classifier", "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fence.Append(t.Context(), derived[:4]...); err != nil { // one of three of the second act
		t.Fatal(err)
	}
	run(t, l, rules)
	handled(t, nc, 2)
	for deadline := time.Now().Add(time.Minute); len(stated(t, l)) < 6 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if got := fmt.Sprint(stated(t, l)); got != "[1 11 12 2 21 22]" {
		t.Errorf("stated %v", got)
	}
	var heard []int64
	for deadline := time.After(30 * time.Second); len(heard) < 6; {
		select {
		case n := <-rules.heard:
			heard = append(heard, n)
		case <-deadline:
			t.Fatalf("shown %v", heard)
		}
	}
	if fmt.Sprint(heard) != "[1 11 12 2 21 22]" {
		t.Errorf("shown %v", heard)
	}
}

// What was derived last never goes back, also where a fact of one's own was there before.
func TestAppendedNeverGoesBack(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3)...)
	run(t, l, counting{})
	expect(t, l, 3)
	before := handled(t, nc, 3)
	twin := read(t, l, "kith.support.>")[0] // stored again, as after the window in which the log drops it
	twin.Time = twin.Time.Add(time.Second)
	m, err := events.Encode(twin)
	if err != nil {
		t.Fatal(err)
	}
	delete(m.Header, "Nats-Msg-Id")
	ack, err := l.JetStream().PublishMsg(t.Context(), &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Body})
	if err != nil {
		t.Fatal(err)
	}
	if after := handled(t, nc, ack.Sequence); after.Appended < before.Appended {
		t.Errorf("appended %d, then %d", before.Appended, after.Appended)
	}
}

// Documents that include more than the log has are of another log: one that was restored since.
func TestDocumentsAheadOfTheLogAreMadeAnew(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3)...)
	d := projection.NewDocs(t.Context(), openKV(t, nc))
	d.Begin(900)
	d.Put("tally."+string(recipient), &tally{Acts: 900})
	if _, err := d.Commit(projection.Progress{Handled: 900, Appended: 901, Stream: l.Identity()}); err != nil {
		t.Fatal(err)
	}
	run(t, l, counting{})
	expect(t, l, 3)
}

// The engine leaves nothing behind, and ends at once.
func TestTheEngineEndsAtOnce(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advices(0, 100)...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- derive.New(l, counting{}, config()).Run(ctx) }()
	expect(t, l, 100)
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it goes on")
	}
}

// Whoever takes over claims the documents too: a commit that the writer before had on its way must not
// change them under the new one's hands.
func TestTheDocumentsAreClaimedToo(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	appendAll(t, l, advices(0, 3)...)
	stop := run(t, l, counting{})
	expect(t, l, 3)
	handled(t, nc, 3)
	stop()
	late := openKV(t, nc)
	p, err := late.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	written := func() uint64 {
		s, err := l.JetStream().Stream(t.Context(), "KV_kith_ties")
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.LastSeq
	}
	before := written()
	run(t, l, counting{})
	eventually(t, "the documents are claimed", func() bool { return written() > before })
	if err := late.Commit(t.Context(), nil, p); !errors.Is(err, projection.ErrStale) {
		t.Errorf("the writer before commits: %v", err)
	}
}

// boastful makes a document larger than any server takes of kudos.
type boastful struct{ counting }

func (b boastful) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if _, ok := in.Fact.(*events.KudosGiven); ok {
		d.Put("boast", &struct{ Text string }{strings.Repeat("x", 2<<20)})
		return nil, nil
	}
	return b.counting.Step(d, in)
}

// An input that makes a document too large is parked, and does not stop the service for good.
func TestADocumentThatIsTooLargeIsParked(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	appendAll(t, l, advice(0), advice(1), advice(2), kudos(3), advice(4), advice(5))
	run(t, l, boastful{})
	expect(t, l, 5)
	if seqs := parkedSeqs(t, l); len(seqs) != 1 || seqs[0] != 4 {
		t.Errorf("parked %v", seqs)
	}
}
