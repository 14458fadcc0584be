package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
	"kith.internal/libs/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var master = bytes.Repeat([]byte{7}, 32)

func open(t *testing.T, nc *nats.Conn, replicas int) (*keyring.Keyring, jetstream.JetStream) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keyring.Open(t.Context(), js, master, replicas)
	if err != nil {
		t.Fatal(err)
	}
	return k, js
}

func seal(t *testing.T, k *keyring.Keyring, p events.PersonID, plain string) events.SealedBytes {
	t.Helper()
	var sealed events.SealedBytes
	natstest.Again(t, func() (err error) { sealed, err = k.Seal(t.Context(), p, "name", []byte(plain)); return err })
	return sealed
}

// opens fails the test unless k reads sealed as want.
func opens(t *testing.T, k *keyring.Keyring, p events.PersonID, sealed []byte, want string) {
	t.Helper()
	var plain []byte
	natstest.Again(t, func() (err error) { plain, err = k.Open(t.Context(), p, "name", sealed); return err })
	if string(plain) != want {
		t.Errorf("opened %q, want %q", plain, want)
	}
}

func TestOnlyThePersonsKeyAndFieldOpen(t *testing.T) {
	k, _ := open(t, natstest.Connect(t), 1)
	ann, bob := events.NewPersonID(), events.NewExternalID()
	sealed := seal(t, k, ann, "Ann Miller")
	if bytes.Contains(sealed, []byte("Ann")) {
		t.Error("what is sealed shows the name")
	}
	opens(t, k, ann, sealed, "Ann Miller")

	if _, err := k.Open(t.Context(), ann, "mail", sealed); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("another field: %v, want ErrSealed", err)
	}
	if _, err := k.Open(t.Context(), bob, "name", sealed); !errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("a person without a key: %v, want ErrNoKey", err)
	}
	seal(t, k, bob, "Bob")
	if _, err := k.Open(t.Context(), bob, "name", sealed); !errors.Is(err, keyring.ErrSealed) {
		t.Errorf("another person: %v, want ErrSealed", err)
	}
	if _, err := k.Seal(t.Context(), "ann@example.org", "name", nil); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "ann@") {
		t.Errorf("not a pseudonym: %v, want invalid and no id", err)
	}
}

func TestReplicasAgreeOnAKey(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", n), func(t *testing.T) {
			c := natstest.Cluster(t, n)
			var rings []*keyring.Keyring
			for i := range 6 {
				k, _ := open(t, c.Connect(i%n), n)
				rings = append(rings, k)
			}
			for range 10 {
				agree(t, rings, events.NewPersonID())
			}
		})
	}
}

// agree seals once with each keyring, all at the same time, and opens each with the next.
func agree(t *testing.T, rings []*keyring.Keyring, p events.PersonID) {
	t.Helper()
	sealed := make([]events.SealedBytes, len(rings))
	t.Run("seal", func(t *testing.T) {
		for i, k := range rings {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				sealed[i] = seal(t, k, p, "Ann")
			})
		}
	})
	for i := range rings {
		opens(t, rings[(i+1)%len(rings)], p, sealed[i], "Ann")
	}
}

func TestADestroyedKeyIsGoneForEverybodyAndForEver(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprintf("R%d", n), func(t *testing.T) {
			c := natstest.Cluster(t, n)
			one, _ := open(t, c.Connect(0), n)
			two, _ := open(t, c.Connect(n-1), n)
			p, other := events.NewPersonID(), events.NewPersonID()
			sealed, kept := seal(t, one, p, "Ann"), seal(t, one, other, "Bob")
			opens(t, two, p, sealed, "Ann") // and has the key in memory now

			for range 2 {
				natstest.Again(t, func() error { return one.Destroy(t.Context(), p) })
			}
			destroyed(t, one, p, sealed)
			eventually(t, func() bool {
				_, err := two.Open(t.Context(), p, "name", sealed)
				return errors.Is(err, keyring.ErrDestroyed)
			})
			fresh, _ := open(t, c.Connect(0), n)
			destroyed(t, fresh, p, sealed)
			opens(t, fresh, other, kept, "Bob")
		})
	}
}

