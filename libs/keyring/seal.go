package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"kith.internal/events"
)

const (
	keySize = 32

	// The first byte of every value says how to read the rest.
	destroyedV0 = 0 // a tombstone: nothing follows
	sealedV1    = 1 // AES-256-GCM: a random nonce, the ciphertext, the tag
)

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key)
	return key
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("%d bytes, want %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealedAs binds what is sealed to its person and field: moved elsewhere it does not open.
func sealedAs(person events.PersonID, field string) []byte {
	return []byte("kith/sealed\x00" + string(person) + "\x00" + field)
}

// wrappedAs binds a wrapped data key to its entry.
func wrappedAs(entry string) []byte { return []byte("kith/key\x00" + entry) }

func seal(aead cipher.AEAD, as, plain []byte) []byte {
	return aead.Seal([]byte{sealedV1}, nil, plain, as)
}

func open(aead cipher.AEAD, as, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealedV1 {
		return nil, errors.New("not sealed by a keyring")
	}
	return aead.Open(nil, nil, sealed[1:], as)
}

func tombstone() []byte { return []byte{destroyedV0} }

func isTombstone(value []byte) bool { return len(value) == 1 && value[0] == destroyedV0 }
