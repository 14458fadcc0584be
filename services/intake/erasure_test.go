package intake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/keyring"
	"kith.internal/libs/natstest"
	"kith.internal/services/intake"
)

const erasure = "/intake/v1/people/%s/erasure"

// erased asks for somebody's erasure and waits until it is done.
func (u *server) erased(viewer, who string) intake.ErasureView {
	u.t.Helper()
	resp := u.request(viewer, "POST", fmt.Sprintf(erasure, who), "", nil)
	body, _ := io.ReadAll(resp.Body)
	var asked, done intake.ErasureView
	if err := json.Unmarshal(body, &asked); err != nil || resp.StatusCode >= 300 || asked.RequestedAt == nil {
		u.t.Fatalf("%d %s", resp.StatusCode, body)
	}
	u.eventually("the erasure", func() bool {
		return u.get(viewer, fmt.Sprintf(erasure, asked.Person), &done) == http.StatusOK && done.DestroyedAt != nil
	})
	return done
}

func (u *server) eventually(what string, ok func() bool) {
	u.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			u.t.Fatalf("%s does not come", what)
		}
	}
}

// lookups are the pseudonyms that kith_ids leads to.
func lookups(t *testing.T, nc *nats.Conn) []string {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "kith_ids")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_kith_ids")
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(">")) // a watcher waits for what is removed meanwhile
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for subject := range info.State.Subjects {
		key := strings.TrimPrefix(subject, "$KV.kith_ids.")
		entry, err := kv.Get(t.Context(), key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // it was removed meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(entry.Value()))
	}
	return all
}

