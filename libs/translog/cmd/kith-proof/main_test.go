package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/translog"
)

const origin = "kith.internal/log/abcdefghij"

// The verifier can be read whole: it is made of itself, of x/mod and of Go's own packages.
func TestItSharesNothingWithWhatItVerifies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if !strings.HasPrefix(path, "golang.org/x/mod/") && !strings.HasPrefix(path, "kith.internal/libs/translog") {
			t.Errorf("it imports %s", path)
		}
	}
}

func TestTheBinary(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "kith-proof")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files(t, dir)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--key key --log log", 0, "2 of 3 entries are what was sealed"},
		{"--key key --log log", 0, "not proven yet: the last 1,"},
		{"--key key --checkpoints kept --log log", 0, "at 1 checkpoints"},
		{"--key key --checkpoints kept --log log.altered", 1, "the first 2 entries are not what was sealed"},
		{"--key key --checkpoints kept --log log.short", 1, "the log was cut off"},
		{"--key other --log log", 1, "none of the keys"},
		{"--key key proof", 0, "entry 1, kith.support._.A, recorded 2026-03-01T09:00:00Z, is in the log of 2"},
		{"--key key --checkpoints kept proof proof.altered", 1, "proof.altered: entry 1 is not what the log"},
		{"--key key proof", 0, `"data":"{\"n\":1}"`},
		{"--key key --checkpoints other.kept proof", 1, "none of which it speaks of: have it made with --since other.kept"},
		{"--key secret proof", 1, "which is secret"},
		{"--key key --checkpoints log proof", 1, "has no checkpoint"},
		{"--key key --log missing", 1, "missing"},
		{"--key key", 2, "Usage"},
		{"proof", 2, "Usage"},
	} {
		cmd := exec.CommandContext(t.Context(), bin, strings.Fields(c.args)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		exit := (*exec.ExitError)(nil)
		if code := cmd.ProcessState.ExitCode(); err != nil && !errors.As(err, &exit) || code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: exit %d, want %d: %s", c.args, code, c.code, out)
		}
	}
}

// files writes a log of three entries, the third of which seals the first two, and what belongs to it.
func files(t *testing.T, dir string) {
	t.Helper()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var tree translog.Frontier
	first := entry(1, "kith.support._.A", `{"n":1}`)
	second := entry(2, "kith.fence.x", `{}`)
	tree.Add(first.Leaf())
	tree.Add(second.Leaf())
	head := translog.Checkpoint{Origin: origin, Size: 2, Root: tree.Root()}
	secret, public := key(t)
	signers, err := translog.Signers([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	note, err := head.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	log := line(t, first) + line(t, second) + line(t, entry(3, "kith.audit._.CheckpointSealed", line(t, head.Seal(note))))
	proof := line(t, translog.Bundle{Checkpoint: string(note), Entry: &first, Inclusion: tlog.RecordProof{second.Leaf()}})
	_, other := key(t)
	earlier, err := translog.Checkpoint{Origin: origin, Size: 1, Root: first.Leaf()}.Sign(signers...)
	if err != nil {
		t.Fatal(err)
	}
	write("other.kept", string(earlier)+"\n")
	write("secret", secret)
	write("key", public)
	write("other", other)
	write("kept", string(note)+"\n")
	write("log", log)
	write("log.altered", strings.Replace(log, `\"n\":1`, `\"n\":2`, 1))
	write("log.short", line(t, first))
	write("proof", proof)
	write("proof.altered", strings.Replace(proof, `\"n\":1`, `\"n\":2`, 1))
}

func entry(seq uint64, subject, body string) translog.Entry {
	return translog.Entry{Seq: seq, Recorded: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Subject: subject, Data: body}
}

func key(t *testing.T) (secret, public string) {
	t.Helper()
	secret, err := translog.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	if public, err = translog.PublicKeys([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	return secret, public
}

func line(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}
