package backup_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	"kith.internal/libs/keyring"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/natstest"
	"kith.internal/libs/translog"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/intake"
	"kith.internal/services/internal/access"
	"kith.internal/services/kith/internal/backup"
	"kith.internal/services/kith/internal/up"
)

// installation is a log that intake writes, and what lies beside it.
type installation struct {
	t      testing.TB
	nc     *nats.Conn
	log    *eventlog.Log
	intake *intake.Service
	dir    string // keys, erasures, checkpoints
}

func install(t testing.TB, nc *nats.Conn, dir string) *installation {
	t.Helper()
	return installOn(t, nc, 1, dir)
}

func installOn(t testing.TB, nc *nats.Conn, replicas int, dir string) *installation {
	t.Helper()
	log, err := eventlog.Open(t.Context(), nc, eventlog.Config{Service: "test", Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	i := &installation{t: t, nc: nc, log: log, dir: dir}
	for _, name := range []string{"master.key", "tenant.key"} {
		if _, err := os.Stat(i.file(name)); err != nil {
			i.write(name, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(name[:1]), 32)))
		}
	}
	env := &app.Env{Registry: prometheus.NewRegistry(), NATS: nc, EventLog: log, MasterKey: i.key("master.key"), TenantKey: i.key("tenant.key"),
		Replicas: replicas, ErasuresFile: i.file("erasures")}
	if i.intake, err = intake.New(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.intake.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	i.eventually("ready", func() bool { return i.intake.Ready() == nil })
	return i
}

func (i *installation) file(name string) string { return filepath.Join(i.dir, name) }

func (i *installation) write(name, text string) {
	i.t.Helper()
	if err := os.WriteFile(i.file(name), []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installation) read(name string) string {
	i.t.Helper()
	text, err := os.ReadFile(i.file(name))
	if err != nil {
		i.t.Fatal(err)
	}
	return string(text)
}

func (i *installation) key(name string) []byte {
	i.t.Helper()
	key, err := app.ReadKey(i.file(name))
	if err != nil {
		i.t.Fatal(err)
	}
	return key
}

func (i *installation) eventually(what string, ok func() bool) {
	i.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			i.t.Fatalf("%s: it never came about", what)
		}
	}
}

// say has an integration send one fact, and returns it as it is in the log.
func (i *installation) say(id, fact, subject string, data any) events.Event {
	i.t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		i.t.Fatal(err)
	}
	in := intake.Incoming{ID: id, Source: "/integrations/test", Type: fact, Subject: subject, Data: text}
	out := i.intake.Accept(i.t.Context(), access.Parse("integration:test"), []intake.Incoming{in}, intake.Options{})[0]
	if out.Err != nil {
		i.t.Fatal(out.Err)
	}
	e, err := i.log.Get(i.t.Context(), out.Seq)
	if err != nil {
		i.t.Fatal(err)
	}
	return e
}

func (i *installation) joins(id string) events.PersonID {
	i.t.Helper()
	return i.say("join-"+id, "PersonJoined", "hr:"+id, map[string]any{
		"level": 3, "effectiveAt": "2024-01-01T00:00:00Z", "sealed": map[string]any{"name": "Person " + id}}).Person()
}

func (i *installation) erases(p events.PersonID) {
	i.t.Helper()
	i.say("erase-"+string(p), "ErasureRequested", string(p), map[string]any{"requestedBy": "organization"})
	i.eventually("an erasure", func() bool { return i.is(p) })
}

// is reports whether somebody was erased.
func (i *installation) is(p events.PersonID) (erased bool) {
	i.t.Helper()
	natstest.Again(i.t, func() error {
		return i.log.Read(i.t.Context(), 1, []string{events.FilterFact(events.People, "PersonErased")}, func(e events.Event, err error) error {
			erased = erased || e.Person() == p
			return err
		})
	})
	return erased
}

// opens reports whether the details of whoever joined can be read.
func (i *installation) opens(p events.PersonID) error {
	i.t.Helper()
	keys, err := keyring.Open(i.t.Context(), i.log.JetStream(), i.key("master.key"), i.log.Replicas())
	if err != nil {
		i.t.Fatal(err)
	}
	for e, err := range i.log.Person(i.t.Context(), p, events.People) {
		if err != nil {
			i.t.Fatal(err)
		}
		if f, ok := e.Fact.(*events.PersonJoined); ok {
			_, err := keys.Open(i.t.Context(), p, "sealed", f.Details)
			return err
		}
	}
	return errors.New("they never joined")
}

