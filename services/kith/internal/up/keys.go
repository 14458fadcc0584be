package up

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kith.internal/libs/app"
	"kith.internal/libs/disk"
	"kith.internal/libs/translog"
)

// loadKey reads the key called name from dir, making it at the first start. Without it nothing
// that is sealed can be opened again, so it is on disk before it is used, and is never made anew
// beside data of another.
func loadKey(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	key, err := app.ReadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if _, err := os.Stat(filepath.Join(dir, Store)); err == nil {
		return nil, fmt.Errorf("%s is missing, and the data beside it cannot be read without it: put it back, or choose another directory", path)
	}
	return makeKey(path)
}

func makeKey(path string) ([]byte, error) {
	key := make([]byte, 32)
	rand.Read(key)
	return key, writeKey(path, base64.StdEncoding.EncodeToString(key))
}

// writeKey writes a key that was not there, and returns once it is on disk.
func writeKey(path, line string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close(), disk.Sync(filepath.Dir(path)))
}

// signingKey makes the key that signs checkpoints of the log where there is none. Data without one is of a
// Kith that sealed nothing yet.
func signingKey(path string, tenant []byte) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	line, err := translog.NewKey(translog.Origin(tenant))
	if err != nil {
		return err
	}
	return writeKey(path, line)
}
