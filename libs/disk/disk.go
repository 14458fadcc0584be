// Package disk puts on disk what the operating system may still have in memory only.
package disk

import (
	"errors"
	"os"
)

// Sync returns once a file is on disk, or which names a folder has.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
