package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheLogIsProven: what kith prints of a log is verified by kith-proof with the public keys alone, also
// after the keys have changed and the server has begun anew; a log that was changed is not.
func TestTheLogIsProven(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	u := together(t, dir)
	now := time.Now().UTC()
	seq := u.accepted(t, joined("ann", 3, nil), joined("ben", 5, nil), act("a1", "AdviceGiven", "ann", "ben", now.AddDate(0, -1, 0), nil))
	in := func(name string) string { return filepath.Join(out, name) }
	save := func(name string, args ...string) {
		t.Helper()
		text, code := u.kith(t, args...)
		if code != 0 {
			t.Fatalf("kith %s ended with %d", strings.Join(args, " "), code)
		}
		if err := os.WriteFile(in(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keyFile := filepath.Join(dir, "signing.key")
	save("first", "audit", "checkpoint", "--now")
	save("keys", "audit", "new-key", keyFile)
	u.accepted(t, act("a2", "AdviceGiven", "ann", "ben", now.AddDate(0, 0, -2), nil))
	save("both", "audit", "checkpoint", "--now")
	save("keys", "audit", "new-key", keyFile, "--retire")
	endsInTime(t, u.all)

	u = together(t, dir)
	u.accepted(t, act("a3", "AdviceGiven", "ann", "ben", now.AddDate(0, 0, -1), nil))
	save("last", "audit", "checkpoint", "--now")
	save("proof", "audit", "prove", "hr:ann", "--event", fmt.Sprint(seq), "--since", in("first"), "-o", "json")
	save("log", "audit", "log", "--as", "auditor:dana")
	kept := filepath.Join(dir, "checkpoints")
	edited(t, in("log"), in("altered"), func(lines []string) []string {
		lines[seq-1] = strings.Replace(lines[seq-1], "AdviceGiven", "CreditGiven", 1)
		return lines
	})
	edited(t, in("log"), in("reordered"), func(lines []string) []string {
		lines[0], lines[1] = lines[1], lines[0]
		return lines
	})
	edited(t, in("log"), in("cut"), func(lines []string) []string { return lines[:seq] })
	edited(t, in("keys"), in("newest"), func(lines []string) []string { return lines[1:] })
	for _, c := range []struct {
		args string
		says string // "" where it is proven
	}{
		{"--key keys proof", ""},
		{"--key keys --checkpoints " + kept + " proof", ""},
		{"--key keys --log log", ""},
		{"--key keys --checkpoints " + kept + " --log log", ""},
		{"--key keys --checkpoints first --log log", ""},
		{"--key newest --checkpoints last proof", "none of the keys"},
		{"--key keys --log altered", "are not what was sealed"},
		{"--key keys --log reordered", "entry 2 stands where 1 belongs"},
		{"--key keys --checkpoints " + kept + " --log cut", "the log was cut off"},
	} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "kith-proof"), strings.Fields(c.args)...)
		cmd.Dir = out
		said, err := cmd.CombinedOutput()
		if (err == nil) != (c.says == "") || !strings.Contains(string(said), c.says) {
			t.Errorf("kith-proof %s: %v: %s", c.args, err, said)
		}
	}
}

// edited copies a file with other lines.
func edited(t *testing.T, from, to string, edit func([]string) []string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	lines := edit(strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n"))
	if err := os.WriteFile(to, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}
