package translog

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what the tree of a log is at a size.
type Checkpoint struct {
	Origin string // the log's name, which the keys that sign for it bear too
	Size   uint64
	Root   tlog.Hash
}

// Text is what is signed: three lines.
func (c Checkpoint) Text() string { return text(c.Origin, c.Size, c.Root.String()) }

func text(origin string, size uint64, root string) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
}

// Sign makes the checkpoint a signed note. It fails where a signer does.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 {
		return nil, errors.New("there is no key to sign with")
	}
	return note.Sign(&note.Note{Text: c.Text()}, signers...)
}

// Open reads a checkpoint that one of the keys has signed for its origin. It fails where none has, and
// where a signature by one of them is wrong.
func Open(signed []byte, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, keys)
	if unverified := (*note.UnverifiedNoteError)(nil); errors.As(err, &unverified) {
		return Checkpoint{}, errors.New("the checkpoint is signed by none of the keys given: give all that the log has ever had")
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint is no properly signed note: %w", err)
	}
	c, err := parse(n.Text)
	if err == nil && !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == c.Origin }) {
		err = fmt.Errorf("the checkpoint of %s is signed for another log", c.Origin)
	}
	return c, err
}

// parse reads the text of a checkpoint. Lines that follow are for others.
func parse(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return Checkpoint{}, errors.New("the note is no checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, errors.New("the checkpoint has no proper size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, errors.New("the checkpoint has no proper root")
	}
	return Checkpoint{lines[0], uint64(size), root}, nil
}

// Sealed is a signed checkpoint as the fact CheckpointSealed has it.
type Sealed struct {
	Size      uint64   `json:"size"`
	RootHash  string   `json:"rootHash"`
	Signature string   `json:"signature"`
	Origin    string   `json:"origin"`
	More      []string `json:"more,omitempty"`
}

// signatureLine is how the line of a signature in a note begins.
const signatureLine = "— "

// Seal takes a signed note apart.
func (c Checkpoint) Seal(signed []byte) Sealed {
	s := Sealed{Size: c.Size, RootHash: c.Root.String(), Origin: c.Origin}
	for line := range strings.Lines(string(signed)) {
		rest, ok := strings.CutPrefix(line, signatureLine)
		_, signature, _ := strings.Cut(strings.TrimSpace(rest), " ")
		switch {
		case ok && s.Signature == "":
			s.Signature = signature
		case ok:
			s.More = append(s.More, signature)
		}
	}
	return s
}

// Note is the signed note again, byte for byte.
func (s Sealed) Note() []byte {
	var b bytes.Buffer
	b.WriteString(text(s.Origin, s.Size, s.RootHash))
	b.WriteByte('\n')
	for _, signature := range append([]string{s.Signature}, s.More...) {
		fmt.Fprintf(&b, "%s%s %s\n", signatureLine, s.Origin, signature)
	}
	return b.Bytes()
}

// signatureSize is the least that a signature in a note takes: the hash of its key, and that of Ed25519.
const signatureSize = 4 + ed25519.SignatureSize

// Notes takes a file of signed notes apart, with an empty line after each, but maybe the last. One that was cut
// off while it was written, in its text or in a signature, is left out: what is not signed says nothing.
func Notes(file []byte) [][]byte {
	var all [][]byte
	var text string
	for _, block := range strings.SplitAfter(string(file), "\n\n") {
		signatures := strings.Trim(block, "\n")
		if !strings.HasPrefix(signatures, signatureLine) {
			text = strings.TrimLeft(block, "\n")
		} else if strings.HasSuffix(text, "\n\n") && whole(signatures) {
			all = append(all, []byte(text+signatures+"\n"))
			text = ""
		}
	}
	return all
}

// whole reports whether the last of some signatures was written to its end.
func whole(signatures string) bool {
	signature, err := base64.StdEncoding.DecodeString(signatures[strings.LastIndexByte(signatures, ' ')+1:])
	return err == nil && len(signature) >= signatureSize
}
