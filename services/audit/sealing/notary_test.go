package sealing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/natstest"
	"kith.internal/libs/translog"
	"kith.internal/services/audit/sealing"
)

// office is a log with notaries, whose server can be stopped.
type office struct {
	t     testing.TB
	dir   string // of the keys and of the file of checkpoints
	env   *app.Env
	mu    sync.Mutex
	facts int
}

func open(t testing.TB, nc *nats.Conn, dir string) *office {
	t.Helper()
	l, err := eventlog.Open(t.Context(), nc, eventlog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	in := func(name string) string { return filepath.Join(dir, name) }
	o := &office{t: t, dir: dir, env: &app.Env{NATS: nc, EventLog: l, Replicas: 1, SigningKeyFile: in("signing.key"), CheckpointsFile: in("checkpoints")}}
	if _, err := os.Stat(o.env.SigningKeyFile); err != nil {
		o.newKey()
	}
	return o
}

func (o *office) read(name string) string {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil && !os.IsNotExist(err) {
		o.t.Fatal(err)
	}
	return string(text)
}

func (o *office) write(name, text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) newKey() {
	o.t.Helper()
	secret, err := translog.NewKey(translog.Origin([]byte("tenant")))
	if err != nil {
		o.t.Fatal(err)
	}
	o.write("signing.key", o.read("signing.key")+secret+"\n")
}

// notary is a replica, just started.
func (o *office) notary() (*sealing.Notary, *prometheus.Registry) {
	env, reg := *o.env, prometheus.NewRegistry()
	env.Registry = reg
	return sealing.New(&env, time.Now), reg
}

// happen appends some facts.
func (o *office) happen(n int) {
	o.t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []events.Event
	for range n {
		o.facts++
		at := time.Date(2026, 1, 1, 0, 0, o.facts, 0, time.UTC)
		about := fmt.Sprintf("a%04d", o.facts)
		all = append(all, events.Event{ID: events.DueID("notification", about, at), Source: "/services/notification", Context: events.Clock,
			Subject: events.Nobody, Time: at, Actor: "service:notification", Fact: &events.Due{For: "notification", About: about, At: at}})
	}
	if _, err := o.env.EventLog.Append(o.t.Context(), all...); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) seal(n *sealing.Notary) translog.Checkpoint {
	o.t.Helper()
	if err := n.Seal(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	c, _, err := n.Newest()
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func (o *office) last() uint64 {
	o.t.Helper()
	end, err := o.env.EventLog.Last(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return end
}

func (o *office) message(seq uint64) *eventlog.Stored {
	o.t.Helper()
	var found *eventlog.Stored
	if err := o.env.EventLog.Messages(o.t.Context(), seq, seq, func(m eventlog.Stored) error { found = &m; return nil }); err != nil {
		o.t.Fatal(err)
	}
	return found
}

// proven verifies, by the public keys alone, that a message is in the log, which goes on from a size.
func (o *office) proven(n *sealing.Notary, seq, since uint64) translog.Proven {
	o.t.Helper()
	b, err := n.Prove(o.t.Context(), o.message(seq), since)
	if err != nil {
		o.t.Fatal(err)
	}
	return o.verified(n, b)
}

func (o *office) verified(_ *sealing.Notary, b translog.Bundle) translog.Proven {
	o.t.Helper()
	p, err := b.Verify(o.keys())
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// keys are the public keys of the log.
func (o *office) keys() note.Verifiers {
	o.t.Helper()
	public, err := translog.PublicKeys([]byte(o.read("signing.key")))
	if err != nil {
		o.t.Fatal(err)
	}
	keys, err := translog.Verifiers([]byte(public))
	if err != nil {
		o.t.Fatal(err)
	}
	return keys
}

// altered holds an error against what it should name.
func (o *office) altered(err error, seq uint64, says string) {
	o.t.Helper()
	a := (*sealing.Altered)(nil)
	if !errors.As(err, &a) || a.Seq != seq || !strings.Contains(a.Error(), says) {
		o.t.Errorf("%v (%+v), want message %d: %s", err, a, seq, says)
	}
}

// consistent holds the metric against what it should be.
func consistent(t *testing.T, reg *prometheus.Registry, want float64) {
	t.Helper()
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.GetName() == "kith_audit_log_consistent" && m.GetMetric()[0].GetGauge().GetValue() == want {
			return
		}
	}
	t.Errorf("the metric is not %v: %v", want, all)
}

func TestTheLogIsSealed(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, reg := o.notary()
	if _, _, err := n.Newest(); fault.KindOf(err) != fault.NotFound {
		t.Errorf("before anything was sealed: %v", err)
	}
	o.happen(700)
	first := o.seal(n)
	if again := o.seal(n); first.Size != 700 || again != first || o.last() != 701 {
		t.Errorf("sealed at %d, and again at %d, with %d messages", first.Size, again.Size, o.last())
	}
	o.happen(3)
	if second := o.seal(n); second.Size != 704 || len(translog.Notes([]byte(o.read("checkpoints")))) != 2 {
		t.Errorf("sealed at %d, in the file:\n%s", second.Size, o.read("checkpoints"))
	}
	if p := o.proven(n, 5, 700); p.Entry.Seq != 5 || p.Since.Size != 700 || p.Checkpoint.Size != 704 {
		t.Errorf("%+v", p)
	}
	consistent(t, reg, 1)
	for what, err := range map[string]error{
		"a message not sealed yet":    second(n.Prove(t.Context(), o.message(705), 0)),
		"a size never sealed":         second(n.Prove(t.Context(), nil, 3)),
		"a message that never was so": second(n.Prove(t.Context(), &eventlog.Stored{Seq: 5, Recorded: time.Unix(0, 0)}, 0)),
	} {
		if err == nil {
			t.Errorf("%s is proven", what)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A notary that starts goes on where the last one ended; two at once seal one log.
func TestNotariesShareALog(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	one, _ := o.notary()
	o.happen(600)
	first := o.seal(one)
	two, _ := o.notary()
	if c := o.seal(two); c != first || o.last() != 601 {
		t.Errorf("sealed at %d once more, with %d messages", c.Size, o.last())
	}
	o.happen(300)
	for _, n := range []*sealing.Notary{two, one, two} {
		o.seal(n)
	}
	if o.last() != 902 {
		t.Errorf("the log has %d messages: what is sealed was sealed again", o.last())
	}
	three, _ := o.notary()
	if err := three.ReadAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := o.proven(three, 700, 600); p.Checkpoint.Size != 901 {
		t.Errorf("%+v", p.Checkpoint)
	}
}

// Two that seal at once, into one file and while facts arrive, seal nothing that is not so, though one's clock goes
// backwards.
func TestNotariesSealAtOnce(t *testing.T) {
	const rounds = 40
	o := open(t, natstest.Fast(t), t.TempDir())
	at := time.Now()
	var all sync.WaitGroup
	for _, now := range []func() time.Time{time.Now, func() time.Time { at = at.Add(-time.Hour); return at }} {
		env := *o.env
		env.Registry = prometheus.NewRegistry()
		n := sealing.New(&env, now)
		all.Go(func() {
			for range rounds {
				o.happen(1)
				if err := n.Seal(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	o.holds(rounds)
}

// holds holds every checkpoint of the log and of the file, some at least, against the log.
func (o *office) holds(atLeast int) {
	o.t.Helper()
	claims, export := translog.NewClaims(o.keys()), &bytes.Buffer{}
	for _, note := range translog.Notes([]byte(o.read("checkpoints"))) {
		if err := claims.Add(note); err != nil {
			o.t.Errorf("in the file: %v", err)
		}
	}
	lines := json.NewEncoder(export)
	if err := o.env.EventLog.Messages(o.t.Context(), 1, 0, func(m eventlog.Stored) error { return lines.Encode(sealing.EntryOf(m)) }); err != nil {
		o.t.Fatal(err)
	}
	if found, err := claims.VerifyLog(bytes.NewReader(export.Bytes())); err != nil || found.Checkpoints < atLeast {
		o.t.Errorf("%+v, %v", found, err)
	}
}

// While two keys stand both sign; one that is retired signs no more, and what it signed holds.
func TestKeysChange(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, _ := o.notary()
	signatures := func() int {
		o.t.Helper()
		o.happen(1)
		o.seal(n)
		_, note, err := n.Newest()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(note), "— ")
	}
	one := signatures()
	o.newKey()
	two := signatures()
	file, err := translog.Retire([]byte(o.read("signing.key")))
	if err != nil {
		t.Fatal(err)
	}
	o.write("signing.key", file)
	if after := signatures(); one != 1 || two != 2 || after != 1 {
		t.Errorf("signed by %d, %d and %d keys", one, two, after)
	}
	if p := o.proven(n, 1, 1); p.Since.Size != 1 {
		t.Errorf("%+v", p)
	}
	restarted, _ := o.notary()
	if err := restarted.ReadAll(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWithoutAKeyNothingIsSealed(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	o.env.SigningKeyFile = ""
	n, _ := o.notary()
	o.happen(2)
	if err := n.Seal(t.Context()); err != nil || o.last() != 2 {
		t.Errorf("%v, %d messages", err, o.last())
	}
}

// Tiles are a cache: those that are altered or lost are made anew, if the log is what was sealed.
func TestTilesAreMadeAnew(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, _ := o.notary()
	o.happen(600)
	o.seal(n)
	kv, err := o.env.EventLog.JetStream().KeyValue(t.Context(), "kith_tiles")
	if err != nil {
		t.Fatal(err)
	}
	for what, harm := range map[string]func(key string) error{
		"altered": func(key string) error { return second(kv.Put(t.Context(), key, make([]byte, 8192))) },
		"lost":    func(key string) error { return kv.Purge(t.Context(), key) },
	} {
		if err := harm("tile.8.0.001"); err != nil {
			t.Fatal(err)
		}
		restarted, _ := o.notary()
		o.happen(1)
		c := o.seal(restarted)
		if p := o.proven(restarted, 300, 600); p.Checkpoint != c {
			t.Errorf("%s: %+v", what, p.Checkpoint)
		}
	}
}

// What becomes of tiles under a running notary is noticed by the first proof that needs them, and once a day; also
// where they are not on the way to any root.
func TestTilesAreMadeAnewMeanwhile(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, _ := o.notary()
	o.happen(600)
	o.seal(n)
	js := o.env.EventLog.JetStream()
	put := func(tile []byte) error {
		kv, err := js.KeyValue(t.Context(), "kith_tiles")
		return errors.Join(err, second(kv.Put(t.Context(), "tile.8.0.001", tile)))
	}
	for what, harm := range map[string]func() error{
		"altered":       func() error { return put(make([]byte, 8192)) },
		"cut":           func() error { return put(nil) },
		"without a key": func() error { return js.DeleteStream(t.Context(), "KV_kith_tiles") },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Prove(t.Context(), o.message(300), 0); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
		natstest.Again(t, func() error { return n.Seal(t.Context()) })
		o.proven(n, 300, 600)
		o.happen(1)
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		natstest.Again(t, func() error { return n.ReadAll(t.Context()) })
		o.proven(n, 300, 600)
	}
}

// Over a log that was changed nothing is sealed, and what was changed first is named.
func TestAChangedLogIsFound(t *testing.T) {
	for what, c := range map[string]struct {
		change func(t testing.TB, store string)
		seq    uint64
		says   string
	}{
		"forged":  {func(t testing.TB, store string) { natstest.Forge(t, store, eventlog.StreamName, 77, "a0077", "a0078") }, 77, "the first that was changed is 77"},
		"flipped": {func(t testing.TB, store string) { natstest.Flip(t, store, eventlog.StreamName, 77, "a0077", "a0079") }, 77, "no messages at the sequences from 77"},
	} {
		t.Run(what, func(t *testing.T) {
			dir, store := t.TempDir(), t.TempDir()
			serve(t, store, func(nc *nats.Conn) {
				o := open(t, nc, dir)
				n, _ := o.notary()
				o.happen(300)
				o.seal(n)
				o.happen(1)
			})
			c.change(t, store)
			serve(t, store, func(nc *nats.Conn) {
				o := open(t, nc, dir)
				n, reg := o.notary()
				o.altered(n.ReadAll(t.Context()), c.seq, c.says)
				consistent(t, reg, 0)
			})
		})
	}
}

func serve(t *testing.T, store string, fn func(*nats.Conn)) {
	t.Helper()
	server, err := natsembed.Start(natsembed.Config{Dir: store})
	if err != nil {
		t.Fatal(err)
	}
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	fn(nc)
	nc.Close()
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
}

// What the file holds apart from the log shows that the log was cut off, or told anew.
func TestTheFileRemembers(t *testing.T) {
	dir := t.TempDir()
	o := open(t, natstest.Fast(t), dir)
	n, _ := o.notary()
	o.happen(20)
	o.seal(n)
	kept := o.read("checkpoints")
	for what, c := range map[string]struct {
		facts int
		seq   uint64
		says  string
	}{
		"cut off":    {19, 20, "the log was cut off: it has 19 messages, and had 20 when it was sealed"},
		"told anew":  {25, 0, "the first 20 messages of the log are not what was sealed"},
		"never told": {0, 1, "cut off"},
	} {
		o.write("checkpoints", kept)
		other := open(t, natstest.Fast(t), dir)
		other.happen(c.facts)
		n, _ := other.notary()
		other.altered(n.Seal(t.Context()), c.seq, c.says)
		if other.last() != uint64(c.facts) || other.read("checkpoints") != kept {
			t.Errorf("%s: it is sealed all the same", what)
		}
	}
	forger := open(t, natstest.Fast(t), t.TempDir())
	forger.happen(3)
	theirs, _ := forger.notary()
	forger.seal(theirs)
	o.write("checkpoints", kept+forger.read("checkpoints"))
	o.altered(n.Seal(t.Context()), 0, "none of the keys")
}

// A log that was restored is not what the file remembers, and says why. Once that file is kept elsewhere, it is
// sealed again.
func TestARestoredLogIsSealedAgain(t *testing.T) {
	dir := t.TempDir()
	o := open(t, natstest.Fast(t), dir)
	n, _ := o.notary()
	o.happen(20)
	lost := o.seal(n)
	o = open(t, natstest.Fast(t), dir)
	o.happen(15)
	if _, err := o.env.EventLog.Append(t.Context(), events.Event{ID: "restored" + "aaaaaaaaaaaaaaaaaa", Source: "/kith/restore", Context: events.Audit,
		Subject: events.Nobody, Time: time.Unix(1, 0), Fact: &events.LogRestored{Messages: 15, RootHash: "x", SavedAt: time.Unix(1, 0)}}); err != nil {
		t.Fatal(err)
	}
	o.happen(300) // so many that the tree is kept
	n, _ = o.notary()
	o.altered(n.Seal(t.Context()), 0, "message 16 says that it was restored from a backup of 15 messages")
	o.write("checkpoints", "")
	for range 2 { // the second one has the tree as it was kept
		n, _ = o.notary()
		o.happen(1)
		if c := o.seal(n); c.Size <= lost.Size {
			t.Errorf("sealed at %d", c.Size)
		}
		if _, err := n.Prove(t.Context(), nil, lost.Size); fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), "message 16") {
			t.Errorf("that it grew since %d: %v", lost.Size, err)
		}
	}
	o.holds(2)
}

// A checkpoint that was cut off while it was written costs nothing, and one that could not be written is
// written later.
func TestTheFileIsCompleted(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	n, _ := o.notary()
	o.happen(1)
	o.seal(n)
	o.write("checkpoints", o.read("checkpoints")+"kith.internal/log/abc")
	o.happen(1)
	o.seal(n)
	o.write("checkpoints", "")
	o.seal(n)
	o.happen(1)
	c := o.seal(n)
	if notes := translog.Notes([]byte(o.read("checkpoints"))); len(notes) != 2 || !strings.HasPrefix(string(notes[1]), c.Text()) {
		t.Errorf("%q", notes)
	}
}

func TestAForeignCheckpointIsButAFact(t *testing.T) {
	o := open(t, natstest.Fast(t), t.TempDir())
	forger := open(t, natstest.Fast(t), t.TempDir())
	forger.happen(8)
	theirs, _ := forger.notary()
	c := forger.seal(theirs)
	_, note, _ := theirs.Newest()
	s := c.Seal(note)
	o.happen(3)
	fact := events.Event{ID: events.IncomingID(nil, "/x", "y"), Source: "/services/audit", Context: events.Audit, Subject: events.Nobody, Time: time.Unix(1, 0),
		Fact: &events.CheckpointSealed{Size: s.Size, RootHash: s.RootHash, Signature: s.Signature, Origin: s.Origin}}
	if _, err := o.env.EventLog.Append(t.Context(), fact); err != nil {
		t.Fatal(err)
	}
	n, _ := o.notary()
	if c := o.seal(n); c.Size != 4 {
		t.Errorf("sealed at %d", c.Size)
	}
	o.happen(3)
	if c := o.seal(n); c.Size != 8 {
		t.Errorf("sealed at %d", c.Size)
	}
	o.happen(1)
	if c := o.seal(n); c.Size != 10 {
		t.Errorf("sealed at %d", c.Size)
	}
	o.proven(n, 1, 8)
}

// A log that is made anew under the running service has a tree of its own.
func TestAnotherLog(t *testing.T) {
	nc := natstest.Fast(t)
	o := open(t, nc, t.TempDir())
	n, _ := o.notary()
	o.happen(300)
	o.seal(n)
	was := o.env.EventLog.Identity()
	if err := o.env.EventLog.JetStream().DeleteStream(t.Context(), eventlog.StreamName); err != nil {
		t.Fatal(err)
	}
	o = open(t, nc, o.dir)
	o.write("checkpoints", "")
	o.happen(400)
	natstest.Again(t, func() error {
		if err := n.Seal(t.Context()); err != nil {
			return err
		}
		if c, _, _ := n.Newest(); c.Size != 400 {
			return fmt.Errorf("sealed at %d; the log was %s", c.Size, was)
		}
		return nil
	})
	o.proven(n, 299, 0)
}

// BenchmarkSealing is how fast the tree is made of a log, and how long one proof takes.
func BenchmarkSealing(b *testing.B) {
	const messages = 100_000
	o := open(b, natstest.Fast(b), b.TempDir())
	o.env.CheckpointsFile = ""
	for range messages / 1000 {
		o.happen(1000)
	}
	b.Run("tree", func(b *testing.B) {
		for range b.N {
			if err := o.env.EventLog.JetStream().DeleteStream(b.Context(), "KV_kith_tiles"); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				b.Fatal(err)
			}
			n, _ := o.notary()
			o.seal(n)
		}
		b.ReportMetric(messages*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	})
	n, _ := o.notary()
	o.seal(n)
	m := o.message(messages / 2)
	b.Run("proof", func(b *testing.B) {
		for range b.N {
			if _, err := n.Prove(b.Context(), m, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
