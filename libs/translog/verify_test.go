package translog_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/libs/translog"
)

// history is an exported log of which every tenth entry seals those before it.
type history struct {
	t       testing.TB
	key     pair
	entries []translog.Entry
	tree    translog.Frontier
	kept    []byte // the checkpoints, as they are kept elsewhere
}

func newHistory(t testing.TB, key pair, size int) *history {
	h := &history{t: t, key: key}
	for len(h.entries) < size {
		if n := len(h.entries); n%10 == 9 {
			h.seal()
		} else {
			h.add("kith.support.paaaaaaaaaaaaaaaa.AdviceGiven", `{"topics":["skills"],"n":`+string(rune('0'+n%10))+`}`)
		}
	}
	return h
}

func (h *history) add(subject, body string) {
	e := translog.Entry{Seq: uint64(len(h.entries) + 1), Recorded: time.Unix(1_700_000_000, int64(len(h.entries))).UTC(), Subject: subject, Data: body,
		Header: map[string]string{"ce-id": "abcdefghijklmnopqrstuvwxyz", "ce-type": "kith.support.AdviceGiven"}}
	h.entries = append(h.entries, e)
	h.tree.Add(e.Leaf())
}

func (h *history) head() translog.Checkpoint {
	return translog.Checkpoint{Origin: origin, Size: h.tree.Size(), Root: h.tree.Root()}
}

func (h *history) seal() {
	text := signed(h.t, h.head(), h.key)
	h.kept = append(append(h.kept, text...), '\n')
	body, err := json.Marshal(h.head().Seal(text))
	if err != nil {
		h.t.Fatal(err)
	}
	h.add("kith.audit._.CheckpointSealed", string(body))
}

func export(t testing.TB, entries []translog.Entry) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	for _, e := range entries {
		if err := json.NewEncoder(&b).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.NewReader(b.Bytes())
}

