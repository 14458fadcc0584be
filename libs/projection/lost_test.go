package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// flaky is a store that cannot be asked now and then.
type flaky struct {
	projection.Store
	down bool
}

func (f *flaky) Load(ctx context.Context, key string) (*projection.Record, error) {
	if f.down {
		return nil, errors.New("no answer")
	}
	return f.Store.Load(ctx, key)
}

// A document that could not be asked for is not one that is not there: what was folded on that
// belief is not committed.
func TestAnUnreachableStoreIsNotAnEmptyOne(t *testing.T) {
	for name, ask := range map[string]func(d *projection.Docs){
		"Seq":    func(d *projection.Docs) { d.Seq("a") },
		"Put":    func(d *projection.Docs) { d.Put("a", &doc{2}) },
		"Wake":   func(d *projection.Docs) { d.Wake("a", "paaaaaaaaaaaaaaaa", time.Now()) },
		"Delete": func(d *projection.Docs) { d.Delete("a") },
	} {
		t.Run(name, func(t *testing.T) {
			store := &flaky{Store: projection.NewMemory()}
			before := []projection.Record{{Key: "a", Seq: 7, Body: json.RawMessage(`{"N":1}`)}}
			if err := store.Commit(t.Context(), before, projection.Progress{Handled: 7}); err != nil {
				t.Fatal(err)
			}
			d := projection.NewDocs(t.Context(), store)
			d.Begin(7)
			store.down = true
			ask(d)
			store.down = false
			if _, err := d.Commit(projection.Progress{Handled: 8}); err == nil {
				t.Error("it was committed")
			}
			d.Drop()
			if got, err := projection.Get[doc](d, "a"); err != nil || got == nil || got.N != 1 || d.Seq("a") != 7 {
				t.Errorf("%+v at %d, %v", got, d.Seq("a"), err)
			}
			if _, err := d.Commit(projection.Progress{Handled: 9}); err != nil {
				t.Errorf("dropped, and yet: %v", err)
			}
		})
	}
}

// The bucket may be deleted, or the server stop answering, at run time: that is no fault of an input.
func TestALostBucketIsUnavailable(t *testing.T) {
	t.Run("deleted", func(t *testing.T) {
		nc := natstest.Connect(t)
		s := kv(t, nc, 1)
		if err := bucketOf(t, nc).DeleteKeyValue(t.Context(), "kith_test"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), "a"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("load: %v", err)
		}
		if _, err := s.Keys(t.Context(), "a"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("keys: %v", err)
		}
		if err := s.Each(t.Context(), func(projection.Record) error { return nil }); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("each: %v", err)
		}
		if err := s.Commit(t.Context(), nil, projection.Progress{Handled: 1}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("commit: %v", err)
		}
	})
	t.Run("without an answer", func(t *testing.T) {
		t.Parallel()
		nc, muffle := natstest.Muffled(t)
		s := kv(t, nc, 1)
		muffle.On()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Commit(ctx, nil, projection.Progress{Handled: 1}); fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
			t.Errorf("commit: %v", err)
		}
	})
}

// A key that cannot be is not a store that cannot be reached.
func refusesAFaultyKey(t *testing.T, c *natstest.Nodes) {
	if _, err := kv(t, c.ConnectAny(), c.Size()).Load(t.Context(), "a."); err == nil || fault.KindOf(err) == fault.Unavailable {
		t.Errorf("load: %v", err)
	}
}

func bucketOf(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// The keys are the same before and after a commit: batches must not show.
func keepsKeysOfDeleted(t *testing.T, c *natstest.Nodes) {
	d := projection.NewDocs(t.Context(), kv(t, c.ConnectAny(), c.Size()))
	for _, key := range []string{"a.1", "a.2", "a.3"} {
		d.Put(key, &doc{1})
	}
	commit(t, d, 1)
	d.Delete("a.2")
	d.Delete("a.never")
	before, err := d.Keys("a.")
	if err != nil {
		t.Fatal(err)
	}
	commit(t, d, 2)
	if after, err := d.Keys("a."); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("keys %v before the commit, %v after it, %v", before, after, err)
	}
}

// Who follows or waits is told when the watch ends, instead of going on about nothing.
func TestReadersNoticeTheEndOfTheirWatch(t *testing.T) {
	reads := map[string]func(ctx context.Context, r *projection.Reader) error{
		"Follow": func(ctx context.Context, r *projection.Reader) error {
			return projection.Follow(ctx, r, ">", func(string, *doc) {})
		},
		"Wait": func(ctx context.Context, r *projection.Reader) error {
			_, err := r.Wait(ctx, 9)
			return err
		},
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nc := natstest.Connect(t)
			r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", 1)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			time.AfterFunc(100*time.Millisecond, nc.Close)
			if err := read(ctx, r); fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
				t.Errorf("%v", err)
			}
		})
	}
}

// Follow goes on when the bucket is made anew, or says that it cannot.
func followsANewBucket(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	js := bucketOf(t, nc)
	r, err := projection.OpenReader(t.Context(), js, "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	seen := make(chan string, 10)
	done := make(chan error, 1)
	go func() { done <- projection.Follow(ctx, r, ">", func(key string, _ *doc) { seen <- key }) }()
	put := func(key string) {
		d := projection.NewDocs(ctx, kv(t, nc, replicas))
		d.Put(key, &doc{1})
		commit(t, d, 1)
	}
	put("a")
	for <-seen != "a" {
	}
	if err := js.DeleteKeyValue(ctx, "kith_test"); err != nil {
		t.Fatal(err)
	}
	put("b")
	for {
		select {
		case key := <-seen:
			if key == "b" {
				return
			}
		case err := <-done:
			if err == nil {
				t.Error("it ended without an error")
			}
			return
		}
	}
}
