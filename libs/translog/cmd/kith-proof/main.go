// Kith-proof verifies the log of a Kith with nothing but what was exported of it and the public keys that
// were published: proofs of single facts, proofs that a log only grew, and the whole log. It asks nobody.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"kith.internal/libs/translog"
)

const usage = `Usage:
  kith-proof --key FILE [--checkpoints FILE] PROOF...   proofs, as kith audit prove -o json writes them
  kith-proof --key FILE [--checkpoints FILE] --log FILE the whole log, as kith audit log writes it

The key file holds every public key that the log has ever had, one a line. The checkpoints file holds
signed checkpoints that were kept elsewhere, which what is proven must go on from: without it nobody can
tell that the end of a log was cut off, or that others are shown another log.
The exit code is 0 where everything is proven, 1 where something is not, 2 for wrong usage.

`

func main() {
	fs := flag.NewFlagSet("kith-proof", flag.ContinueOnError)
	key := fs.String("key", "", "the `FILE` of public keys")
	kept := fs.String("checkpoints", "", "a `FILE` of signed checkpoints")
	log := fs.String("log", "", "the `FILE` of an exported log")
	fs.Usage = func() { fmt.Fprint(fs.Output(), usage); fs.PrintDefaults() }
	if fs.Parse(os.Args[1:]) != nil || *key == "" || (*log == "") == (fs.NArg() == 0) {
		fs.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, *key, *kept, *log, fs.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "NOT PROVEN:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, key, kept, log string, proofs []string) error {
	claims, err := claimed(key, kept)
	if err != nil {
		return err
	}
	if log != "" {
		return wholeLog(out, claims, log)
	}
	for _, file := range proofs {
		if err := proof(out, claims, kept, file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// claimed has what the kept checkpoints say.
func claimed(key, kept string) (*translog.Claims, error) {
	text, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	keys, err := translog.Verifiers(text)
	if err != nil || kept == "" {
		return translog.NewClaims(keys), err
	}
	return withKept(translog.NewClaims(keys), kept)
}

func withKept(claims *translog.Claims, kept string) (*translog.Claims, error) {
	text, err := os.ReadFile(kept)
	if err != nil {
		return nil, err
	}
	notes := translog.Notes(text)
	if len(notes) == 0 {
		return nil, fmt.Errorf("%s has no checkpoint", kept)
	}
	for i, note := range notes {
		if err := claims.Add(note); err != nil {
			return nil, fmt.Errorf("%s, checkpoint %d: %w", kept, i+1, err)
		}
	}
	return claims, nil
}

func wholeLog(out io.Writer, claims *translog.Claims, log string) error {
	export, err := os.Open(log)
	if err != nil {
		return err
	}
	defer export.Close()
	found, err := claims.VerifyLog(export)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "proven: %d of %d entries are what was sealed, at %d checkpoints\n", found.Sealed, found.Entries, found.Checkpoints)
	if later := found.Entries - found.Sealed; later > 0 {
		fmt.Fprintf(out, "not proven yet: the last %d, which came after the last checkpoint\n", later)
	}
	for _, r := range found.Restored {
		fmt.Fprintf(out, "note: %s\n", r)
	}
	return nil
}

func proof(out io.Writer, claims *translog.Claims, kept, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	b, err := translog.ParseBundle(text)
	if err != nil {
		return err
	}
	p, err := claims.Verify(b)
	if err != nil {
		return err
	}
	if kept != "" && !p.Held {
		return fmt.Errorf("it cannot be held against the checkpoints of %s, none of which it speaks of: have it made with --since %[1]s", kept)
	}
	if e := p.Entry; e != nil {
		fmt.Fprintf(out, "proven: entry %d, %s, recorded %s, is in the log of %d entries:\n", e.Seq, e.Subject, e.Recorded.Format(time.RFC3339Nano), p.Checkpoint.Size)
		if err := show(out, e); err != nil {
			return err
		}
	}
	if p.Since != nil {
		fmt.Fprintf(out, "proven: the log of %d entries goes on where that of %d ended\n", p.Checkpoint.Size, p.Since.Size)
	}
	return nil
}

// shown is how much of an entry is shown: no act is longer.
const shown = 4000

// show writes what is proven, as it was read: the text that the proof came in may look otherwise.
func show(out io.Writer, e *translog.Entry) error {
	text, err := json.Marshal(e)
	if len(text) > shown {
		text = fmt.Appendf(text[:shown], "… (%d bytes)", len(text))
	}
	fmt.Fprintf(out, "%s\n", text)
	return err
}
