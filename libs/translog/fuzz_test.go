package translog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/translog"
)

// However an entry is written, another one has other canonical bytes: from these it can be read again.
func FuzzEntry(f *testing.F) {
	h := newHistory(f, newPair(f, origin), 11)
	for _, e := range h.entries[8:] {
		f.Add(marshalled(f, e))
	}
	f.Add([]byte(`{"seq":1,"recorded":"2610-09-20T08:34:33.709551616Z","subject":"kith.fence.x","data_base64":"/w=="}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := translog.ParseEntry(line)
		if err != nil {
			return
		}
		if got, want := fromCanonical(t, string(e.Canonical())), said(e); got != want {
			t.Errorf("%s is %s", want, got)
		}
		again, err := translog.ParseEntry(marshalled(t, e))
		if err != nil || !bytes.Equal(again.Canonical(), e.Canonical()) {
			t.Errorf("%+v comes back as %+v: %v", e, again, err)
		}
	})
}

// fromCanonical reads canonical bytes as only their format says.
func fromCanonical(t *testing.T, text string) string {
	t.Helper()
	parts := strings.SplitN(text, "\n", 4)
	head, body, ok := strings.Cut("\n"+parts[3], "\n\n")
	if !ok {
		t.Fatalf("%q has no end of its header", text)
	}
	header := map[string]string{}
	for line := range strings.Lines(strings.TrimPrefix(head, "\n")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		header[name] = value
	}
	return fmt.Sprintf("%s %s %s %q %q", parts[0], parts[1], parts[2], header, body)
}

func said(e translog.Entry) string {
	header := map[string]string{}
	maps.Copy(header, e.Header)
	body := e.Data + string(e.Bytes)
	return fmt.Sprintf("%d %d %s %q %q", e.Seq, e.Recorded.UnixNano(), e.Subject, header, body)
}

func marshalled(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Of an export that was changed, only what is after its last checkpoint can be proven.
func FuzzExport(f *testing.F) {
	h := newHistory(f, newPair(f, origin), 12)
	var text bytes.Buffer
	if _, err := text.ReadFrom(export(f, h.entries)); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := claims(t, nil, h.key).VerifyLog(bytes.NewReader(text))
		if err != nil {
			return
		}
		lines := slices.DeleteFunc(slices.Collect(bytes.Lines(text)), func(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 })
		for i, line := range lines[:found.Sealed] {
			if e, err := translog.ParseEntry(bytes.TrimSpace(line)); err != nil || said(e) != said(h.entries[i]) {
				t.Errorf("%s is proven, for %+v: %v", line, h.entries[i], err)
			}
		}
	})
}

// What a bundle proves is what the log has there.
func FuzzBundle(f *testing.F) {
	h := newHistory(f, newPair(f, origin), 33)
	good := bundle(f, h, 7, 20)
	f.Add(marshalled(f, good))
	f.Add(marshalled(f, bundle(f, h, 33, 33)))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := translog.ParseBundle(text)
		if err != nil {
			return
		}
		p, err := b.Verify(verifiers(t, h.key))
		if err != nil {
			return
		}
		if p.Checkpoint != h.head() && p.Checkpoint.Size != 20 || p.Entry != nil && said(*p.Entry) != said(h.entries[p.Entry.Seq-1]) {
			t.Errorf("%s proves %+v", text, p)
		}
	})
}

// A checkpoint is one that was signed; and what a file of them holds can be read.
func FuzzCheckpoint(f *testing.F) {
	k, other := newPair(f, origin), newPair(f, origin)
	c := translog.Checkpoint{Origin: origin, Size: 42, Root: leaf(7)}
	f.Add(signed(f, c, k))
	f.Add(append(append(signed(f, c, k, other), '\n'), signed(f, c, other)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := translog.Open(text, verifiers(t, k))
		if err == nil && got != c {
			t.Errorf("%q is %+v", text, got)
		}
		all := translog.Notes(text)
		if again := translog.Notes(append(bytes.Join(all, []byte("\n")), '\n')); !reflect.DeepEqual(again, all) {
			t.Errorf("%q are %q when they are written again", all, again)
		}
	})
}

// Whatever a file of keys holds, what verifies its signatures is not what makes them.
func FuzzKeys(f *testing.F) {
	one, two := newPair(f, origin), newPair(f, origin)
	f.Add([]byte(one.secret + "\n# the next\n" + two.secret + "\n"))
	f.Add([]byte(one.public + two.secret))
	c := translog.Checkpoint{Origin: origin, Size: 1, Root: leaf(1)}
	f.Fuzz(func(t *testing.T, file []byte) {
		signers, err := translog.Signers(file)
		public, publicErr := translog.PublicKeys(file)
		retired, retireErr := translog.Retire(file)
		if strings.Contains(public, "PRIVATE") || err != nil || publicErr != nil || len(signers) == 0 || signers[0].Name() != origin {
			return
		}
		text, err := c.Sign(signers...)
		if err != nil {
			return // one key twice
		}
		keys, err := translog.Verifiers([]byte(public))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := translog.Open(text, keys); err != nil {
			t.Error(err)
		}
		if after, err := translog.PublicKeys([]byte(retired)); err != nil || retireErr != nil || after != public {
			t.Errorf("%q, then %q: %v, %v", public, after, err, retireErr)
		}
	})
}

// From a tile that is not what it was, nothing is proven that is not so.
func FuzzTile(f *testing.F) {
	const size = 600
	store := shelf{}
	tree := grown(f, opened(f, store, 0), size)
	var older, head translog.Frontier
	for n := range size {
		if head.Add(leaf(n)); n < 300 {
			older.Add(leaf(n))
		}
	}
	sealed := at(size, head.Root())
	f.Add(uint16(300), store["tile/8/0/001"])
	f.Add(uint16(1), store["tile/8/0/001"][:8000])
	f.Fuzz(func(t *testing.T, seq uint16, tile []byte) {
		was := store["tile/8/0/001"]
		defer func() { store["tile/8/0/001"] = was }()
		store["tile/8/0/001"] = tile
		if _, err := translog.OpenTree(t.Context(), store, size); err == nil && len(tile) != len(was) {
			t.Errorf("a tile of %d bytes is one", len(tile))
		}
		if proof, err := tree.Include(t.Context(), uint64(seq), sealed); err == nil &&
			tlog.CheckRecord(proof, size, sealed.Root, int64(seq)-1, leaf(int(seq)-1)) != nil {
			t.Errorf("%d is proven", seq)
		}
		if proof, err := tree.Extend(t.Context(), 300, sealed); err == nil && tlog.CheckTree(proof, size, sealed.Root, 300, older.Root()) != nil {
			t.Error("that it goes on is proven")
		}
		tree.Leaves(t.Context(), uint64(seq)) //nolint:errcheck // they claim nothing
	})
}
