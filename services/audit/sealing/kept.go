package sealing

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"kith.internal/libs/disk"
	"kith.internal/libs/translog"
)

// kept is the file of checkpoints apart from the log: who changes the log cannot change it too, if it is
// where they cannot write. An empty name is no file.
type kept string

// tail is how much of the file is read for its newest checkpoint, which takes a few hundred bytes.
const tail = 1 << 16

// append writes a signed note to the end of the file, making it where there is none. One that was cut off
// while it was written stays behind alone.
func (k kept) append(note []byte) (err error) {
	if k == "" {
		return nil
	}
	f, err := os.OpenFile(string(k), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	whole := make([]byte, min(end, 2))
	if _, err := f.ReadAt(whole, end-int64(len(whole))); err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	if !bytes.HasSuffix([]byte("\n\n"), whole) {
		note = append([]byte("\n\n"), note...)
	}
	if _, err := f.Write(append(note[:len(note):len(note)], '\n')); err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	return disk.Sync(filepath.Dir(string(k))) // where the file was just made
}

// newest is the last signed note of the file, nil where there is none.
func (k kept) newest() ([]byte, error) {
	if k == "" {
		return nil, nil
	}
	f, err := os.Open(string(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.NewSectionReader(f, max(end-tail, 0), tail))
	if err != nil {
		return nil, err
	}
	notes := translog.Notes(text)
	if len(notes) == 0 {
		return nil, nil
	}
	return notes[len(notes)-1], nil
}
