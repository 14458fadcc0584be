package projection_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// numbered makes the documents k.0 to k.<n-1> of a store, all with the same number in them.
func numbered(t *testing.T, s projection.Store, n, number int, p projection.Progress) {
	t.Helper()
	d := projection.NewDocs(t.Context(), s)
	d.Begin(p.Handled)
	for i := range n {
		d.Put(fmt.Sprintf("k.%d", i), &doc{number})
	}
	if _, err := d.Commit(p); err != nil {
		t.Fatal(err)
	}
}

// beside makes documents in a new generation and returns the progress that switches to it.
func beside(t *testing.T, s *projection.KV, n, number int, handled uint64) projection.Progress {
	t.Helper()
	p, err := s.Progress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.Given++
	if err := s.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	p.Handled = handled
	numbered(t, s.Beside(p.Given), n, number, p)
	p.Before, p.Generation = p.Generation, p.Given
	return p
}

func readsALiveGeneration(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	s := kv(t, nc, replicas)
	r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	reads := func(key string, want int) {
		t.Helper()
		got, _, err := projection.Read[doc](t.Context(), r, key)
		if err != nil || (got == nil) != (want == 0) || got != nil && got.N != want {
			t.Errorf("%s is %v, not %d: %v", key, got, want, err)
		}
	}
	numbered(t, s, 3, 1, projection.Progress{Handled: 5})
	reads("k.2", 1)
	p := beside(t, s, 2, 2, 7)
	reads("k.1", 1)
	if keys, err := r.Keys(t.Context(), "k."); err != nil || len(keys) != 3 {
		t.Errorf("keys %v, %v", keys, err)
	}
	if err := s.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Wait(t.Context(), 7); err != nil || got.Generation != p.Generation {
		t.Errorf("%+v, %v", got, err)
	}
	reads("k.1", 2)
	reads("k.2", 0)
	if got, err := kv(t, nc, replicas).Load(t.Context(), "k.0"); err != nil || got == nil {
		t.Errorf("a writer that opens it: %+v, %v", got, err)
	}
	if err := s.Drop(t.Context(), p.Before); err != nil {
		t.Fatal(err)
	}
	reads("k.1", 2)
	if err := s.Drop(t.Context(), p.Generation); err != nil {
		t.Fatal(err)
	}
	reads("k.1", 2) // the live one is not dropped
}

// What is gone with the generation before is looked for in the live one, by whoever has not heard yet.
func readsThoughItHasNotHeard(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	s := kv(t, nc, replicas)
	r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	numbered(t, s, 1, 1, projection.Progress{Handled: 5})
	for n := 2; n < 12; n++ {
		if _, err := r.Progress(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := beside(t, s, 1, n, uint64(n+10))
		if err := s.Commit(t.Context(), nil, p); err != nil {
			t.Fatal(err)
		}
		if err := s.Drop(t.Context(), p.Before); err != nil {
			t.Fatal(err)
		}
		if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); err != nil || got == nil || got.N != n {
			t.Fatalf("%+v in generation %d, %v", got, p.Generation, err)
		}
	}
}

// A writer that was frozen while another one switched commits nothing.
func switchShutsOut(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	s := kv(t, nc, replicas)
	numbered(t, s, 1, 1, projection.Progress{Handled: 5})
	frozen := kv(t, nc, replicas)
	if err := s.Commit(t.Context(), nil, beside(t, s, 1, 2, 7)); err != nil {
		t.Fatal(err)
	}
	d := projection.NewDocs(t.Context(), frozen)
	d.Put("k.0", &doc{3})
	if _, err := d.Commit(projection.Progress{Handled: 8}); err == nil {
		t.Error("it was committed")
	}
}

func followsTheLiveGeneration(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	s := kv(t, nc, replicas)
	numbered(t, s, 4, 1, projection.Progress{Handled: 5})
	r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_ = projection.Follow(ctx, r, "k.*", func(key string, d *doc) {
			if d == nil {
				told <- key + " gone"
				return
			}
			told <- fmt.Sprint(key, " ", d.N)
		})
	}()
	hears(t, told, "k.0 1", "k.1 1", "k.2 1", "k.3 1")
	if err := s.Commit(t.Context(), nil, beside(t, s, 2, 2, 7)); err != nil {
		t.Fatal(err)
	}
	hears(t, told, "k.0 2", "k.1 2", "k.2 gone", "k.3 gone")
	p, _ := s.Progress(t.Context())
	numbered(t, s, 1, 3, p)
	hears(t, told, "k.0 3")
}

// hears waits for lines, each once and in any order, and for nothing else.
func hears(t *testing.T, told <-chan string, want ...string) {
	t.Helper()
	left := map[string]bool{}
	for _, line := range want {
		left[line] = true
	}
	for len(left) > 0 {
		select {
		case line := <-told:
			if !left[line] {
				t.Fatalf("heard %q, not one of %v", line, left)
			}
			delete(left, line)
		case <-time.After(30 * time.Second):
			t.Fatalf("never heard %v", left)
		}
	}
}