func claims(t testing.TB, kept []byte, keys ...pair) *translog.Claims {
	t.Helper()
	c := translog.NewClaims(verifiers(t, keys...))
	for _, n := range translog.Notes(kept) {
		if err := c.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestAWholeLogIsProven(t *testing.T) {
	h := newHistory(t, newPair(t, origin), 35)
	for what, kept := range map[string][]byte{"by itself": nil, "by what was kept": h.kept} {
		got, err := claims(t, kept, h.key).VerifyLog(export(t, h.entries))
		if want := (translog.Log{Entries: 35, Checkpoints: 3, Sealed: 29}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

// A log that was restored is proven by what was sealed since, and before the backup. It says that it was, also to
// whoever kept a checkpoint of what was lost.
func TestARestoredLogIsProvenAgain(t *testing.T) {
	h := newHistory(t, newPair(t, origin), 35)
	lost := h.kept
	now := newHistory(t, h.key, 20)
	before := now.kept
	now.add("kith.audit._.LogRestored", `{"messages":20,"savedAt":"2026-01-02T03:04:05Z"}`)
	now.add("kith.support.paaaaaaaaaaaaaaaa.AdviceGiven", `{"n":7}`)
	now.seal()
	for what, kept := range map[string][]byte{"by itself": nil, "by what was kept before": before, "by what is kept since": now.kept} {
		got, err := claims(t, kept, h.key).VerifyLog(export(t, now.entries))
		if err != nil || got.Sealed != 22 || len(got.Restored) != 1 || got.Restored[0].Seq != 21 || got.Restored[0].Messages != 20 {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	_, err := claims(t, lost, h.key).VerifyLog(export(t, now.entries))
	if err == nil || !strings.Contains(err.Error(), "cut off") || !strings.Contains(err.Error(), "entry 21 says that the log was restored from a backup of 20 entries, made 2026-01-02") {
		t.Errorf("by what was lost: %v", err)
	}
}

// Of each way to change a log, the verifier says what it found.
func TestAChangedLogIsNotProven(t *testing.T) {
	key := newPair(t, origin)
	forger := newPair(t, origin)
	for what, c := range map[string]struct {
		change func(all []translog.Entry) []translog.Entry
		found  string
	}{
		"altered": {func(all []translog.Entry) []translog.Entry { all[4].Data = `{"n":9}`; return all }, "the first 9 entries"},
		"at another time": {func(all []translog.Entry) []translog.Entry {
			all[14].Recorded = all[14].Recorded.Add(1)
			return all
		}, "the first 19 entries"},
		"by another":   {func(all []translog.Entry) []translog.Entry { all[4].Header["ce-actor"] = "service:x"; return all }, "the first 9 entries"},
		"reordered":    {func(all []translog.Entry) []translog.Entry { all[2], all[3] = all[3], all[2]; return all }, "entry 4 stands where 3 belongs"},
		"renumbered":   {func(all []translog.Entry) []translog.Entry { all[2], all[3] = all[3], all[2]; return numbered(all) }, "the first 9 entries"},
		"left out":     {func(all []translog.Entry) []translog.Entry { return slices.Delete(all, 5, 6) }, "entry 7 stands where 6 belongs"},
		"closed up":    {func(all []translog.Entry) []translog.Entry { return numbered(slices.Delete(all, 5, 6)) }, "seals what comes after it"},
		"put between":  {func(all []translog.Entry) []translog.Entry { return numbered(slices.Insert(all, 5, all[4])) }, "the first 9 entries"},
		"cut off":      {func(all []translog.Entry) []translog.Entry { return all[:25] }, "cut off"},
		"made anew":    {func([]translog.Entry) []translog.Entry { return newHistory(t, forger, 35).entries }, "none of the keys"},
		"never sealed": {func(all []translog.Entry) []translog.Entry { return all[:9] }, "cut off"},
		"empty":        {func([]translog.Entry) []translog.Entry { return nil }, "cut off"},
		"retold by its owner": {func([]translog.Entry) []translog.Entry {
			other := &history{t: t, key: key}
			other.add("kith.support.pbbbbbbbbbbbbbbbb.AdviceGiven", "{}")
			for len(other.entries) < 9 {
				other.add("kith.support.paaaaaaaaaaaaaaaa.AdviceGiven", "{}")
			}
			other.seal()
			return other.entries
		}, "two histories"},
	} {
		h := newHistory(t, key, 35)
		entries := c.change(h.entries)
		if _, err := claims(t, h.kept, key).VerifyLog(export(t, entries)); err == nil || !strings.Contains(err.Error(), c.found) {
			t.Errorf("%s: %v, want %q", what, err, c.found)
		}
	}
}

func numbered(all []translog.Entry) []translog.Entry {
	for i := range all {
		all[i].Seq = uint64(i + 1)
	}
	return all
}

// Without what was kept elsewhere, the end of a log can be cut off: this is why it is kept.
func TestOnlyWhatWasKeptShowsTheEnd(t *testing.T) {
	h := newHistory(t, newPair(t, origin), 35)
	if got, err := claims(t, nil, h.key).VerifyLog(export(t, h.entries[:22])); err != nil || got.Sealed != 19 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := claims(t, nil, h.key).VerifyLog(export(t, h.entries[:9])); err == nil {
		t.Error("a log that nothing seals is proven")
	}
}

// A checkpoint of the log that is written otherwise, so that nobody holds the log against it, shows.
func TestNoCheckpointIsHidden(t *testing.T) {
	h := newHistory(t, newPair(t, origin), 35)
	var text bytes.Buffer
	if _, err := text.ReadFrom(export(t, h.entries)); err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(text.String(), "CheckpointSealed")
	hidden := text.String()[:at] + `Checkpoint\u0053ealed` + text.String()[at+len("CheckpointSealed"):]
	if _, err := claims(t, nil, h.key).VerifyLog(strings.NewReader(hidden)); err == nil || !strings.Contains(err.Error(), "not noticed") {
		t.Errorf("%v", err)
	}
}

// bundle proves that an entry of a history is in it, and that it goes on from an earlier size.
func bundle(t testing.TB, h *history, seq, older uint64) translog.Bundle {
	t.Helper()
	tree := opened(t, shelf{}, 0)
	var since translog.Frontier
	for i, e := range h.entries {
		if err := tree.Add(t.Context(), e.Leaf()); err != nil {
			t.Fatal(err)
		}
		if uint64(i) < older {
			since.Add(e.Leaf())
		}
	}
	included, err := tree.Include(t.Context(), seq, h.head())
	if err != nil {
		t.Fatal(err)
	}
	extends, err := tree.Extend(t.Context(), older, h.head())
	if err != nil {
		t.Fatal(err)
	}
	return translog.Bundle{Checkpoint: string(signed(t, h.head(), h.key)), Entry: &h.entries[seq-1], Inclusion: included,
		Since: string(signed(t, translog.Checkpoint{Origin: origin, Size: older, Root: since.Root()}, h.key)), Consistency: extends}
}

func TestBundlesProve(t *testing.T) {
	h := newHistory(t, newPair(t, origin), 33)
	text, err := json.Marshal(bundle(t, h, 7, 20))
	if err != nil {
		t.Fatal(err)
	}
	b, err := translog.ParseBundle(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := claims(t, h.kept, h.key).Verify(b)
	if err != nil || p.Entry.Seq != 7 || p.Checkpoint.Size != 33 || p.Since.Size != 20 {
		t.Errorf("%+v, %v", p, err)
	}
	alone := newHistory(t, h.key, 1)
	if _, err := bundle(t, alone, 1, 1).Verify(verifiers(t, h.key)); err != nil {
		t.Errorf("of a log of one entry: %v", err)
	}
}

func TestBundlesThatProveNothing(t *testing.T) {
	key, forger := newPair(t, origin), newPair(t, origin)
	foreign := newPair(t, "kith.internal/log/other")
	for what, change := range map[string]func(b, other *translog.Bundle){
		"another body":             func(b, _ *translog.Bundle) { b.Entry.Data = "{}" },
		"another sequence":         func(b, _ *translog.Bundle) { b.Entry.Seq++ },
		"a sequence after the end": func(b, _ *translog.Bundle) { b.Entry.Seq = 34 },
		"a faulty entry":           func(b, _ *translog.Bundle) { b.Entry.Header["x"] = "y" },
		"another path":             func(b, _ *translog.Bundle) { b.Inclusion[0][0] ^= 1 },
		"a shorter path":           func(b, _ *translog.Bundle) { b.Inclusion = b.Inclusion[1:] },
		"another consistency":      func(b, _ *translog.Bundle) { b.Consistency[0][0] ^= 1 },
		"the wrong way round":      func(b, _ *translog.Bundle) { b.Checkpoint, b.Since, b.Entry = b.Since, b.Checkpoint, nil },
		"a checkpoint only":        func(b, _ *translog.Bundle) { b.Entry, b.Since = nil, "" },
		"a forged checkpoint":      func(b, other *translog.Bundle) { b.Checkpoint = other.Checkpoint },
		"a forged past":            func(b, other *translog.Bundle) { b.Since = other.Since },
		"no checkpoint":            func(b, _ *translog.Bundle) { b.Checkpoint = "" },
		"the past of another log": func(b, _ *translog.Bundle) {
			b.Since = string(signed(t, translog.Checkpoint{Origin: "kith.internal/log/other", Size: 20, Root: leaf(1)}, foreign))
		},
	} {
		h := newHistory(t, key, 33)
		b, other := bundle(t, h, 7, 20), bundle(t, newHistory(t, forger, 33), 7, 20)
		change(&b, &other)
		if _, err := claims(t, h.kept, key, foreign).Verify(b); err == nil {
			t.Errorf("%s proves something", what)
		}
	}
	if _, err := translog.ParseBundle([]byte(`{"checkpoint":"","proven":true}`)); err == nil {
		t.Error("a bundle may say that it is proven")
	}
}

// Who keeps a checkpoint finds out where the log shows somebody else another history.
func TestTwoHistoriesContradict(t *testing.T) {
	key := newPair(t, origin)
	h, other := newHistory(t, key, 33), &history{t: t, key: key}
	for len(other.entries) < 33 {
		other.add("kith.support.pbbbbbbbbbbbbbbbb.AdviceGiven", "{}")
	}
	c := claims(t, h.kept, key)
	if _, err := c.Verify(bundle(t, h, 7, 20)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(bundle(t, other, 7, 20)); err == nil || !strings.Contains(err.Error(), "two histories") {
		t.Errorf("%v", err)
	}
}
