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

	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

type doc struct{ N int }

func kv(t testing.TB, nc *nats.Conn, replicas int) *projection.KV {
	t.Helper()
	s, err := projection.OpenKV(t.Context(), nc, "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMemory keeps the part of the contract that is a Store's, and not a bucket's.
func TestMemory(t *testing.T) {
	for name, test := range map[string]func(*testing.T, projection.Store){
		"nothing is there at first": emptyStore, "what is committed is loaded": commitAndLoad, "more than one batch": manyRecords, "a deleted document is gone": deleted,
	} {
		t.Run(name, func(t *testing.T) { test(t, projection.NewMemory()) })
	}
}

func emptyStore(t *testing.T, s projection.Store) {
	r, err := s.Load(t.Context(), "a.b")
	if r != nil || err != nil {
		t.Errorf("record %+v, %v", r, err)
	}
	if p, err := s.Progress(t.Context()); p != (projection.Progress{}) || err != nil {
		t.Errorf("progress %+v, %v", p, err)
	}
}

func commitAndLoad(t *testing.T, s projection.Store) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	want := projection.Record{Key: "a.b", Seq: 7, Wake: at, Person: "paaaaaaaaaaaaaaaa", Body: json.RawMessage(`{"N":1}`)}
	p := projection.Progress{Handled: 7, Appended: 9, Stream: "KITH@1", Layout: 2}
	if err := s.Commit(t.Context(), []projection.Record{want, {Key: "ab.c", Seq: 7, Body: json.RawMessage(`{}`)}}, p); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context(), "a.b")
	if err != nil || fmt.Sprint(*got) != fmt.Sprint(want) {
		t.Errorf("loaded %+v, %v", got, err)
	}
	if keys, err := s.Keys(t.Context(), "a."); err != nil || fmt.Sprint(keys) != "[a.b]" {
		t.Errorf("keys %v, %v", keys, err)
	}
	if now, err := s.Progress(t.Context()); now != p || err != nil {
		t.Errorf("progress %+v, %v", now, err)
	}
}

func manyRecords(t *testing.T, s projection.Store) {
	var records []projection.Record
	for i := range 2500 {
		records = append(records, projection.Record{Key: fmt.Sprintf("k.%04d", i), Seq: 1, Body: json.RawMessage(`{}`)})
	}
	if err := s.Commit(t.Context(), records, projection.Progress{Handled: 1}); err != nil {
		t.Fatal(err)
	}
	if keys, err := s.Keys(t.Context(), "k."); err != nil || len(keys) != 2500 || keys[2499] != "k.2499" {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func deleted(t *testing.T, s projection.Store) {
	d := projection.NewDocs(t.Context(), s)
	d.Put("a.b", &doc{1})
	commit(t, d, 1)
	d.Delete("a.b")
	commit(t, d, 2)
	d.Drop()
	if got, err := projection.Get[doc](d, "a.b"); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func commit(t *testing.T, d *projection.Docs, seq uint64) []projection.Timer {
	t.Helper()
	timers, err := d.Commit(projection.Progress{Handled: seq})
	if err != nil {
		t.Fatal(err)
	}
	return timers
}

func TestDocs(t *testing.T) {
	d := projection.NewDocs(t.Context(), projection.NewMemory())
	d.Begin(5)
	d.Put("a", &doc{1})
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	d.Wake("a", "paaaaaaaaaaaaaaaa", at)
	if timers := commit(t, d, 5); len(timers) != 1 || !timers[0].At.Equal(at) {
		t.Errorf("timers %+v", timers)
	}
	first, _ := projection.Get[doc](d, "a")
	again, _ := projection.Get[doc](d, "a")
	if first != again || d.Seq("a") != 5 {
		t.Errorf("%p and %p, seq %d", first, again, d.Seq("a"))
	}
	first.N = 99
	d.Drop() // what was not committed is forgotten
	if got, err := projection.Get[doc](d, "a"); err != nil || got.N != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	d.Wake("a", "paaaaaaaaaaaaaaaa", at) // unchanged, but asked for again
	if timers := commit(t, d, 6); len(timers) != 1 {
		t.Errorf("timers %+v", timers)
	}
}

func refusesOneOfTwoWriters(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	first, second := kv(t, nc, replicas), kv(t, nc, replicas)
	if err := first.Commit(t.Context(), nil, projection.Progress{Handled: 1}); err != nil {
		t.Fatal(err)
	}
	record := projection.Record{Key: "a", Body: json.RawMessage(`{}`)}
	if err := second.Commit(t.Context(), []projection.Record{record}, projection.Progress{Handled: 2}); !errors.Is(err, projection.ErrStale) {
		t.Fatalf("the second writer: %v", err)
	}
	if r, err := first.Load(t.Context(), "a"); r != nil || err != nil {
		t.Errorf("half a commit: %+v, %v", r, err)
	}
}

func readerWaits(t *testing.T, c *natstest.Nodes) {
	nc, replicas := c.ConnectAny(), c.Size()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	r, err := projection.OpenReader(t.Context(), js, "kith_test", replicas)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Wait(short, 3); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for nothing: %v", err)
	}
	d := projection.NewDocs(t.Context(), kv(t, nc, replicas))
	go func() {
		time.Sleep(50 * time.Millisecond)
		d.Begin(3)
		d.Put("a", &doc{7})
		_, _ = d.Commit(projection.Progress{Handled: 3, Appended: 4})
	}()
	if p, err := r.Wait(t.Context(), 3); err != nil || p.Appended != 4 {
		t.Fatalf("%+v, %v", p, err)
	}
	got, seq, err := projection.Read[doc](t.Context(), r, "a")
	if err != nil || got.N != 7 || seq != 3 {
		t.Errorf("%+v at %d, %v", got, seq, err)
	}
}

// BenchmarkCommit compares what a commit of documents and their checkpoint costs as one atomic
// batch, on disk when it returns, with asynchronous puts into a bucket that the server writes in
// its own time, as the alternative would be.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 10, 100, 999} {
		records := make([]projection.Record, n)
		for i := range records {
			records[i] = projection.Record{Key: fmt.Sprintf("k.%d", i), Body: json.RawMessage(`{"n":"` + fmt.Sprintf("%0500d", i) + `"}`)}
		}
		b.Run(fmt.Sprintf("atomic/%d", n), func(b *testing.B) {
			s := kv(b, natstest.Connect(b), 1)
			for b.Loop() {
				if err := s.Commit(b.Context(), records, projection.Progress{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "docs/s")
		})
		b.Run(fmt.Sprintf("async/%d", n), func(b *testing.B) {
			put := asyncBucket(b, natstest.Connect(b))
			for b.Loop() {
				for _, r := range records {
					put(r)
				}
				put(records[0])
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

func asyncBucket(b *testing.B, nc *nats.Conn) func(projection.Record) {
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	_, err = js.CreateStream(b.Context(), jetstream.StreamConfig{Name: "KV_async", Subjects: []string{"$KV.async.>"},
		MaxMsgsPerSubject: 1, PersistMode: jetstream.AsyncPersistMode})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { <-js.PublishAsyncComplete() })
	return func(r projection.Record) {
		if _, err := js.PublishAsync("$KV.async."+r.Key, r.Body); err != nil {
			b.Fatal(err)
		}
	}
}