// seals makes a checkpoint of the log as it is, as audit does.
func (i *installation) seals(secret string) {
	i.t.Helper()
	tree := translog.Frontier{}
	if err := i.log.Messages(i.t.Context(), 1, 0, func(s eventlog.Stored) error {
		tree.Add(translog.Leaf(s.Canonical(s.Seq, s.Recorded)))
		return nil
	}); err != nil {
		i.t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		i.t.Fatal(err)
	}
	c := translog.Checkpoint{Origin: signer.Name(), Size: tree.Size(), Root: tree.Root()}
	signed, err := c.Sign(signer)
	if err != nil {
		i.t.Fatal(err)
	}
	s := c.Seal(signed)
	if len(s.More) == 0 {
		s.More = nil
	}
	e := events.Event{ID: events.IncomingID(nil, "checkpoint", c.Text()), Source: "/services/audit", Context: events.Audit, Subject: events.Nobody, Time: time.Now().UTC(),
		Fact: &events.CheckpointSealed{Size: s.Size, RootHash: s.RootHash, Signature: s.Signature, Origin: s.Origin, More: s.More}}
	if _, err := i.log.Append(i.t.Context(), e); err != nil {
		i.t.Fatal(err)
	}
	i.write("signing.key", secret+"\n")
	i.write("checkpoints", string(signed)+"\n")
}

// restored begins where a backup was restored.
func restored(t *testing.T, o backup.Order) *installation {
	t.Helper()
	server, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(o.DataDir, up.Store)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return install(t, nc, o.DataDir)
}

