package derive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// audited is a place where counting works, and is verified.
type audited struct {
	t    *testing.T
	c    *natstest.Nodes
	nc   *nats.Conn
	l    *eventlog.Log
	stop func()
}

// worked is a place with a number of acts that counting has answered by rules of a version.
func worked(t *testing.T, n int, version string) *audited {
	t.Helper()
	c := natstest.Cluster(t, 1)
	nc := c.Connect(0)
	p := &audited{t: t, c: c, nc: nc, l: openLog(t, nc)}
	cfg := config()
	cfg.Version = version
	p.stop = runConfig(t, p.l, counting{}, cfg)
	for i := range n {
		appendAll(t, p.l, advice(i))
		expect(t, p.l, i+1)
	}
	handled(t, nc, actAt(n))
	return p
}

// damage stops everything, and starts it again once the log was tampered with.
func (p *audited) damage(tamper func(testing.TB, string, string, uint64, string, string), seq uint64, old, new string) {
	p.t.Helper()
	p.stop()
	p.c.Stop(0)
	tamper(p.t, p.c.Dir(0), eventlog.StreamName, seq, old, new)
	p.c.Restart(0)
}

// actAt is the place of the n-th act, from the second on, and answerAt that of what follows from it: a claim is
// before them.
func actAt(n int) uint64    { return uint64(2 * n) }
func answerAt(n int) uint64 { return uint64(2*n + 1) }

func derivation(rules derive.Rules) derive.Derivation {
	cfg := config()
	return derive.Derivation{Service: cfg.Service, Bucket: cfg.Bucket, Inputs: cfg.Inputs, Owns: cfg.Owns, Version: "1",
		Rules: func() derive.Rules { return rules }}
}

func (p *audited) verification(rules derive.Rules) (v *derive.Verification) {
	p.t.Helper()
	natstest.Again(p.t, func() error {
		store, err := projection.OpenKV(p.t.Context(), p.nc, "kith_verified", 1)
		if err != nil {
			return err
		}
		live, err := projection.OpenReader(p.t.Context(), p.l.JetStream(), "kith_ties", 1)
		if err != nil {
			return err
		}
		v, err = derive.NewVerification(p.t.Context(), p.l, derivation(rules), store, live.Of(p.l.Identity))
		return err
	})
	return v
}

func (p *audited) verify() derive.Findings {
	p.t.Helper()
	return p.verifyBy(counting{})
}

func (p *audited) verifyBy(rules derive.Rules) (f derive.Findings) {
	p.t.Helper()
	natstest.Again(p.t, func() error {
		v := p.verification(rules)
		err := derive.Verify(p.t.Context(), p.l, func(uint64) {}, v)
		f = v.Findings()
		return err
	})
	return f
}

// first is the first divergence of a kind.
func first(f derive.Findings, what string) derive.Divergence {
	i := slices.IndexFunc(f.First, func(d derive.Divergence) bool { return d.What == what })
	if i < 0 {
		return derive.Divergence{}
	}
	return f.First[i]
}

func TestVerifyIsClean(t *testing.T) {
	p := worked(t, 5, "1")
	appendAll(t, p.l, kudos(90)) // is parked
	appendAll(t, p.l, advice(91))
	expect(t, p.l, 6)
	f := p.verify()
	if !f.Clean() || f.Facts != 6 || f.Documents != 1 || f.Digest == "" {
		t.Errorf("found %+v", f)
	}
	p.stop()
	p.stop = runConfig(t, p.l, counting{}, config()) // somebody else takes over
	appendAll(t, p.l, advices(100, 110)...)
	expect(t, p.l, 16)
	if more := p.verify(); !more.Clean() || more.Facts != 16 || more.Handled <= f.Handled || more.Digest == f.Digest {
		t.Errorf("after more of the log: %+v", more)
	}
}

