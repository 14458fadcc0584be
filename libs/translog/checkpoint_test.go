package translog_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"kith.internal/libs/translog"
)

const origin = "kith.internal/log/abcdefghij"

// pair is a signing key and what verifies it.
type pair struct{ secret, public string }

func newPair(t testing.TB, name string) pair {
	t.Helper()
	secret, err := translog.NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	public, err := translog.PublicKeys([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return pair{secret, public}
}

func signed(t testing.TB, c translog.Checkpoint, keys ...pair) []byte {
	t.Helper()
	var file strings.Builder
	for _, k := range keys {
		file.WriteString(k.secret + "\n")
	}
	signers, err := translog.Signers([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func verifiers(t testing.TB, keys ...pair) note.Verifiers {
	t.Helper()
	var file strings.Builder
	for _, k := range keys {
		file.WriteString("# published\n\n" + k.public)
	}
	v, err := translog.Verifiers([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCheckpointsAreSigned(t *testing.T) {
	ours, theirs := newPair(t, origin), newPair(t, origin)
	c := translog.Checkpoint{Origin: origin, Size: 42, Root: leaf(7)}
	text := signed(t, c, ours)
	if want := origin + "\n42\n" + leaf(7).String() + "\n\n— " + origin + " "; !strings.HasPrefix(string(text), want) {
		t.Errorf("the note is\n%s", text)
	}
	if got, err := translog.Open(text, verifiers(t, theirs, ours)); err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	foreign := newPair(t, "kith.internal/log/other")
	for what, err := range map[string]error{
		"the key of another":       second(translog.Open(text, verifiers(t, theirs))),
		"another size":             second(translog.Open([]byte(strings.Replace(string(text), "42", "43", 1)), verifiers(t, ours))),
		"the key of another log":   second(translog.Open(signed(t, c, foreign), verifiers(t, foreign))),
		"no key":                   second(c.Sign()),
		"an empty file of keys":    second(translog.Verifiers(nil)),
		"no key at all":            second(translog.PublicKeys([]byte("PRIVATE+KEY"))),
		"keys of two logs":         second(translog.Signers([]byte(ours.secret + "\n" + foreign.secret))),
		"a secret key as a public": second(translog.Verifiers([]byte(ours.secret))),
	} {
		if err == nil || strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s is not refused: %v", what, err)
		}
	}
}

// While keys change both sign; who knows but one of them can verify, and the newest signs first.
func TestKeysChange(t *testing.T) {
	before, after := newPair(t, origin), newPair(t, origin)
	c := translog.Checkpoint{Origin: origin, Size: 1, Root: leaf(1)}
	text := signed(t, c, before, after)
	for _, known := range []pair{before, after} {
		if _, err := translog.Open(text, verifiers(t, known)); err != nil {
			t.Error(err)
		}
	}
	if s := c.Seal(text); len(s.More) != 1 || !strings.Contains(string(signed(t, c, after)), s.Signature) {
		t.Errorf("%+v", s)
	}
}

// A key that has been retired signs no more; what it signed can be verified for ever.
func TestKeysAreRetired(t *testing.T) {
	before, after := newPair(t, origin), newPair(t, origin)
	c := translog.Checkpoint{Origin: origin, Size: 1, Root: leaf(1)}
	file, err := translog.Retire([]byte(before.secret + "\n" + after.secret + "\n"))
	if err != nil || file != before.public+after.secret+"\n" {
		t.Fatalf("%s, %v", file, err)
	}
	if again, err := translog.Retire([]byte(file)); err != nil || again != file {
		t.Errorf("%s, %v", again, err)
	}
	public, err := translog.PublicKeys([]byte(file))
	if err != nil || public != before.public+after.public {
		t.Errorf("%s, %v", public, err)
	}
	if s, err := translog.Signers([]byte(file)); err != nil || len(s) != 1 {
		t.Errorf("%d sign, %v", len(s), err)
	}
	if _, err := translog.Open(signed(t, c, before), verifiers(t, pair{public: public})); err != nil {
		t.Error(err)
	}
}

func TestTheOriginIsTheTenants(t *testing.T) {
	a, b := translog.Origin([]byte("a")), translog.Origin([]byte("b"))
	if a == b || a != translog.Origin([]byte("a")) || len(a) != len(origin) {
		t.Errorf("%s, %s", a, b)
	}
	newPair(t, a)
}

func TestAFactHoldsTheWholeNote(t *testing.T) {
	c := translog.Checkpoint{Origin: origin, Size: 9, Root: leaf(2)}
	for _, keys := range [][]pair{{newPair(t, origin)}, {newPair(t, origin), newPair(t, origin)}} {
		text := signed(t, c, keys...)
		if got := c.Seal(text).Note(); string(got) != string(text) {
			t.Errorf("the note is\n%s\nwant\n%s", got, text)
		}
	}
}

func TestWhatIsNoCheckpoint(t *testing.T) {
	k := newPair(t, origin)
	signers, _ := translog.Signers([]byte(k.secret))
	root := leaf(1).String()
	for _, text := range []string{"\n", origin + "\n1\n", origin + "\n01\n" + root + "\n", origin + "\n-1\n" + root + "\n",
		origin + "\nx\n" + root + "\n", origin + "\n1\nx\n", "\n1\n" + root + "\n"} {
		msg, err := note.Sign(&note.Note{Text: text}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := translog.Open(msg, verifiers(t, k)); err == nil {
			t.Errorf("%q is a checkpoint", text)
		}
	}
}

// A note that was cut off while it was written spoils none of the others.
func TestNotesOfAFile(t *testing.T) {
	k, other := newPair(t, origin), newPair(t, origin)
	first := string(signed(t, translog.Checkpoint{Origin: origin, Size: 1, Root: leaf(1)}, k))
	last := string(signed(t, translog.Checkpoint{Origin: origin, Size: 2, Root: leaf(2)}, k, other))
	text, signatures, _ := strings.Cut(last, "\n\n")
	for what, cut := range map[string]string{"nothing": "", "half a text": "kith.internal/log/abc\n1", "a text": text, "half a name": text + "\n\n— kith",
		"half a signature": text + "\n\n" + signatures[:80], "half of the second": text + "\n\n" + signatures[:len(signatures)-5]} {
		if cut != "" {
			cut += "\n\n"
		}
		for _, end := range []string{"\n", "", "\n" + strings.TrimSpace(cut)} {
			var got []string
			for _, n := range translog.Notes([]byte(first + "\n" + cut + last + end)) {
				got = append(got, string(n))
			}
			if !slices.Equal(got, []string{first, last}) {
				t.Errorf("%s was cut off, and %q follows: %q", what, end, got)
			}
		}
	}
}
