package natstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/highwayhash"
)

// Forge replaces part of a stored message by something as long, with a checksum that the server finds
// right: as whoever can write to the disk, and knows how, may do. Of a stream that a stopped server keeps in
// dir; its blocks must not be compressed, which the last one never is.
func Forge(t testing.TB, dir, stream string, seq uint64, old, new string) {
	t.Helper()
	tamper(t, dir, stream, seq, old, new, true)
}

// Flip is Forge by somebody, or a disk, that knows nothing of checksums.
func Flip(t testing.TB, dir, stream string, seq uint64, old, new string) {
	t.Helper()
	tamper(t, dir, stream, seq, old, new, false)
}

func tamper(t testing.TB, dir, stream string, seq uint64, old, new string, checksum bool) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	if err != nil || len(old) != len(new) {
		t.Fatalf("natstest: %q for %q in %v: %v", new, old, blocks, err)
	}
	for _, file := range blocks {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := find(data, seq)
		i := bytes.Index(r, []byte(old))
		if i < 0 {
			continue
		}
		if copy(r[i:], new); checksum {
			copy(r[len(r)-8:], r.sum(stream+"-"+strings.TrimSuffix(filepath.Base(file), ".blk")))
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Fatalf("natstest: no block of %s in %s has %q at %d", stream, dir, old, seq)
}

// record is a message as a block has it: its length, whose highest bit says that there are headers; sequence,
// time, length of the subject; the subject; with headers their length; headers and body; the checksum.
type record []byte

const hasHeaders = 1 << 31

// find is the record of a sequence in a block, nil where there is none.
func find(block []byte, seq uint64) record {
	for len(block) > 22 {
		n := binary.LittleEndian.Uint32(block) &^ hasHeaders
		if int(n) > len(block) || n < 30 {
			return nil
		}
		if binary.LittleEndian.Uint64(block[4:]) == seq {
			return record(block[:n])
		}
		block = block[n:]
	}
	return nil
}

// sum is the checksum that a record of a block should have.
func (r record) sum(block string) []byte {
	key := sha256.Sum256([]byte(block))
	h, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		panic(fmt.Sprint("natstest: ", err)) // the key has the right length
	}
	body := 22 + int(binary.LittleEndian.Uint16(r[20:]))
	_, _ = h.Write(r[4:20])
	_, _ = h.Write(r[22:body])
	if binary.LittleEndian.Uint32(r)&hasHeaders != 0 {
		body += 4
	}
	_, _ = h.Write(r[body : len(r)-8])
	return h.Sum(nil)
}