func TestVerifyNames(t *testing.T) {
	const n = 3
	rows := []struct {
		name   string
		tamper func(*audited)
		want   derive.Divergence // the first one, of which only what is said here is compared
		all    int               // how many there are
	}{
		{"a fact that was altered with a valid checksum", func(p *audited) {
			p.damage(natstest.Forge, answerAt(n), `"score":3`, `"score":7`)
		}, derive.Divergence{What: derive.Differing, Seq: answerAt(n), Cause: actAt(n), Fact: "RoleLapsed", Fields: []string{"score"}}, 1},
		{"the time of a derived fact that was altered", func(p *audited) {
			e, err := p.l.Get(p.t.Context(), answerAt(n))
			if err != nil {
				p.t.Fatal(err)
			}
			at := e.Time.Format("2006")
			p.damage(natstest.Forge, answerAt(n), "ce-time: "+at, "ce-time: 1999")
		}, derive.Divergence{What: derive.Differing, Seq: answerAt(n), Cause: actAt(n), Fields: []string{"ce-time"}}, 1},
		{"an input that was altered, by what followed from it", func(p *audited) {
			p.damage(natstest.Forge, actAt(n), "2026-01-01T00:00:02Z", "2025-01-01T00:00:02Z")
		}, derive.Divergence{What: derive.Differing, Seq: answerAt(n), Cause: actAt(n), Fields: []string{"silentSince"}}, 1},
		{"a byte that was flipped", func(p *audited) {
			p.damage(natstest.Flip, answerAt(n), `"score"`, `"scorE"`)
		}, derive.Divergence{What: derive.HoleFound, Seq: answerAt(n), To: answerAt(n)}, 2}, // and the fact is missing
		{"a fact whose cause was lost", func(p *audited) {
			p.damage(natstest.Flip, actAt(5), `"support`, `"Support`)
		}, derive.Divergence{What: derive.HoleFound, Seq: actAt(5), To: actAt(5)}, 3}, // the fact is unexpected, the document odd
		{"a forged fact", func(p *audited) {
			e, err := p.l.Get(p.t.Context(), answerAt(n))
			if err != nil {
				p.t.Fatal(err)
			}
			e.ID = events.DerivedID("role-classifier", e.CausationID, events.Role, 1)
			e.CausationIndex = 1
			appendAll(p.t, p.l, e)
		}, derive.Divergence{What: derive.Unexpected, Seq: answerAt(5) + 1, Cause: actAt(n), Fact: "RoleLapsed"}, 2}, // and what was stated last
		{"a fact without a cause", func(p *audited) {
			e, err := p.l.Get(p.t.Context(), answerAt(5))
			if err != nil {
				p.t.Fatal(err)
			}
			e.ID, e.CausationID, e.CausationSeq = events.IncomingID([]byte("k"), "test", "x"), "", 0
			appendAll(p.t, p.l, e)
		}, derive.Divergence{What: derive.Unexpected, Seq: answerAt(5) + 1, Fact: "RoleLapsed"}, 1},
		{"a document that was altered", func(p *audited) {
			p.alter("tally."+string(recipient), `{"seq":10,"doc":{"Acts":6,"Stated":5}}`)
		}, derive.Divergence{What: derive.OddDocument, Key: "tally." + string(recipient), Seq: actAt(5), Fields: []string{"Acts"}}, 1},
		{"a document that was made up", func(p *audited) {
			p.alter("tally."+string(supporter), `{"seq":10,"doc":{"Acts":6,"Stated":5}}`)
		}, derive.Divergence{What: derive.OddDocument, Key: "tally." + string(supporter), Seq: 10}, 1},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := worked(t, 5, "1")
			p.stop()
			row.tamper(p)
			f := p.verify()
			if f.Divergences != row.all || len(f.First) == 0 {
				t.Fatalf("%d divergences, want %d: %+v", f.Divergences, row.all, f)
			}
			got := f.First[0]
			got.Service, got.ID, got.Expected, got.Stored = "", "", "", ""
			if row.want.Fact == "" {
				got.Fact = ""
			}
			if row.want.Fields == nil {
				got.Fields = nil
			}
			if fmt.Sprint(got) != fmt.Sprint(row.want) {
				t.Errorf("named %+v, want %+v", got, row.want)
			}
			if again := p.verify(); again.Divergences != row.all {
				t.Errorf("verified again: %d divergences, want %d", again.Divergences, row.all)
			}
		})
	}
}

