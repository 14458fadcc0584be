package app

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

const keySize = 32

// ReadKey reads a key from a file that holds 32 bytes in base64, as `openssl rand -base64 32`
// writes them. It never repeats what the file holds.
func ReadKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("key file %s: not base64; make one with: openssl rand -base64 %d", path, keySize)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("key file %s: holds %d bytes, want %d; make one with: openssl rand -base64 %d", path, len(key), keySize, keySize)
	}
	return key, nil
}

// readKey is ReadKey, or nil where no file is named.
func readKey(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	return ReadKey(path)
}
