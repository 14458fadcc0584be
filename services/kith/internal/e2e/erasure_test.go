package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/keyring"
	"kith.internal/libs/natstest"
	"kith.internal/libs/translog"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/backup"
)

// who is erased, and everything by which somebody would know them; control is a word that the log
// has in clear, for a search that finds nothing may be blind.
const (
	erasedID = "e-4711-wq"
	control  = "ctrl-antarctica"
)

var known = []string{
	"Wilhelmina", "Quistgaard", "w.quistgaard@example.org", erasedID, "U0WQST77", "Vestmannaeyjar", "Thorvaldina", "polar-explorers", "wiki.example.org/wq",
}

// run is a product whose files can be searched.
type run struct {
	*product
	dirs  []string      // of everything it writes
	again func()        // restarts it, or nil
	end   func()        // stops it
	said  func() string // its logs
	keys  string        // where the keys are
}

func TestErasure(t *testing.T) {
	t.Run("one server", func(t *testing.T) {
		dir := searched(t)
		data, said := filepath.Join(dir, "data"), ""
		u := together(t, data)
		sealed := func(checkpoints int) { // it stops, which seals the log, unless that takes too long
			for range 5 {
				endsInTime(t, u.all)
				said += u.all.said()
				if file, err := os.ReadFile(filepath.Join(data, "checkpoints")); err == nil && len(translog.Notes(file)) >= checkpoints {
					return
				}
				*u = *together(t, data)
			}
			t.Fatal("nothing is sealed")
		}
		again := func() { sealed(1); *u = *together(t, data) }
		erases(t, run{u, []string{dir}, again, func() { sealed(2) }, func() string { return said }, data})
	})
	t.Run("three servers, of which nothing is compressed", func(t *testing.T) {
		dir := searched(t)
		c := natstest.Cluster(t, 3)
		f, u := startFleet(t, c.Server(0).ClientURL(), 3)
		end := func() {
			for _, name := range serviceNames {
				endsInTime(t, f.services[name].process)
			}
			for i := range 3 {
				c.Stop(i)
			}
		}
		said := func() (all string) {
			for _, name := range serviceNames {
				all += f.services[name].said()
			}
			return all
		}
		erases(t, run{u, []string{dir, f.dir, c.Dir(0), c.Dir(1), c.Dir(2)}, nil, end, said, f.dir})
	})
}