func destroyed(t *testing.T, k *keyring.Keyring, p events.PersonID, sealed []byte) {
	t.Helper()
	natstest.Again(t, func() error { _, err := k.Open(t.Context(), p, "name", sealed); return gone("Open", err) })
	natstest.Again(t, func() error { _, err := k.Seal(t.Context(), p, "name", nil); return gone("Seal", err) })
}

// gone is nil where err says that the key was destroyed.
func gone(what string, err error) error {
	if errors.Is(err, keyring.ErrDestroyed) {
		return nil
	}
	return fmt.Errorf("%s after Destroy: %w, want ErrDestroyed", what, err)
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 30 s")
		}
	}
}

func TestDestroyRacesWithSeal(t *testing.T) {
	nc := natstest.Fast(t)
	one, _ := open(t, nc, 1)
	two, _ := open(t, nc, 1)
	for range 50 {
		p := events.NewPersonID()
		var all sync.WaitGroup
		all.Go(func() { two.Seal(t.Context(), p, "name", []byte("Ann")) }) //nolint:errcheck // either may win
		if err := one.Destroy(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		destroyed(t, one, p, nil)
	}
}

func TestADestroyedKeyLeavesNoBytesOnDisk(t *testing.T) {
	c := natstest.Cluster(t, 1)
	k, js := open(t, c.Connect(0), 1)
	p, other := events.NewPersonID(), events.NewPersonID()
	seal(t, k, p, "Ann")
	seal(t, k, other, "Bob") // so that the block of the log stays
	kv, err := js.KeyValue(t.Context(), keyring.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := kv.Get(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	dir := c.Server(0).StoreDir()
	if !onDisk(t, dir, entry.Value()) {
		t.Fatal("the wrapped key is not on disk after Seal")
	}
	if err := k.Destroy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if onDisk(t, dir, entry.Value()) {
		t.Error("the wrapped key is still on disk after Destroy")
	}
}

// onDisk reports whether any file below dir contains what.
func onDisk(t *testing.T, dir string, what []byte) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found = found || bytes.Contains(content, what)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAWrongMasterKeyIsRefused(t *testing.T) {
	_, js := open(t, natstest.Connect(t), 1)
	if _, err := keyring.Open(t.Context(), js, bytes.Repeat([]byte{8}, 32), 1); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("another master key: %v", err)
	}
	if _, err := keyring.Open(t.Context(), js, []byte("short"), 1); err == nil {
		t.Error("a short master key was accepted")
	}
}

func TestKeysSurviveARestart(t *testing.T) {
	c := natstest.Cluster(t, 1)
	k, _ := open(t, c.Connect(0), 1)
	p := events.NewPersonID()
	sealed := seal(t, k, p, "Ann")
	c.Restart(0)
	again, _ := open(t, c.Connect(0), 1)
	opens(t, again, p, sealed, "Ann")
}

func TestNoAnswerIsUnavailable(t *testing.T) {
	c := natstest.Cluster(t, 1)
	k, _ := open(t, c.Connect(0), 1)
	c.Stop(0)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := k.Seal(ctx, events.NewPersonID(), "name", nil); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Seal without a server: %v, want unavailable", err)
	}
}

func BenchmarkSeal(b *testing.B) {
	js, err := jetstream.New(natstest.Connect(b))
	if err != nil {
		b.Fatal(err)
	}
	k, err := keyring.Open(b.Context(), js, master, 1)
	if err != nil {
		b.Fatal(err)
	}
	p, plain := events.NewPersonID(), make([]byte, 512)
	for b.Loop() {
		if _, err := k.Seal(b.Context(), p, "name", plain); err != nil {
			b.Fatal(err)
		}
	}
}