func TestBackup(t *testing.T) {
	i := install(t, natstest.Connect(t), t.TempDir())
	before := i.joins("1")
	early := filepath.Join(t.TempDir(), "backup")
	if _, err := backup.Make(t.Context(), i.nc, early, nil); err != nil {
		t.Fatal(err)
	}
	later, stays := i.joins("2"), i.joins("3")
	i.erases(before)
	secret, err := translog.NewKey("kith.internal/log/test")
	if err != nil {
		t.Fatal(err)
	}
	i.seals(secret)
	act := i.say("act", "AdviceGiven", "", map[string]any{"recipient": "hr:3", "supporter": "hr:2"})
	saved := filepath.Join(t.TempDir(), "backup")
	m, err := backup.Make(t.Context(), i.nc, saved, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Messages < act.Seq || m.Checkpoint == "" || !m.KeysUntil.Equal(m.Made.Add(30*24*time.Hour)) {
		t.Errorf("%+v", m)
	}
	if err := filepath.WalkDir(saved, func(path string, d fs.DirEntry, err error) error {
		if info, _ := d.Info(); err == nil && !d.IsDir() && info.Mode() != 0o600 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Make(t.Context(), i.nc, saved, nil); err == nil {
		t.Error("a backup was overwritten")
	}
	i.erases(later) // the backup has their key
	order := func(t *testing.T) backup.Order {
		return backup.Order{Backup: saved, DataDir: filepath.Join(t.TempDir(), "new"), Erasures: i.file("erasures"), Keys: i.dir, Checkpoints: i.file("checkpoints")}
	}

	t.Run("whoever was erased since stays erased", func(t *testing.T) {
		o := order(t)
		i.write("cut", i.read("checkpoints")+"kith.internal/log/te") // by a crash
		o.Checkpoints = i.file("cut")
		r, err := backup.Restore(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Erasures != 2 || r.Checkpoints != 2 || r.Lost != 0 || r.Messages != m.Messages || r.Sequence != m.Messages+2 {
			t.Errorf("%+v", r)
		}
		n := restored(t, o)
		n.begins(t, act, before, later, stays)
	})
	t.Run("on three servers too, of which each may be lost", func(t *testing.T) {
		c := natstest.Cluster(t, 3)
		nc, o := c.ConnectAny(), order(t)
		o.Erasures += ".none"
		if _, err := backup.RestoreTo(t.Context(), nc, 3, o); err == nil || !strings.Contains(err.Error(), "would be back") || len(streams(t, nc)) > 0 {
			t.Errorf("without the erasures: %v, %v", err, streams(t, nc))
		}
		o = order(t)
		one := natstest.Connect(t)
		if _, err := backup.RestoreTo(t.Context(), one, 3, o); err == nil || len(streams(t, one)) > 0 {
			t.Errorf("on one server instead of three: %v, %v", err, streams(t, one))
		}
		if r, err := backup.RestoreTo(t.Context(), nc, 3, o); err != nil || r.Erasures != 2 || r.Sequence != m.Messages+2 {
			t.Fatalf("%+v, %v", r, err)
		}
		c.Stop(0)
		n := installOn(t, c.ConnectAny(), 3, i.copied(t))
		n.begins(t, act, before, later, stays)
		if _, err := backup.RestoreTo(t.Context(), n.nc, 3, o); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("a second time: %v", err)
		}
	})
	t.Run("an old log is restored with later keys", func(t *testing.T) {
		o := order(t)
		o.Backup, o.Checkpoints = mixed(t, early, saved), ""
		if _, err := backup.Restore(t.Context(), o); err != nil {
			t.Error(err)
		}
	})
	t.Run("it refuses earlier keys", func(t *testing.T) {
		o := order(t)
		o.Backup = mixed(t, saved, early)
		if _, err := backup.Restore(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the keys are not those of this log") {
			t.Error(err)
		}
	})
	refusals(t, i, order, later)
	t.Run("what is lost is said, and what goes on is proven", func(t *testing.T) {
		i.seals(secret)
		o := order(t)
		r, err := backup.Restore(t.Context(), o)
		if err != nil || r.Lost != 1 || r.Checkpoints != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		restored(t, o).goesOn(t, m, o.Checkpoints)
	})
}

// goesOn holds a restored log against its file of checkpoints from before, and then without that.
func (i *installation) goesOn(t *testing.T, m *backup.Manifest, before string) {
	t.Helper()
	said, err := i.log.Get(t.Context(), m.Messages+1)
	if err != nil {
		t.Fatal(err)
	}
	f, ok := said.Fact.(*events.LogRestored)
	if !ok || f.Messages != m.Messages || f.RootHash != m.Root || !f.SavedAt.Equal(m.Made) || f.Lost <= f.Messages || f.LostRoot == "" {
		t.Errorf("the log says %+v", said.Fact)
	}
	env := &app.Env{NATS: i.nc, EventLog: i.log, Replicas: 1, SigningKeyFile: i.file("signing.key")}
	seal := func(file string) error {
		env.CheckpointsFile, env.Registry = file, prometheus.NewRegistry()
		return sealing.New(env, time.Now).Seal(t.Context())
	}
	if err := seal(before); err == nil || !strings.Contains(err.Error(), "restored from a backup") {
		t.Errorf("with the checkpoints of what is lost: %v", err)
	}
	if err := seal(i.file("checkpoints")); err != nil {
		t.Error(err)
	}
	export := &bytes.Buffer{}
	lines := json.NewEncoder(export)
	if err := i.log.Messages(t.Context(), 1, 0, func(s eventlog.Stored) error { return lines.Encode(sealing.EntryOf(s)) }); err != nil {
		t.Fatal(err)
	}
	public, err := translog.PublicKeys([]byte(i.read("signing.key")))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := translog.Verifiers([]byte(public))
	if err != nil {
		t.Fatal(err)
	}
	claims := translog.NewClaims(keys)
	if err := claims.Add([]byte(m.Checkpoint)); err != nil { // from before the backup
		t.Error(err)
	}
	if found, err := claims.VerifyLog(bytes.NewReader(export.Bytes())); err != nil || found.Sealed <= m.Messages || len(found.Restored) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

// begins is what holds of a product that begins with the backup, whatever it was restored on.
func (i *installation) begins(t *testing.T, act events.Event, before, later, stays events.PersonID) {
	t.Helper()
	for _, p := range []events.PersonID{before, later} {
		if err := i.opens(p); !errors.Is(err, keyring.ErrDestroyed) || !i.is(p) {
			t.Errorf("%s: %v", p, err)
		}
	}
	if err := i.opens(stays); err != nil {
		t.Error(err)
	}
	if again := i.say("act", "AdviceGiven", "", map[string]any{"recipient": "hr:3", "supporter": "hr:3"}); again.Seq != act.Seq || !again.Recorded.Equal(act.Recorded) {
		t.Errorf("what was stored at %d is at %d", act.Seq, again.Seq)
	}
	if back := i.joins("4"); back == "" || i.say("other", "PersonJoined", "hr:2", map[string]any{"level": 2, "effectiveAt": "2024-01-01T00:00:00Z"}).Person() == later {
		t.Error("who comes back is who they were")
	}
}

// streams are the names of all streams behind a connection.
func streams(t *testing.T, nc *nats.Conn) (all []string) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	names := js.StreamNames(t.Context())
	for name := range names.Name() {
		all = append(all, name)
	}
	if names.Err() != nil {
		t.Fatal(names.Err())
	}
	return all
}

// copied is another folder with the keys and the erasures.
func (i *installation) copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(i.dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// mixed is a backup with the log of one and the keys of another.
func mixed(t *testing.T, log, keys string) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.CopyFS(dir, os.DirFS(log)), os.RemoveAll(filepath.Join(dir, "keys")),
		os.CopyFS(filepath.Join(dir, "keys"), os.DirFS(filepath.Join(keys, "keys")))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The keys are saved after the log: there is one for whoever joins meanwhile.
func TestABackupWhilePeopleJoin(t *testing.T) {
	i := install(t, natstest.Fast(t), t.TempDir())
	i.write("erasures", "")
	i.lengthens(2_000)
	ended, joined := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ended:
				joined <- n
				return
			default:
				i.joins(fmt.Sprint(n))
			}
		}
	}()
	saved := filepath.Join(t.TempDir(), "backup")
	_, err := backup.Make(t.Context(), i.nc, saved, nil)
	close(ended)
	if n := <-joined; err != nil || n == 0 {
		t.Fatal(n, err)
	}
	o := backup.Order{Backup: saved, DataDir: filepath.Join(t.TempDir(), "new"), Erasures: i.file("erasures"), Keys: i.dir}
	if _, err := backup.Restore(t.Context(), o); err != nil {
		t.Error(err)
	}
}

// A server that puts each message of a restore on disk by itself gives up on a log of some length.
func TestALongLogIsRestored(t *testing.T) {
	i := install(t, natstest.Fast(t), t.TempDir())
	i.write("erasures", "")
	i.lengthens(10_000)
	saved := filepath.Join(t.TempDir(), "backup")
	m, err := backup.Make(t.Context(), i.nc, saved, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := backup.Order{Backup: saved, DataDir: filepath.Join(t.TempDir(), "new"), Erasures: i.file("erasures"), Keys: i.dir}
	if r, err := backup.Restore(t.Context(), o); err != nil || r.Sequence != m.Messages+1 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := backup.RestoreTo(t.Context(), natstest.Connect(t), 1, o); err != nil || r.Sequence != m.Messages+1 {
		t.Errorf("by a server that runs: %+v, %v", r, err)
	}
}

// lengthens appends facts of which nothing follows.
func (i *installation) lengthens(n int) {
	i.t.Helper()
	var all []events.Event
	for n := range n {
		at := time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC)
		all = append(all, events.Event{ID: events.DueID("notification", "a", at), Source: "/services/notification", Context: events.Clock,
			Subject: events.Nobody, Time: at, Actor: "service:notification", Fact: &events.Due{For: "notification", About: "a", At: at}})
	}
	for some := range slices.Chunk(all, 1000) {
		if _, err := i.log.Append(i.t.Context(), some...); err != nil {
			i.t.Fatal(err)
		}
	}
}

// A backup that does not come to its end leaves nothing: least of all keys of which nobody knows.
func TestABackupThatIsCutShort(t *testing.T) {
	nc, muffle := natstest.Muffled(t)
	i := install(t, nc, t.TempDir())
	i.lengthens(10_000)
	backup.SetSilence(t, time.Second)
	for what, cut := range map[string]func(ctx context.Context, cancel func(), dir string){
		"by whoever began it": func(_ context.Context, cancel func(), _ string) { cancel() },
		"by a server that has gone": func(ctx context.Context, _ func(), dir string) {
			for ctx.Err() == nil {
				if all, _ := filepath.Glob(filepath.Join(dir, "log", "*", "stream.*")); len(all) > 0 {
					if info, err := os.Stat(all[0]); err == nil && info.Size() > 0 {
						muffle.On()
						return
					}
				}
			}
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		dir := filepath.Join(t.TempDir(), "backup")
		ended := make(chan struct{})
		once := sync.OnceFunc(func() { go func() { cut(ctx, cancel, dir); close(ended) }() })
		_, err := backup.Make(ctx, nc, dir, func(uint64, uint64) { once() })
		cancel()
		<-ended
		muffle.Off()
		if left, _ := os.ReadDir(dir); err == nil || len(left) > 0 {
			t.Errorf("cut short %s: %v, and it leaves %v", what, err, left)
		}
	}
}

// refusals are what a restore does not do, each with what is wrong.
func refusals(t *testing.T, i *installation, order func(*testing.T) backup.Order, later events.PersonID) {
	t.Helper()
	with := func(t *testing.T, name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := func(t *testing.T, other string) string {
		dir := i.copied(t)
		if err := os.WriteFile(filepath.Join(dir, other), []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("z"), 32))), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, row := range []struct {
		what string
		do   func(*testing.T, *backup.Order)
		says string
	}{
		{"no erasures file", func(t *testing.T, o *backup.Order) { o.Erasures += ".none" }, "would be back"},
		{"a file without an erasure that the backup has", func(t *testing.T, o *backup.Order) {
			o.Erasures = with(t, "erasures", fmt.Sprintf("2026-01-01T00:00:00Z %s\n", later))
		}, "not the whole file"},
		{"another master key", func(t *testing.T, o *backup.Order) { o.Keys = keys(t, "master.key") }, "another master key"},
		{"another tenant key", func(t *testing.T, o *backup.Order) { o.Keys = keys(t, "tenant.key") }, "tenant key"},
		{"no keys", func(t *testing.T, o *backup.Order) { o.Keys = t.TempDir(); o.Checkpoints = "" }, "master.key"},
		{"a folder that is not empty", func(t *testing.T, o *backup.Order) { o.DataDir = filepath.Dir(with(t, "something", "here")) }, "not empty"},
		{"what is no backup", func(t *testing.T, o *backup.Order) { o.Backup = t.TempDir() }, "no backup"},
		{"a checkpoint of another history", func(t *testing.T, o *backup.Order) { o.Checkpoints = i.lies(t) }, "contradicts"},
		{"a backup whose log was changed", func(t *testing.T, o *backup.Order) { o.Backup = changed(t, o.Backup, "log/KITH/stream.arc.s2") }, ""},
		{"a backup whose keys were changed", func(t *testing.T, o *backup.Order) {
			o.Backup = changed(t, o.Backup, "keys/KV_kith_keys/stream.arc.s2")
		}, ""},
		{"a manifest of another log", func(t *testing.T, o *backup.Order) { o.Backup = changed(t, o.Backup, "manifest.json") }, ""},
	} {
		t.Run("it refuses "+row.what, func(t *testing.T) {
			o := order(t)
			row.do(t, &o)
			was, _ := os.ReadDir(o.DataDir)
			_, err := backup.Restore(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v, want %q", err, row.says)
			}
			if left, _ := os.ReadDir(o.DataDir); len(left) != len(was) {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}

// lies is a file with a checkpoint of the log's own key that is not true.
func (i *installation) lies(t *testing.T) string {
	t.Helper()
	secret, err := os.ReadFile(i.file("signing.key"))
	if err != nil {
		t.Fatal(err)
	}
	signers, err := translog.Signers(secret)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := translog.Checkpoint{Origin: signers[0].Name(), Size: 3, Root: translog.Leaf([]byte("another history"))}.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoints")
	if err := os.WriteFile(path, slices.Concat(signed, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// changed is a copy of a backup with another byte in the middle of a file.
func changed(t *testing.T, dir, name string) string {
	t.Helper()
	other := t.TempDir()
	if err := os.CopyFS(other, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(other, name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := len(text) / 2
	if name == "manifest.json" {
		at = bytes.Index(text, []byte(`"root": "`)) + len(`"root": "`)
	}
	text[at] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return other
}