// alter writes into the documents that are read.
func (p *audited) alter(key, stored string) {
	p.t.Helper()
	kv, err := p.l.JetStream().KeyValue(p.t.Context(), "kith_ties")
	if err != nil {
		p.t.Fatal(err)
	}
	live, err := openKV(p.t, p.nc).Progress(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := kv.Put(p.t.Context(), fmt.Sprint(live.Generation, ".", key), []byte(stored)); err != nil {
		p.t.Fatal(err)
	}
}

// A verification that is cut short goes on where it was, and finds what one finds that was not.
func TestVerifyGoesOn(t *testing.T) {
	l := openLog(t, natstest.Fast(t))
	p := &audited{t: t, nc: l.Conn(), l: l}
	run(t, l, counting{})
	appendAll(t, l, advices(0, 2500)...)
	expect(t, l, 2500)
	for i := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		v := p.verification(counting{})
		lots := 0
		err := derive.Verify(ctx, l, func(uint64) {
			if lots++; lots > i {
				cancel()
			}
		}, v)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	f := p.verify()
	store := projection.NewMemory()
	live, err := projection.OpenReader(t.Context(), l.JetStream(), "kith_ties", 1)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := derive.NewVerification(t.Context(), l, derivation(counting{}), store, live)
	if err != nil {
		t.Fatal(err)
	}
	if err := derive.Verify(t.Context(), l, func(uint64) {}, whole); err != nil {
		t.Fatal(err)
	}
	if w := whole.Findings(); !w.Clean() || fmt.Sprint(f) != fmt.Sprint(w) {
		t.Errorf("found %+v, in one go %+v", f, w)
	}
}

// What other rules have said is not held against the rules of today.
func TestVerifyByOtherRules(t *testing.T) {
	p := worked(t, 5, "0")
	p.stop()
	f := p.verifyBy(twice{})
	if f.Divergences != 0 || f.Others == 0 || f.Clean() {
		t.Errorf("found %+v", f)
	}
}

// twice are rules that state twice the number of acts.
type twice struct{ counting }

func (r twice) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	out, err := r.counting.Step(d, in)
	for _, e := range out {
		e.Fact.(*events.RoleLapsed).Score *= 2
	}
	return out, err
}

// An input that cannot be folded by the rules that did so is named and left out; the rest is verified.
func TestVerifyNamesWhatCannotBeFolded(t *testing.T) {
	p := worked(t, 5, "1")
	p.stop()
	f := p.verifyBy(failing{at: time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)})
	got := first(f, derive.Unreadable)
	if got.Seq != actAt(3) || got.Reason != "internal" || f.Facts != 2 {
		t.Errorf("found %+v", f)
	}
}

// failing are rules that fail on the act of a time.
type failing struct {
	counting
	at time.Time
}

func (r failing) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	out, err := r.counting.Step(d, in)
	if in.Time.Equal(r.at) {
		return nil, errors.New("this one cannot be folded")
	}
	return out, err
}

// While acts arrive the documents that are read are ahead of those that were just made: no divergence.
func TestVerifyWhileActsArrive(t *testing.T) {
	l := openLog(t, natstest.Connect(t))
	p := &audited{t: t, nc: l.Conn(), l: l}
	run(t, l, counting{})
	appendAll(t, l, advices(0, 100)...)
	expect(t, l, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		n := 100
		for ; ctx.Err() == nil; n++ {
			if _, err := l.Append(t.Context(), advice(n)); err != nil {
				t.Error(err)
			}
		}
		done <- n
	}()
	for range 3 {
		if f := p.verify(); f.Divergences > 0 || f.Facts == 0 {
			t.Errorf("found %+v", f)
		}
	}
	cancel()
	expect(t, l, <-done)
	if f := p.verify(); f.Divergences > 0 {
		t.Errorf("in the end: %+v", f)
	}
}

// flooding are rules by which every act changes something for so many people, and says so.
type flooding struct{ people int }

func (r flooding) Step(d *projection.Docs, in events.Event) (out []events.Event, err error) {
	for i := range r.people {
		who := events.PersonID("p" + letters(i))
		d.Put("tally."+string(who), &tally{Acts: int(in.Time.Unix())})
		out = append(out, events.Event{Context: events.Role, Subject: string(who), Time: in.Time, Fact: &events.RoleLapsed{
			Supporter: supporter, Role: events.Mentor, Subtype: events.Standard, SilentSince: in.Time, Ruleset: "r"}})
	}
	return out, nil
}

func (flooding) Stated(*projection.Docs, events.Event) error { return nil }

// Much may follow from one input, as from a ruleset: more than finds room in a document while it is expected.
func TestVerifyOfAnInputWithManyConsequences(t *testing.T) {
	const n = 8000 // which is a commit
	l := openLog(t, natstest.Fast(t))
	rules := flooding{n}
	run(t, l, rules)
	appendAll(t, l, advice(0))
	handled(t, l.Conn(), 1)
	p := &audited{t: t, nc: l.Conn(), l: l}
	if f := p.verifyBy(rules); !f.Clean() || f.Facts != n || f.Documents != n {
		t.Errorf("found %+v", f)
	}
}