// Documents of another log than the reader's are not there: nothing of them is read, listed or followed,
// until there are documents of its own.
func hidesAnotherLogs(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	s := kv(t, nc, replicas)
	numbered(t, s, 2, 1, projection.Progress{Handled: 5, Stream: "first"})
	var identity atomic.Value
	identity.Store("first")
	r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	r.Of(func() string { return identity.Load().(string) })
	if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); err != nil || got.N != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	identity.Store("second")
	if p, err := r.Progress(t.Context()); err != nil || p != (projection.Progress{}) {
		t.Errorf("progress %+v, %v", p, err)
	}
	if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%+v, %v", got, err)
	}
	if keys, err := r.Keys(t.Context(), "k."); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("%v, %v", keys, err)
	}
	told := make(chan string, 100)
	go func() {
		_ = projection.Follow(t.Context(), r, "k.*", func(key string, d *doc) { told <- fmt.Sprint(key, " ", d.N) })
	}()
	p := beside(t, s, 1, 2, 3)
	p.Stream = "second"
	if err := s.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	hears(t, told, "k.0 2")
	if got, seq, err := projection.Read[doc](t.Context(), r, "k.0"); err != nil || got.N != 2 || seq != 3 {
		t.Errorf("%+v at %d, %v", got, seq, err)
	}
}

// Scan tells what was written after a place, in whichever generation.
func scans(t *testing.T, c *natstest.Nodes) {
	s := kv(t, c.ConnectAny(), c.Size())
	var found map[string]bool
	scan := func(after uint64) uint64 {
		t.Helper()
		found = map[string]bool{}
		at, err := s.Scan(t.Context(), after, func(number uint64, r projection.Record) error {
			found[fmt.Sprint(number, " ", r.Key)] = true
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := scan(0); at != 0 {
		t.Errorf("an empty bucket ends at %d", at)
	}
	numbered(t, s, 2, 1, projection.Progress{Handled: 5})
	at := scan(0)
	if fmt.Sprint(found) != "map[0 k.0:true 0 k.1:true]" {
		t.Errorf("%v", found)
	}
	beside(t, s, 1, 2, 7)
	if at = scan(at); fmt.Sprint(found) != "map[1 k.0:true]" {
		t.Errorf("%v", found)
	}
	if scan(at); len(found) != 0 {
		t.Errorf("%v", found)
	}
}

// A document that is written again while all are listed is listed all the same.
func TestEachMissesNothingThatIsWrittenMeanwhile(t *testing.T) {
	nc := natstest.Connect(t)
	s := kv(t, nc, 1)
	numbered(t, s, 200, 1, projection.Progress{Handled: 1})
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan struct{})
	go func() {
		defer close(written)
		for writer, n := kv(t, nc, 1), 2; ctx.Err() == nil; n++ {
			numbered(t, writer, 200, n, projection.Progress{Handled: uint64(n)})
		}
	}()
	for range 20 {
		found := map[string]bool{}
		if err := s.Each(t.Context(), func(r projection.Record) error { found[r.Key] = true; return nil }); err != nil || len(found) != 200 {
			t.Errorf("%d of 200, %v", len(found), err)
			break
		}
	}
	cancel()
	<-written
}

// What was last written may be gone: all that is there is listed nevertheless.
func TestEachEndsWhereTheLastGenerationWasDropped(t *testing.T) {
	s := kv(t, natstest.Connect(t), 1)
	numbered(t, s, 3, 1, projection.Progress{Handled: 1})
	p := beside(t, s, 2, 2, 1)
	if err := s.Drop(t.Context(), p.Given); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	n := 0
	if err := s.Each(ctx, func(projection.Record) error { n++; return nil }); err != nil || n != 3 {
		t.Errorf("%d of 3, %v", n, err)
	}
}

// A bucket that is lost is no bucket in which nobody has written yet: of documents that are to be made anew
// nobody says that they are not there.
func TestLostDocumentsAreNotMissing(t *testing.T) {
	nc := natstest.Connect(t)
	r, err := projection.OpenReader(t.Context(), bucketOf(t, nc), "kith_test", 1)
	if err != nil {
		t.Fatal(err)
	}
	r.Of(func() string { return "log" })
	if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); got != nil || err != nil {
		t.Fatalf("nobody has written yet: %+v, %v", got, err)
	}
	s := kv(t, nc, 1)
	p := beside(t, s, 1, 1, 5)
	p.Stream = "log"
	if err := s.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Wait(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if err := bucketOf(t, nc).DeleteKeyValue(t.Context(), "kith_test"); err != nil {
		t.Fatal(err)
	}
	next := kv(t, nc, 1)
	if p, err := r.Progress(t.Context()); err != nil || p.Handled != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	for range 2 {
		if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%+v, %v", got, err)
		}
	}
	p = beside(t, next, 1, 7, 6)
	p.Stream = "log"
	if err := next.Commit(t.Context(), nil, p); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Wait(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	if got, _, err := projection.Read[doc](t.Context(), r, "k.0"); err != nil || got == nil || got.N != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}
