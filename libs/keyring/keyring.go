// Package keyring keeps one data key per person. What is personal in the log is sealed with it,
// so that destroying the key erases the person from a log that nobody may change.
//
// A data key is 32 random bytes, kept in the bucket kith_keys wrapped by the master key. A
// destroyed key leaves a tombstone, and is never made anew.
package keyring

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

// Bucket is the KV bucket of the wrapped keys. Its backups are short-lived: an erasure is final
// when the last of them is gone.
const Bucket = "kith_keys"

const (
	cached     = 10_000                // data keys in memory, about 1 KB each
	checkKey   = "master"              // the entry that tells a wrong master key; no person is called so
	raceWait   = 20 * time.Millisecond // while another writer's key is on its way
	checkPlain = "kith"
)

var (
	// ErrDestroyed is returned for a person who has been erased.
	ErrDestroyed = fault.New(fault.NotFound, "erased", "this person has been erased")
	// ErrNoKey is returned by Keyring.Open for a person nothing was ever sealed for.
	ErrNoKey = fault.New(fault.NotFound, "no-key", "nothing is sealed for this person")
	// ErrSealed is returned by Keyring.Open for what was sealed for somebody else or for another
	// field, and for what was changed since.
	ErrSealed = fault.New(fault.Internal, "sealed", "what is sealed cannot be opened")
)

// Keyring seals and opens. It is safe for concurrent use, also by several processes.
type Keyring struct {
	master cipher.AEAD
	kv     jetstream.KeyValue
	stream jetstream.Stream
	cache  *lru.Cache[events.PersonID, cipher.AEAD] // nil for a destroyed key
}

// Open returns the keyring of the tenant, made if absent, for as long as ctx lives: until then
// it watches for keys that others destroy. It waits a while for a cluster that elects, and fails where
// masterKey is not the one that the keyring was made with.
func Open(ctx context.Context, js jetstream.JetStream, masterKey []byte, replicas int) (*Keyring, error) {
	master, err := newAEAD(masterKey)
	if err != nil {
		return nil, fmt.Errorf("keyring: master key: %w", err)
	}
	cache, err := lru.New[events.PersonID, cipher.AEAD](cached)
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	k := &Keyring{master: master, cache: cache}
	return patience.Open(ctx, nil, "the bucket "+Bucket, func(try context.Context) (*Keyring, error) {
		if err := k.bind(try, js, replicas); err != nil {
			return nil, err
		}
		if err := k.check(try); err != nil {
			return nil, err
		}
		return k, k.watch(ctx)
	})
}

// Seal encrypts plain so that only Open with the same person and field reads it. The person's
// data key is made on first use, and on disk before Seal returns. It fails with ErrDestroyed
// for an erased person, and as Unavailable where the bucket does not answer.
func (k *Keyring) Seal(ctx context.Context, person events.PersonID, field string, plain []byte) (events.SealedBytes, error) {
	aead, err := k.key(ctx, person, k.create)
	if err != nil {
		return nil, err
	}
	return seal(aead, sealedAs(person, field), plain), nil
}

// Open decrypts what Seal returned. It fails with ErrDestroyed for an erased person, with
// ErrNoKey where nothing was ever sealed for them, and with ErrSealed where it is not theirs.
func (k *Keyring) Open(ctx context.Context, person events.PersonID, field string, sealed []byte) ([]byte, error) {
	aead, err := k.key(ctx, person, func(context.Context, events.PersonID) (cipher.AEAD, error) { return nil, ErrNoKey })
	if err != nil {
		return nil, err
	}
	plain, err := open(aead, sealedAs(person, field), sealed)
	if err != nil {
		return nil, fmt.Errorf("keyring: %s of %s: %w", field, person, ErrSealed)
	}
	return plain, nil
}

// key is the person's data key: from memory, from the bucket, or else what absent returns.
func (k *Keyring) key(ctx context.Context, person events.PersonID, absent func(context.Context, events.PersonID) (cipher.AEAD, error)) (cipher.AEAD, error) {
	if !person.Valid() {
		return nil, fault.New(fault.Invalid, "person", "not a person's id")
	}
	if aead, ok := k.cache.Get(person); ok {
		return alive(aead)
	}
	aead, err := k.load(ctx, person)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		aead, err = absent(ctx, person)
	}
	if err != nil {
		return nil, err
	}
	k.cache.ContainsOrAdd(person, aead) // never over a tombstone the watch has put there meanwhile
	return alive(aead)
}

func alive(aead cipher.AEAD) (cipher.AEAD, error) {
	if aead == nil {
		return nil, ErrDestroyed
	}
	return aead, nil
}

// create makes the person's data key. Of several that do so at once one wins, and all use its key.
func (k *Keyring) create(ctx context.Context, person events.PersonID) (cipher.AEAD, error) {
	raw := newKey()
	wrapped := seal(k.master, wrappedAs(string(person)), raw)
	for {
		_, err := k.kv.Create(ctx, string(person), wrapped)
		switch {
		case err == nil:
			return newAEAD(raw)
		case !errors.Is(err, jetstream.ErrKeyExists):
			return nil, unavailable("make the key of", string(person), err)
		}
		aead, err := k.load(ctx, person)
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			return aead, err
		}
		if err := pause(ctx); err != nil { // refused for one in flight that is not there yet
			return nil, err
		}
	}
}

// load reads the person's data key from the bucket: nil for a tombstone, ErrKeyNotFound where
// there is none.
func (k *Keyring) load(ctx context.Context, person events.PersonID) (cipher.AEAD, error) {
	entry, err := k.kv.Get(ctx, string(person))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, jetstream.ErrKeyNotFound
	case err != nil:
		return nil, unavailable("read the key of", string(person), err)
	case isTombstone(entry.Value()):
		return nil, nil
	}
	raw, err := open(k.master, wrappedAs(string(person)), entry.Value())
	if err != nil {
		return nil, fmt.Errorf("keyring: the key of %s does not unwrap: %w", person, err)
	}
	return newAEAD(raw)
}

func unavailable(what, name string, err error) error {
	return fault.Wrap(fault.Unavailable, "keyring", "the keyring does not answer; try again", fmt.Errorf("%s %s: %w", what, name, err))
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(raceWait):
		return nil
	}
}