func TestErasure(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	u.accepted(joined("1"), joined("2"), joined("3"), advice("a", "1", "2"))
	p, other := u.person("hr:1"), u.person("hr:2")
	me := "person:" + string(p)
	contact := u.event(u.post(me, line("c", "ExternalContactAdded", "hr:1", map[string]any{"contact": "contact:ben", "relation": "external",
		"sealed": map[string]any{"nickname": "Ben"}}))[0]).Fact.(*events.ExternalContactAdded).Contact
	before := u.facts("kith.>")
	u.eventually("the file", func() bool {
		all, err := intake.ReadErasures(u.erasures)
		return err == nil && len(all) == 0
	})

	t.Run("nobody else asks for it", func(t *testing.T) {
		for viewer, want := range map[string]int{"": 403, "person:" + string(other): 403} {
			if resp := u.request(viewer, "POST", fmt.Sprintf(erasure, p), "", nil); resp.StatusCode != want {
				t.Errorf("%q: %d", viewer, resp.StatusCode)
			}
		}
	})
	done := u.erased(me, "hr:1")
	t.Run("the key and the lookups are gone, also those of whom they knew", func(t *testing.T) {
		if left := lookups(t, nc); slices.Contains(left, string(p)) || slices.Contains(left, string(contact)) || !slices.Contains(left, string(other)) {
			t.Errorf("%s and %s in %v", p, contact, left)
		}
		if want := done.DestroyedAt.Add(30 * 24 * time.Hour); !done.FinalAt.Equal(want) {
			t.Errorf("final at %s, want %s", done.FinalAt, want)
		}
		for _, id := range []string{string(p), "hr:1", "email:1@example.org"} {
			if code := u.get("integration:test", "/intake/v1/people/"+id, &struct{}{}); code != http.StatusNotFound {
				t.Errorf("%s: %d", id, code)
			}
		}
	})
	t.Run("what stood in the log stands there", func(t *testing.T) {
		after := u.facts("kith.>")
		if len(after) != len(before)+2 {
			t.Errorf("%d facts, and then %d", len(before), len(after))
		}
		for i, e := range before {
			if after[i].ID != e.ID || after[i].Seq != e.Seq {
				t.Errorf("%+v was %+v", after[i], e)
			}
		}
		if e := u.facts("kith.people.*.PersonErased"); len(e) != 1 || e[0].Person() != p || e[0].Actor != "service:intake" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("nothing more is said of them, and others go on", func(t *testing.T) {
		left := line("e", "PersonLeft", string(p), map[string]any{"effectiveAt": when.Format(time.RFC3339)})
		v := u.post("", joined("1"), advice("b", "2", "3"), advice("d", "1", "2"), left)
		for i, want := range []int{200, 201, 422, 422} {
			if v[i].Status != want {
				t.Errorf("%d: %v, want %d", i, v[i], want)
			}
		}
	})
	t.Run("who comes back is somebody new", func(t *testing.T) {
		u.accepted(strings.Replace(joined("1"), "join-1", "back-1", 1))
		if back := u.person("hr:1"); back == p || !back.Valid() {
			t.Errorf("%s, who was %s", back, p)
		}
	})
	t.Run("asking again is harmless, and a start finds it done", func(t *testing.T) {
		again := u.erased("integration:hr", string(p))
		u.stop()
		u = startWith(t, nc, u.erasures)
		later := u.erased("integration:hr", string(p))
		if !later.DestroyedAt.Equal(*done.DestroyedAt) || !again.DestroyedAt.Equal(*done.DestroyedAt) {
			t.Errorf("%+v, then %+v and %+v", done, again, later)
		}
		if e := u.facts("kith.people.*.PersonErased"); len(e) != 1 {
			t.Errorf("%+v", e)
		}
	})
	t.Run("the file has it once", func(t *testing.T) {
		all, err := intake.ReadErasures(u.erasures)
		if err != nil || len(all) != 1 || all[0].Person != p {
			t.Errorf("%v %v", all, err)
		}
	})
}

// TestOneHumanIsErasedWhole: entries that were merged are one person.
func TestOneHumanIsErasedWhole(t *testing.T) {
	u := start(t, natstest.Fast(t))
	u.accepted(joined("1"), joined("2"), joined("3"))
	old, now := u.person("hr:1"), u.person("hr:2")
	u.accepted(line("m", "PersonMerged", "hr:1", map[string]any{"into": string(now)}))
	u.erased("integration:hr", "hr:2")
	gone := map[events.PersonID]bool{}
	for _, e := range u.facts("kith.people.*.PersonErased") {
		gone[e.Person()] = true
	}
	if len(gone) != 2 || !gone[old] || !gone[now] {
		t.Errorf("%v, want %s and %s", gone, old, now)
	}
}

// TestWhoNeverJoinedIsErased: an HR file has named them as somebody's manager, and an id leads to them.
func TestWhoNeverJoinedIsErased(t *testing.T) {
	for _, how := range []string{"by an id", "by the pseudonym", "as a fact"} {
		t.Run(how, func(t *testing.T) {
			nc := natstest.Fast(t)
			u := start(t, nc)
			who := map[string]any{"level": 3, "manager": "hr:boss", "effectiveAt": when.Format(time.RFC3339), "sealed": map[string]any{"externalIds": []string{"hr:1"}}}
			report := u.event(u.post("", line("1", "PersonJoined", "hr:1", who))[0])
			boss := report.Fact.(*events.PersonJoined).Manager
			u.stop()
			u = startWith(t, nc, u.erasures) // which knows of them by the log alone
			switch how {
			case "by an id":
				u.erased("integration:hr", "hr:boss")
			case "by the pseudonym":
				u.erased("integration:hr", string(boss))
			default:
				u.accepted(line("e", "ErasureRequested", "hr:boss", map[string]any{"requestedBy": "person"}))
			}
			u.eventually("PersonErased", func() bool { return len(u.facts("kith.people."+string(boss)+".PersonErased")) == 1 })
			u.eventually("no lookup", func() bool { return !slices.Contains(lookups(t, nc), string(boss)) })
			if all, err := intake.ReadErasures(u.erasures); err != nil || len(all) != 1 || all[0].Person != boss {
				t.Errorf("%v %v", all, err)
			}
			if again := u.erased("integration:hr", string(boss)); again.Person != boss {
				t.Errorf("again: %+v", again)
			}
			later := u.event(u.post("", line("2", "PersonJoined", "hr:2", map[string]any{"level": 3, "manager": "hr:boss", "effectiveAt": when.Format(time.RFC3339),
				"sealed": map[string]any{"externalIds": []string{"hr:2"}}}))[0]).Fact.(*events.PersonJoined).Manager
			if later == boss || !later.Valid() {
				t.Errorf("who is named anew is %s, who was %s", later, boss)
			}
			for _, nobody := range []string{"hr:nobody", string(events.NewPersonID()), "nonsense"} {
				if resp := u.request("integration:hr", "POST", fmt.Sprintf(erasure, nobody), "", nil); resp.StatusCode != http.StatusNotFound {
					t.Errorf("%s: %d", nobody, resp.StatusCode)
				}
			}
		})
	}
}

// TestAnErasureGoesOn where it was asked for, and nothing of it was done.
func TestAnErasureGoesOn(t *testing.T) {
	nc := natstest.Fast(t)
	u := startWith(t, nc, "")
	u.accepted(joined("1"))
	p := u.person("hr:1")
	resp := u.request("integration:hr", "POST", fmt.Sprintf(erasure, p), "", nil)
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "erasures-file") {
		t.Errorf("without a file: %d %s", resp.StatusCode, body)
	}
	asking := line("e", "ErasureRequested", "hr:1", map[string]any{"requestedBy": "organization"})
	if v := u.post("integration:hr", asking)[0]; v.Status != http.StatusServiceUnavailable {
		t.Errorf("without a file: %v", v)
	}
	if e := u.facts("kith.people.*.ErasureRequested"); len(e) != 0 {
		t.Errorf("%+v", e)
	}
	u.stop()
	log := open(t, nc, nil)
	natstest.Again(t, func() error {
		_, err := log.Append(t.Context(), events.Event{ID: "aaaaaaaaaaaaaaaaaaaaaaaaaa", Source: "/test", Context: events.People, Subject: string(p), Time: when,
			Fact: &events.ErasureRequested{RequestedBy: "retention"}})
		return err
	})
	log.Close()
	u = start(t, nc)
	u.eventually("PersonErased", func() bool { return len(u.facts("kith.people.*.PersonErased")) == 1 })
	if all, err := intake.ReadErasures(u.erasures); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
}

// TestACrashAnywhere in an erasure: whoever starts next brings it to its end.
func TestACrashAnywhere(t *testing.T) {
	bucket := func(js jetstream.JetStream, name string) jetstream.KeyValue {
		kv, err := js.KeyValue(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return kv
	}
	say := func(log *eventlog.Log, id events.FactID, p events.PersonID, f events.Fact) error {
		_, err := log.Append(t.Context(), events.Event{ID: id, Source: "/test", Context: events.People, Subject: string(p), Time: when, Fact: f})
		return err
	}
	steps := []struct {
		after string
		do    func(log *eventlog.Log, js jetstream.JetStream, file string, p events.PersonID) error
	}{
		{"the request", func(log *eventlog.Log, _ jetstream.JetStream, _ string, p events.PersonID) error {
			return say(log, "aaaaaaaaaaaaaaaaaaaaaaaaaa", p, &events.ErasureRequested{RequestedBy: "retention"})
		}},
		{"half a line of the file", func(_ *eventlog.Log, _ jetstream.JetStream, file string, _ events.PersonID) error {
			return os.WriteFile(file, []byte("2026-03-01T09:00"), 0o600)
		}},
		{"the file", func(_ *eventlog.Log, _ jetstream.JetStream, file string, p events.PersonID) error {
			return os.WriteFile(file, []byte("2026-03-01T09:00:00Z "+p+"\n"), 0o600)
		}},
		{"the key, whose trace is not there", func(_ *eventlog.Log, js jetstream.JetStream, _ string, p events.PersonID) error {
			entry, err := bucket(js, keyring.Bucket).Get(t.Context(), string(p))
			if err != nil {
				return err
			}
			stream, err := js.Stream(t.Context(), "KV_"+keyring.Bucket)
			return errors.Join(err, stream.SecureDeleteMsg(t.Context(), entry.Revision()))
		}},
		{"the key", func(_ *eventlog.Log, js jetstream.JetStream, _ string, p events.PersonID) error {
			keys, err := keyring.Open(t.Context(), js, key, 1)
			return errors.Join(err, keys.Destroy(t.Context(), p))
		}},
		{"PersonErased, with a lookup made meanwhile and the file lost", func(log *eventlog.Log, _ jetstream.JetStream, file string, p events.PersonID) error {
			if err := os.Remove(file); err != nil {
				return err
			}
			return say(log, "bbbbbbbbbbbbbbbbbbbbbbbbbb", p, &events.PersonErased{DestroyedAt: when, FinalAt: when})
		}},
	}
	for last, step := range steps {
		t.Run(step.after, func(t *testing.T) {
			nc, file := natstest.Fast(t), filepath.Join(t.TempDir(), "erasures")
			u := startWith(t, nc, file)
			u.accepted(joined("1"), joined("2"))
			p := u.person("hr:1")
			u.stop()
			log := open(t, nc, nil)
			for _, s := range steps[:last+1] {
				natstest.Again(t, func() error { return s.do(log, log.JetStream(), file, p) })
			}
			log.Close()
			u = startWith(t, nc, file)
			u.eventually("the erasure", func() bool {
				return u.get("integration:hr", fmt.Sprintf(erasure, p), &struct{}{}) == http.StatusOK && !slices.Contains(lookups(t, nc), string(p))
			})
			if e := u.facts("kith.people.*.PersonErased"); len(e) != 1 {
				t.Errorf("%+v", e)
			}
			keys, err := keyring.Open(t.Context(), u.log.JetStream(), key, 1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := keys.Seal(t.Context(), p, "name", nil); !errors.Is(err, keyring.ErrDestroyed) {
				t.Errorf("the key: %v", err)
			}
			if all, err := intake.ReadErasures(file); err != nil || len(all) != 1 || all[0].Person != p {
				t.Errorf("%v %v", all, err)
			}
			u.accepted(strings.Replace(joined("1"), "join-1", "back-1", 1))
			if u.person("hr:1") == p {
				t.Errorf("%s is back", p)
			}
		})
	}
}

// TestSomebodyIsNamedWhileErased: whatever comes in about them meanwhile, nothing leads to them afterwards, and
// nobody becomes who they were.
func TestSomebodyIsNamedWhileErased(t *testing.T) {
	nc, file := natstest.Fast(t), filepath.Join(t.TempDir(), "erasures")
	u, v := startWith(t, nc, file), startWith(t, nc, file)
	u.accepted(joined("1"), joined("2"))
	p := u.person("hr:1")
	done := make(chan struct{})
	var others sync.WaitGroup
	for k, r := range []*server{u, v} {
		others.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d", k, n)
				r.post("", strings.Replace(joined("1"), "join-1", "back-"+id, 1), advice("a"+id, "1", "2"),
					line("c"+id, "PersonChanged", "hr:1", map[string]any{"effectiveAt": when, "sealed": map[string]any{"externalIds": []string{"badge:" + id}}}))
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	resp := u.request("integration:hr", "POST", fmt.Sprintf(erasure, p), "", nil)
	if resp.StatusCode >= 300 {
		t.Fatal(resp.StatusCode)
	}
	u.eventually("the erasure", func() bool { return u.get("integration:hr", fmt.Sprintf(erasure, p), &struct{}{}) == http.StatusOK })
	close(done)
	others.Wait()
	u.eventually("the end of all lookups", func() bool { return !slices.Contains(lookups(t, nc), string(p)) })
	if all, err := intake.ReadErasures(file); err != nil || slices.ContainsFunc(all, func(e intake.Erasure) bool { return e.Person != p }) {
		t.Errorf("%v %v", all, err)
	}
	u.eventually("who comes back", func() bool {
		return u.post("", strings.Replace(joined("1"), "join-1", "back", 1))[0].Status < 300
	})
	if u.person("hr:1") == p {
		t.Errorf("%s is back", p)
	}
}

func TestTheErasuresFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "erasures")
	const a, b = "2026-03-01T09:00:00Z paaaaaaaaaaaaaaaa\n", "2026-03-02T09:00:00Z pbbbbbbbbbbbbbbbb\n"
	for what, row := range map[string]struct {
		text string
		want int // how many, or -1
	}{
		"nobody":                         {"", 0},
		"two":                            {a + b, 2},
		"a line that a crash has left":   {a + a[:30] + "\n" + b, 2},
		"a copy that is cut short":       {a + b[:30], -1},
		"a last line without its end":    {a + strings.TrimSuffix(b, "\n"), -1},
		"somebody by their name":         {a + "2026-03-02T09:00:00Z Ann Miller of Oslo\n", -1},
		"a time that is none":            {a + strings.Replace(b, "03-02", "13-02", 1), -1},
		"a pseudonym of another kind":    {a + strings.Replace(b, "pb", "gb", 1), -1},
		"more on a line than belongs to": {a + strings.TrimSuffix(b, "\n") + " x\n", -1},
	} {
		if err := os.WriteFile(path, []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := intake.ReadErasures(path); err == nil && len(all) != row.want || err != nil && row.want >= 0 {
			t.Errorf("%s: %v %v", what, all, err)
		}
	}
	if _, err := intake.ReadErasures(path + ".none"); err == nil {
		t.Error("a file that is not there is nobody's erasure")
	}
}

// TestARestoredLogForgetsAgain whom the file names, also those that it has never heard of.
func TestARestoredLogForgetsAgain(t *testing.T) {
	nc := natstest.Fast(t)
	u := start(t, nc)
	u.accepted(joined("1"), joined("2"))
	p, stranger := u.person("hr:1"), events.NewPersonID()
	u.stop()
	for range 2 {
		log := open(t, nc, nil)
		env := &app.Env{NATS: nc, EventLog: log, Registry: prometheus.NewRegistry(), MasterKey: key, TenantKey: key, Replicas: 1}
		if err := intake.ApplyErasures(t.Context(), env, []intake.Erasure{{Person: p, At: when}, {Person: stranger, At: when}}); err != nil {
			t.Fatal(err)
		}
		log.Close()
	}
	u = start(t, nc)
	if e := u.facts("kith.people.*.PersonErased"); len(e) != 2 {
		t.Errorf("%+v", e)
	}
	if left := lookups(t, nc); slices.Contains(left, string(p)) || len(left) == 0 {
		t.Errorf("%s in %v", p, left)
	}
	if code := u.get("integration:test", "/intake/v1/people/"+string(p), &struct{}{}); code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}

// TestReplicasEraseTogether: each takes up the request, and none knows the person any more by what it had in memory.
func TestReplicasEraseTogether(t *testing.T) {
	nc, file := natstest.Fast(t), filepath.Join(t.TempDir(), "erasures")
	u, v := startWith(t, nc, file), startWith(t, nc, file)
	u.accepted(joined("1"), joined("2"))
	p := u.person("hr:1")
	v.eventually("the directory", func() bool { return v.get("integration:test", "/intake/v1/people/hr:1", &struct{}{}) == http.StatusOK })
	u.erased("integration:hr", "hr:1")
	v.eventually("the erasure", func() bool {
		return v.get("integration:test", "/intake/v1/people/"+string(p), &struct{}{}) == http.StatusNotFound
	})
	back := strings.Replace(joined("1"), "join-1", "back-1", 1)
	v.eventually("who comes back", func() bool { return v.post("", back)[0].Status < 300 })
	if again := v.person("hr:1"); again == p {
		t.Errorf("%s is back", p)
	}
	if e := u.facts("kith.people.*.PersonErased"); len(e) != 1 || e[0].Person() != p {
		t.Errorf("%+v", e)
	}
	if all, err := intake.ReadErasures(file); err != nil || len(all) == 0 || slices.ContainsFunc(all, func(e intake.Erasure) bool { return e.Person != p }) {
		t.Errorf("%v %v", all, err)
	}
}
