package natsembed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// ErrDirInUse is returned where another process, or another server of this one, holds the data
// directory: two servers on one log would destroy it.
var ErrDirInUse = errors.New("the data directory is in use")

// dirLock is a lock on a directory that ends with the process, however the process ends.
type dirLock struct {
	file *os.File
	once sync.Once
	err  error
}

func lockDir(dir string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("natsembed: data directory: %w", err)
	}
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("natsembed: data directory: %w", err)
	}
	if err := tryLock(file); err != nil {
		defer file.Close()
		return nil, inUse(dir, path, err)
	}
	if err := writeOwner(file); err != nil {
		return nil, errors.Join(fmt.Errorf("natsembed: lock %s: %w", path, err), file.Close())
	}
	return &dirLock{file: file}, nil
}

func inUse(dir, path string, err error) error {
	if !errors.Is(err, errHeld) {
		return fmt.Errorf("natsembed: lock %s: %w", path, err)
	}
	owner, _ := os.ReadFile(path) // only a hint for the reader of the message
	if pid := strings.TrimSpace(string(owner)); pid != "" {
		return fmt.Errorf("natsembed: %w: %s, by process %s; stop it first, or choose another directory", ErrDirInUse, dir, pid)
	}
	return fmt.Errorf("natsembed: %w: %s; stop its process first, or choose another directory", ErrDirInUse, dir)
}

func writeOwner(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(file, os.Getpid())
	return err
}

func (l *dirLock) release() error {
	l.once.Do(func() { l.err = l.file.Close() })
	return l.err
}