// searched is a folder of the run, in which temporary files are too.
func searched(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func erases(t *testing.T, u run) {
	u.lives(t)
	if u.again != nil {
		u.again()
	}
	u.quiet(t)
	p, other := u.person(t, erasedID), u.person(t, "2")
	network, code := u.kith(t, "network", "Wilhelmina")
	if code != 0 || !strings.Contains(network, "Quistgaard") {
		t.Fatalf("before: exit code %d, %s", code, network)
	}
	saved := filepath.Join(t.TempDir(), "saved")
	if out, code := u.kith(t, "backup", saved, "--nats-url", u.nats); code != 0 {
		t.Fatalf("exit code %d, %s", code, out)
	}
	key, kept := u.wrappedKey(t, p), u.wrappedKey(t, other)

	if out, code := u.kith(t, "erase", "hr:"+erasedID, "--yes"); code != 0 || !strings.Contains(out, "is erased") {
		t.Fatalf("exit code %d, %s", code, out)
	}
	u.quiet(t)
	if out, code := u.kith(t, "erase", string(p), "--yes", "-o", "json"); code != 0 || !strings.Contains(out, "finalAt") {
		t.Errorf("once more: exit code %d, %s", code, out)
	}
	t.Run("nobody finds them", func(t *testing.T) {
		for _, word := range []string{"Wilhelmina", "hr:" + erasedID, "email:w.quistgaard@example.org", "slack:U0WQST77"} {
			if _, code := u.kith(t, "network", word); code != 1 {
				t.Errorf("%s: exit code %d", word, code)
			}
		}
		if out, _ := u.kith(t, "people", "-o", "json"); strings.Contains(out, "Wilhelmina") || !strings.Contains(out, "Person 2") {
			t.Error(out)
		}
	})
	t.Run("what is sealed of them does not open", func(t *testing.T) { u.sealedForEver(t, p, other) })
	t.Run("no document but a tombstone", func(t *testing.T) { u.tombstones(t, p) })
	t.Run("every message of every stream", func(t *testing.T) { u.searchStreams(t) })
	t.Run("an auditor is shown that", func(t *testing.T) { u.proves(t, p, other) })
	t.Run("so is who never joined", func(t *testing.T) {
		var boss struct{ Person string }
		out, code := u.kith(t, "erase", "hr:boss-of-1", "--yes", "-o", "json")
		if err := json.Unmarshal([]byte(out), &boss); err != nil || code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
		if out, code := u.kith(t, "audit", "erasure-proof", boss.Person, "--as", "auditor:council", "--look-for", "boss-of-1"); code != 0 {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
	t.Run("other people's networks are made anew", func(t *testing.T) {
		if out, code := u.kith(t, "rebuild"); code != 0 {
			t.Errorf("documents made anew differ: exit code %d: %s", code, out)
		}
		if out, code := u.kith(t, "network", "hr:2", "-o", "json"); code != 0 || !strings.Contains(out, "Person 3") {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
	u.end()
	t.Run("every file", func(t *testing.T) { u.searchFiles(t, p, other, key, kept) })
	if u.again != nil {
		t.Run("checkpoints from before and after verify", func(t *testing.T) { u.checkpoints(t) })
	}
	t.Run("a backup does not bring them back", func(t *testing.T) { u.restores(t, saved, p, other) })
}

// proves has the product show that nothing of the person is left, and that the others' networks replay; and then that
// it would have told: each time something else is planted.
func (u run) proves(t *testing.T, p, other events.PersonID) {
	t.Helper()
	args := []string{"audit", "erasure-proof", string(p), "--as", "auditor:council"}
	for _, word := range known {
		args = append(args, "--look-for", word)
	}
	out, code := u.kith(t, args...)
	unsealed := strings.Count(out, "the log was not sealed before it")
	if code != 0 || strings.Count(out, "  ok ") != 7-unsealed || !strings.Contains(out, "Nothing came back. It is final on ") || (unsealed == 0) != (u.again != nil) {
		t.Errorf("exit code %d: %s", code, out)
	}
	plant := func(bucket, key string, value []byte) (back func()) {
		t.Helper()
		kv, err := u.log(t).JetStream().KeyValue(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		was, err := kv.Get(t.Context(), key)
		if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			t.Fatal(err)
		}
		at, err := kv.Put(t.Context(), key, value)
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if was != nil {
				_, err = kv.Put(t.Context(), key, was.Value())
			} else if s, _ := u.log(t).JetStream().Stream(t.Context(), "KV_"+bucket); s.SecureDeleteMsg(t.Context(), at) != nil { // a lookup is looked for on disk, too
				err = kv.Delete(t.Context(), key)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}
	network := func(who events.PersonID) string {
		for key := range u.stored(t, readmodel.Networks) {
			if strings.HasSuffix(key, "."+readmodel.NetworkKey(who)) {
				return key
			}
		}
		t.Fatalf("%s has no network", who)
		return ""
	}
	for what, planted := range map[string]struct {
		plant func() (back func())
		want  string
	}{
		"a word":   {func() func() { args = append(args, "--look-for", control); return func() { args = args[:len(args)-2] } }, "FOUND: a word, in KITH at "},
		"a lookup": {func() func() { return plant("kith_ids", "planted", []byte(p)) }, "FOUND: an id that leads to them, in KV_kith_ids"},
		"a document": {func() func() {
			return plant("kith_inbox", network(p)[:2]+readmodel.InboxKey(p), []byte(`{"seq":1,"doc":{"gaps":[{}]}}`))
		}, "FOUND: a document about them, in KV_kith_inbox"},
		"somebody else's network": {func() func() {
			return plant(readmodel.Networks, network(other), []byte(`{"seq":1,"doc":{"person":"`+string(other)+`"}}`))
		}, "FOUND: what does not follow from the log, in KITH, " + readmodel.NetworkKey(other)},
		"a checkpoint": {func() func() { return u.lies(t) }, "FOUND: the log was changed, in KITH (the first 2 messages of the log are not what was sealed)"},
	} {
		if what == "a checkpoint" && unsealed > 0 {
			continue
		}
		back := planted.plant()
		if out, code := u.kith(t, args...); code != 3 || !strings.Contains(out, planted.want) || !strings.Contains(out, "FAILED") {
			t.Errorf("%s is not found: exit code %d: %s", what, code, out)
		}
		back()
	}
}

// stored are the keys and values of a bucket.
func (u run) stored(t *testing.T, bucket string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, m := range u.all(t, u.log(t).JetStream(), "KV_"+bucket) {
		all[strings.TrimPrefix(m.Subject, "$KV."+bucket+".")] = m.Data
	}
	return all
}

// lies puts a checkpoint of another history before those that are kept apart, signed as they are.
func (u run) lies(t *testing.T) (back func()) {
	t.Helper()
	path := filepath.Join(u.keys, "checkpoints")
	kept, err1 := os.ReadFile(path)
	secret, err2 := os.ReadFile(filepath.Join(u.keys, "signing.key"))
	signers, err3 := translog.Signers(secret)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	note, err := translog.Checkpoint{Origin: signers[0].Name(), Size: 2, Root: translog.Leaf([]byte("another history"))}.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	put := func(text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Error(err)
		}
	}
	put(slices.Concat(note, []byte("\n"), kept))
	return func() { put(kept) }
}

// lives has an import, an integration and the person themselves say what is known of them.
func (u run) lives(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	people := "id,name,mail,level\n" + erasedID + ",Wilhelmina Quistgaard,w.quistgaard@example.org,3\n"
	for _, id := range []string{"1", "2", "3", "4"} {
		people += id + ",Person " + id + ",p" + id + "@example.org,5\n"
	}
	for name, text := range map[string]string{"people.csv": people, "map.yaml": erasureMapping} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, code := u.kith(t, "import", "--map", filepath.Join(dir, "map.yaml"), filepath.Join(dir, "people.csv")); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	now := time.Now().UTC()
	lines := []string{cloudEvent("moved", "PersonChanged", "hr:"+erasedID, now.AddDate(0, -6, 0), map[string]any{
		"department": control, "effectiveAt": now.AddDate(0, -6, 0).Format(time.RFC3339),
		"sealed": map[string]any{"location": "Vestmannaeyjar", "externalIds": []string{"slack:U0WQST77"}}})}
	lines = append(lines, cloudEvent("reports", "PersonChanged", "hr:1", now.AddDate(0, -6, 0), map[string]any{
		"manager": "hr:boss-of-1", "effectiveAt": now.AddDate(0, -6, 0).Format(time.RFC3339)}))
	for i, id := range []string{"a", "b", "c", "d", "e", "f"} {
		at := now.AddDate(0, 0, -7*i-1)
		lines = append(lines, act("to-"+id, "AdviceGiven", erasedID, "2", at, map[string]any{"evidenceRef": "https://wiki.example.org/wq"}),
			act("from-"+id, "AdviceGiven", "1", erasedID, at, nil), act("else-"+id, "AdviceGiven", "2", "3", at, nil))
	}
	u.accepted(t, lines...)
	me := "person:" + string(u.person(t, erasedID))
	u.saysAs(t, me, cloudEvent("contact", "ExternalContactAdded", "hr:"+erasedID, now, map[string]any{
		"contact": "contact:thorvaldina", "relation": "external", "sealed": map[string]any{"nickname": "Thorvaldina"}}))
	u.saysAs(t, me, cloudEvent("group", "GroupSelfIdentified", "hr:"+erasedID, now, map[string]any{
		"how": "self", "sealed": map[string]any{"group": "polar-explorers"}}))
}

const erasureMapping = `
kith: 1
name: acme
people: {scheme: hr, unknown: refuse}
files:
  - name: people.csv
    kind: people
    columns: [id, name, mail, level]
    facts:
      - fact: PersonJoined
        person: {column: id}
        fields: {level: {column: level}, effectiveAt: "2020-01-01T00:00:00Z", sealed.name: {column: name}, sealed.email: {column: mail}}
`

// saysAs sends one fact as somebody.
func (u run) saysAs(t *testing.T, viewer, line string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.url+"/intake/v1/events", strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/cloudevents+json")
	r.Header.Set("Kith-Viewer", viewer)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %d", line, resp.StatusCode)
	}
}

// wrappedKey is a person's key as the keyring has it on disk.
func (u run) wrappedKey(t *testing.T, p events.PersonID) []byte {
	t.Helper()
	kv, err := u.log(t).JetStream().KeyValue(t.Context(), keyring.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	var entry jetstream.KeyValueEntry
	eventually(t, 30*time.Second, "a key", func() bool { entry, err = kv.Get(t.Context(), string(p)); return err == nil })
	return entry.Value()
}

// sealedForEver tries every sealed field of the log with the keys that there are.
func (u run) sealedForEver(t *testing.T, p, other events.PersonID) {
	t.Helper()
	master, err := app.ReadKey(filepath.Join(u.keys, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.Open(t.Context(), u.log(t).JetStream(), master, max(u.replicas, 1))
	if err != nil {
		t.Fatal(err)
	}
	tried := map[events.PersonID]int{}
	for _, e := range u.facts(t, 1, events.FilterContext(events.People), events.FilterContext(events.Personal), events.FilterContext(events.Support)) {
		for name, sealed := range events.Secrets(e.Fact) {
			if len(*sealed) == 0 {
				continue
			}
			tried[e.Person()]++
			switch _, err := keys.Open(t.Context(), e.Person(), name, *sealed); {
			case e.Person() == p && !errors.Is(err, keyring.ErrDestroyed):
				t.Errorf("%s of %s: %v", name, e.Type(), err)
			case e.Person() == other && err != nil:
				t.Errorf("%s of somebody else's %s: %v", name, e.Type(), err)
			}
		}
	}
	if tried[p] < 5 || tried[other] == 0 {
		t.Errorf("too little was sealed for this to prove anything: %v", tried)
	}
}

// tombstones checks what every service still has of the person.
func (u run) tombstones(t *testing.T, p events.PersonID) {
	t.Helper()
	for _, s := range derivingServices(t) {
		for key, r := range u.documents(t, s.bucket) {
			if r.Person != p || len(r.Body) == 0 {
				continue
			}
			var n readmodel.Network
			if err := json.Unmarshal(r.Body, &n); s.bucket != "kith_networks" || err != nil || !n.Erased {
				t.Errorf("%s has %s: %s", s.bucket, key, r.Body)
			}
		}
	}
}

// searchStreams decodes every message of every stream through the server.
func (u run) searchStreams(t *testing.T) {
	t.Helper()
	js := u.log(t).JetStream()
	messages, controls := 0, 0
	names := js.StreamNames(t.Context())
	for name := range names.Name() {
		for _, m := range u.all(t, js, name) {
			text, _ := json.Marshal(m.Header)
			text = slices.Concat([]byte(m.Subject), text, m.Data)
			messages++
			if bytes.Contains(text, []byte(control)) {
				controls++
			}
			for _, word := range traces(known, text) {
				t.Errorf("%s holds %s at %d: %s", name, word, m.Sequence, text)
			}
		}
	}
	if names.Err() != nil || controls == 0 {
		t.Errorf("%d messages, of which %d have the control: %v", messages, controls, names.Err())
	}
	t.Logf("%d messages are searched, of which %d have the control", messages, controls)
}

// all are the messages of a stream.
func (u run) all(t *testing.T, js jetstream.JetStream, name string) (all []*jetstream.RawStreamMsg) {
	t.Helper()
	s, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context(), jetstream.WithDeletedDetails(true))
	if err != nil {
		t.Fatal(err)
	}
	for seq := info.State.FirstSeq; seq <= info.State.LastSeq && info.State.Msgs > 0; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// checkpoints restores what was left, since a restore compares the log with every signed checkpoint.
func (u run) checkpoints(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if out, code := u.kith(t, "backup", filepath.Join(dir, "saved"), "--data-dir", u.keys); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	out, code := u.kith(t, "restore", filepath.Join(dir, "saved"), "--data-dir", filepath.Join(dir, "new"), "--keys-from", u.keys,
		"--erasures", filepath.Join(u.keys, "erasures"), "--checkpoints", filepath.Join(u.keys, "checkpoints"), "-o", "json")
	var r backup.Restored
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	if r.Checkpoints < 3 || r.Checkpoint == "" { // one of each stop, and the newest of the log itself
		t.Errorf("%+v", r)
	}
}

// elsewhere is where to restore to, on as many servers, and what begins there.
func (u run) elsewhere(t *testing.T) (args []string, begin func() run) {
	t.Helper()
	if u.replicas < 3 {
		dir := filepath.Join(t.TempDir(), "new")
		return []string{"--data-dir", dir}, func() run { return run{product: together(t, dir), keys: dir} }
	}
	url := natstest.Cluster(t, 3).Server(0).ClientURL()
	return []string{"--nats-url", url, "--replicas", "3"}, func() run {
		f, product := startFleet(t, url, 3)
		return run{product: product, keys: f.dir}
	}
}

// restores begins with a backup that is older than the erasure.
func (u run) restores(t *testing.T, saved string, p, other events.PersonID) {
	t.Helper()
	args, begin := u.elsewhere(t)
	args = append([]string{"restore", saved, "--keys-from", u.keys}, args...)
	if _, code := u.kith(t, append(args, "--erasures", filepath.Join(saved, "none"))...); code != 1 {
		t.Errorf("without the erasures: exit code %d", code)
	}
	if out, code := u.kith(t, append(args, "--erasures", filepath.Join(u.keys, "erasures"))...); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	n := begin()
	n.quiet(t)
	if _, code := n.kith(t, "network", "hr:"+erasedID); code != 1 {
		t.Errorf("they are back: exit code %d", code)
	}
	if out, code := n.kith(t, "network", "hr:2"); code != 0 || !strings.Contains(out, "Person 3") {
		t.Errorf("exit code %d: %s", code, out)
	}
	n.sealedForEver(t, p, other)
	n.tombstones(t, p)
	n.searchStreams(t)
	n.accepted(t, act("later", "AdviceGiven", "3", "4", time.Now().UTC(), nil))
	if again := n.send(t, act("else-a", "AdviceGiven", "2", "3", time.Now().UTC(), nil))[0]; again.Status != http.StatusOK {
		t.Errorf("what was sent before the backup: %+v", again)
	}
}

// searchFiles reads every file that the run has left.
func (u run) searchFiles(t *testing.T, p, other events.PersonID, key, kept []byte) {
	t.Helper()
	found, files := map[string]int{}, 0
	for _, dir := range u.dirs {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for _, word := range traces(known, text) {
				t.Errorf("%s holds %s", path, word)
			}
			count := func(what string, is bool) {
				if is {
					found[what]++
				}
			}
			count("control in the log", strings.Contains(path, "/streams/KITH/") && bytes.Contains(text, []byte(control)))
			count("control in a read model", strings.Contains(path, "/streams/KV_kith_networks/") && bytes.Contains(text, []byte(control)))
			keys, ids := strings.Contains(path, "/streams/KV_"+keyring.Bucket+"/"), strings.Contains(path, "/streams/KV_kith_ids/")
			count("another key", keys && bytes.Contains(text, kept))
			count("another lookup", ids && bytes.Contains(text, []byte(other)))
			if keys && bytes.Contains(text, key) || ids && bytes.Contains(text, []byte(p)) {
				t.Errorf("%s holds the key of the erased, or a lookup that leads to them", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{"control in the log", "control in a read model", "another key", "another lookup"} {
		if found[what] == 0 {
			t.Errorf("the search does not even find %s", what)
		}
	}
	for _, word := range traces(known, []byte(u.said())) {
		t.Errorf("a process has said %s", word)
	}
	t.Logf("%d files are searched: %v", files, found)
}

// traces are the words that a text holds, as they are or in base64, whatever the case.
func traces(words []string, text []byte) (found []string) {
	folded := bytes.ToLower(text)
	for _, word := range words {
		if bytes.Contains(folded, []byte(strings.ToLower(word))) {
			found = append(found, word)
		}
		for shift := range 3 { // where it may begin in the three bytes that four letters stand for
			coded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + word))
			if bytes.Contains(text, []byte(coded[(shift*8+5)/6:len(coded)-2])) {
				found = append(found, word+" in base64")
			}
		}
	}
	return found
}

func TestTracesAreFound(t *testing.T) {
	for _, text := range []string{"dear WILHELMINA", "x" + base64.StdEncoding.EncodeToString([]byte("I am Wilhelmina Q")),
		base64.StdEncoding.EncodeToString([]byte("..Wilhelmina")), base64.StdEncoding.EncodeToString([]byte("Wilhelmina."))} {
		if len(traces([]string{"Wilhelmina"}, []byte(text))) == 0 {
			t.Errorf("%s is not found", text)
		}
	}
}
