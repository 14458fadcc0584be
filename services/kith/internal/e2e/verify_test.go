package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/services/audit"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
)

// verify verifies from the first fact on, and expects an outcome, which the exit code says too.
func (u *product) verify(t *testing.T, want audit.VerificationState) client.Verification {
	t.Helper()
	return u.verifyBy(t, want, "--all")
}

func (u *product) verifyBy(t *testing.T, want audit.VerificationState, flags ...string) (v client.Verification) {
	t.Helper()
	out, code := u.kith(t, append([]string{"audit", "verify", "-o", "json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	if v.State != want || (code == 0) != (want == audit.Clean) {
		t.Errorf("verified with exit code %d: %+v", code, v)
	}
	if len(v.Services) != 3 || v.Services[0].Facts == 0 || v.Services[1].Facts == 0 || v.Services[1].Documents == 0 {
		t.Errorf("nothing much was verified: %+v", v)
	}
	return v
}

// first is the divergence to look at first.
func first(v client.Verification) (first derive.Divergence) {
	for _, f := range v.Services {
		for _, d := range f.First {
			if first.What == "" || d.Before(first) {
				first = d
			}
		}
	}
	return first
}

// TestTampering tampers with a product, on its disk and by its server, as whoever can write there may do: each
// time verifying names it.
func TestTampering(t *testing.T) {
	dir := t.TempDir()
	keyFiles(t, dir)
	u := together(t, dir)
	lines := organization(20, 600)
	if n := u.stream(t, lines, map[int]verdict{}, nil); n != len(lines) {
		t.Fatalf("%d of %d lines answered", n, len(lines))
	}
	u.quiet(t)
	u.verify(t, audit.Clean)
	recognized := u.facts(t, 1, "kith.role.>")
	role := recognized[len(recognized)/2]
	t.Run("an altered document", u.altersADocument)
	endsInTime(t, u.all)

	onDisk := func(tamper func(testing.TB, string, string, uint64, string, string), seq uint64, old, new string) *product {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"master.key", "tenant.key"} {
			if err := os.Chmod(filepath.Join(copied, key), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tamper(t, filepath.Join(copied, "nats"), eventlog.StreamName, seq, old, new)
		return together(t, copied)
	}
	t.Run("an act, with a valid checksum", func(t *testing.T) {
		act := role.CausationSeq
		u := onDisk(natstest.Forge, act, "ce-time: 20", "ce-time: 19")
		v := u.verify(t, audit.Divergent)
		if d := first(v); d.Cause != act || v.Sealed == nil || v.Sealed.Seq != act {
			t.Errorf("the fact at %d was altered; named is %+v, %+v", act, d, v.Sealed)
		}
		endsInTime(t, u.all)
	})
	t.Run("what was derived, with a valid checksum", func(t *testing.T) {
		u := onDisk(natstest.Forge, role.Seq, `"supporter":"p`, `"supporter":"x`)
		v := u.verify(t, audit.Divergent)
		if d := first(v); v.Sealed == nil || v.Sealed.Seq != role.Seq || d.Seq != role.Seq || d.What != derive.Differing || fmt.Sprint(d.Fields) != "[supporter]" {
			t.Errorf("the fact at %d was altered; named is %+v", role.Seq, d)
		}
		endsInTime(t, u.all)
	})
	t.Run("a flipped byte", func(t *testing.T) {
		act := role.CausationSeq
		u := onDisk(natstest.Flip, act, `"recordedBy"`, `"recordedbY"`)
		if d := first(u.verify(t, audit.Divergent)); d.What != derive.HoleFound || d.Seq != act || d.To != act {
			t.Errorf("the fact at %d was damaged; named is %+v", act, d)
		}
		endsInTime(t, u.all)
	})
	t.Run("a forged fact", func(t *testing.T) {
		u := together(t, dir)
		forged := role
		forged.ID, forged.CausationIndex = events.DerivedID("role-classifier", role.CausationID, events.Role, 9), 9
		acks, err := u.log(t).Append(t.Context(), forged)
		if err != nil {
			t.Fatal(err)
		}
		v := u.verify(t, audit.Divergent)
		if d := first(v); d.What != derive.Unexpected || d.Seq != acks[0].Seq || d.Service != "role-classifier" {
			t.Errorf("forged at %d: named is %+v", acks[0].Seq, d)
		}
		endsInTime(t, u.all)
	})
}

// altersADocument alters one that is read, and puts it back.
func (u *product) altersADocument(t *testing.T) {
	kv, err := u.log(t).JetStream().KeyValue(t.Context(), readmodel.Networks)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := kv.Keys(t.Context(), jetstream.MetaOnly())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		_, document, _ := strings.Cut(key, ".")
		if !strings.HasPrefix(document, readmodel.NetworkKey("p")) {
			continue
		}
		was, err := kv.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		altered := bytes.Replace(was.Value(), []byte(`"doc":{`), []byte(`"doc":{"Forged":1,`), 1)
		if _, err := kv.Put(t.Context(), key, altered); err != nil {
			t.Fatal(err)
		}
		if d := first(u.verify(t, audit.Divergent)); d.What != derive.OddDocument || d.Key != document || fmt.Sprint(d.Fields) != "[Forged]" {
			t.Errorf("%s was altered; named is %+v", document, d)
		}
		if _, err := kv.Put(t.Context(), key, was.Value()); err != nil {
			t.Fatal(err)
		}
		u.verify(t, audit.Clean)
		return
	}
	t.Fatal("there is no network")
}
