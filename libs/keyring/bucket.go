package keyring

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
)

// bind makes the bucket where it is absent. The stream is made by hand: a bucket of the client
// denies deletes, and its old values stay on disk; and it answers from any replica, so that a
// key just made might seem absent.
func (k *Keyring) bind(ctx context.Context, js jetstream.JetStream, replicas int) error {
	want := jetstream.StreamConfig{
		Name:              "KV_" + Bucket,
		Description:       "Data keys of people, wrapped by the master key",
		Subjects:          []string{"$KV." + Bucket + ".>"},
		Storage:           jetstream.FileStorage,
		Replicas:          max(replicas, 1),
		MaxMsgsPerSubject: 1,
		Discard:           jetstream.DiscardNew,
		AllowRollup:       true,
	}
	stream, err := js.Stream(ctx, want.Name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return unavailable("look for", Bucket, err)
	}
	if err != nil || stream.CachedInfo().Config.Replicas != want.Replicas { // a change waits for votes, and a look does not
		if stream, err = js.CreateOrUpdateStream(ctx, want); err != nil {
			return unavailable("make", Bucket, err)
		}
	}
	kv, err := js.KeyValue(ctx, Bucket)
	if err != nil {
		return unavailable("open", Bucket, err)
	}
	k.stream, k.kv = stream, kv
	return nil
}

// check fails where the master key is another one than the keyring was made with: otherwise new
// keys would be wrapped by one and old ones by the other.
func (k *Keyring) check(ctx context.Context) error {
	mine := seal(k.master, wrappedAs(checkKey), []byte(checkPlain))
	if _, err := k.kv.Create(ctx, checkKey, mine); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrKeyExists) {
		return unavailable("check", Bucket, err)
	}
	for {
		entry, err := k.kv.Get(ctx, checkKey)
		if err == nil {
			return k.opens(entry.Value())
		}
		if !errors.Is(err, jetstream.ErrKeyNotFound) {
			return unavailable("check", Bucket, err)
		}
		if err := pause(ctx); err != nil { // another replica's check is on its way
			return err
		}
	}
}

func (k *Keyring) opens(value []byte) error {
	if _, err := open(k.master, wrappedAs(checkKey), value); err != nil {
		return fmt.Errorf("keyring: bucket %s was made with another master key", Bucket)
	}
	return nil
}

// Destroy erases the person's data key, for ever and for all replicas: nothing sealed with it can
// be read again. It may be repeated, and is repeated after an error: only when it returns nil
// does the tombstone stand.
func (k *Keyring) Destroy(ctx context.Context, person events.PersonID) error {
	for {
		entry, err := k.kv.Get(ctx, string(person))
		switch {
		case err == nil && isTombstone(entry.Value()):
			k.cache.Add(person, nil)
			return nil
		case err == nil:
			err = k.overwrite(ctx, entry.Revision())
		case errors.Is(err, jetstream.ErrKeyNotFound):
			_, err = k.kv.Create(ctx, string(person), tombstone())
		}
		if err != nil && !errors.Is(err, jetstream.ErrKeyExists) {
			return unavailable("destroy the key of", string(person), err)
		}
		if err != nil { // somebody made a key between the two steps, or is about to
			if err := pause(ctx); err != nil {
				return err
			}
		}
	}
}

// overwrite deletes a revision and its bytes on disk. It comes before the tombstone, which would
// push the revision out of the stream and leave the bytes.
func (k *Keyring) overwrite(ctx context.Context, revision uint64) error {
	err := k.stream.SecureDeleteMsg(ctx, revision)
	var api *jetstream.APIError
	if errors.Is(err, jetstream.ErrMsgNotFound) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound {
		return nil // another replica was faster
	}
	return err
}

// watch drops keys from memory that other replicas destroy. It starts at a fixed sequence, so
// that a connection made again misses nothing.
func (k *Keyring) watch(ctx context.Context) error {
	info, err := k.stream.Info(ctx)
	if err != nil {
		return unavailable("watch", Bucket, err)
	}
	w, err := k.kv.WatchAll(ctx, jetstream.ResumeFromRevision(info.State.LastSeq+1))
	if err != nil {
		return unavailable("watch", Bucket, err)
	}
	go func() {
		defer w.Stop() //nolint:errcheck // the connection has ended with ctx
		for {
			select {
			case <-ctx.Done():
				return
			case entry, ok := <-w.Updates():
				if !ok {
					return
				}
				k.heard(entry)
			}
		}
	}()
	return nil
}

func (k *Keyring) heard(entry jetstream.KeyValueEntry) {
	if entry != nil && isTombstone(entry.Value()) {
		k.cache.Add(events.PersonID(entry.Key()), nil)
	}
}
