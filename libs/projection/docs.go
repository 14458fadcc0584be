package projection

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
)

// Docs is where rules find and leave documents: a cache before a Store, for one goroutine. What
// was Put stays in memory until Commit writes it; after a failed Commit, Drop everything.
type Docs struct {
	ctx    context.Context
	store  Store
	cached map[string]*entry
	dirty  map[string]bool
	woken  map[string]bool // keys whose wake was set since the last commit, changed or not
	seq    uint64
	limit  int
}

type entry struct {
	Record
	doc any // decoded; nil where there is none
}

// Timer asks for a Due fact about a document once a time has come. A zero At takes it back.
type Timer struct {
	Key    string
	Person events.PersonID
	At     time.Time
}

// cacheLimit is how many clean documents stay in memory: some 2 KB each.
const cacheLimit = 200_000

// NewDocs returns the documents of store. Every access to the store is under ctx.
func NewDocs(ctx context.Context, store Store) *Docs {
	d := &Docs{ctx: ctx, store: store, limit: cacheLimit}
	d.Drop()
	return d
}

// Begin says which input is folded next: what is Put from now on includes it.
func (d *Docs) Begin(seq uint64) { d.seq = seq }

// Get returns the document at key, nil where there is none. It is the same pointer until the
// documents are dropped: change it, then Put it.
func Get[T any](d *Docs, key string) (*T, error) {
	e, err := d.entry(key)
	if err != nil || e.Body == nil && e.doc == nil {
		return nil, err
	}
	if e.doc == nil {
		doc := new(T)
		if err := json.Unmarshal(e.Body, doc); err != nil {
			return nil, fmt.Errorf("decode document: %w", err)
		}
		e.doc = doc
	}
	doc, ok := e.doc.(*T)
	if !ok {
		return nil, fmt.Errorf("document is a %T", e.doc)
	}
	return doc, nil
}

// Put leaves v, a pointer, at key.
func (d *Docs) Put(key string, v any) {
	e := d.known(key)
	e.doc, e.Seq = v, max(e.Seq, d.seq) // a document may be ahead of what is folded again
	d.dirty[key] = true
}

// Delete removes the document at key.
func (d *Docs) Delete(key string) {
	e := d.known(key)
	e.doc, e.Body, e.Seq = nil, nil, d.seq
	d.dirty[key] = true
	d.wake(e, Timer{Key: key})
}

// Seq is the input that last Put the document at key; 0 where none did. Rules skip an input at
// or below it, so that folding again is harmless.
func (d *Docs) Seq(key string) uint64 {
	e, err := d.entry(key)
	if err != nil {
		return 0
	}
	return e.Seq
}

// Wake asks for a Due fact about the document at key once at has come; the latest call wins and
// a zero time takes it back. The document must be there.
func (d *Docs) Wake(key string, person events.PersonID, at time.Time) {
	d.wake(d.known(key), Timer{Key: key, Person: person, At: at})
}

func (d *Docs) wake(e *entry, t Timer) {
	d.woken[t.Key] = true
	if !e.Wake.Equal(t.At) || e.Person != t.Person {
		e.Wake, e.Person = t.At, t.Person
		d.dirty[t.Key] = true
	}
}

// Keys returns the keys that begin with prefix, sorted.
func (d *Docs) Keys(prefix string) ([]string, error) {
	keys, err := d.store.Keys(d.ctx, prefix)
	if err != nil {
		return nil, err
	}
	gone := func(k string) bool { e := d.cached[k]; return d.dirty[k] && e.doc == nil && e.Body == nil }
	keys = slices.DeleteFunc(keys, gone)
	for k := range d.dirty {
		if strings.HasPrefix(k, prefix) && !gone(k) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// Dirty is how many documents the next Commit will write.
func (d *Docs) Dirty() int { return len(d.dirty) }

// Commit writes what changed together with p, and returns the timers that were asked for. After
// an error nothing in memory is to be trusted: Drop.
func (d *Docs) Commit(p Progress) ([]Timer, error) {
	records, err := d.changed()
	if err != nil {
		return nil, err
	}
	if err := d.store.Commit(d.ctx, records, p); err != nil {
		return nil, err
	}
	timers := d.timers()
	for key := range d.dirty {
		if e := d.cached[key]; e.doc != nil {
			e.Body = nil // the decoded form is enough
		}
	}
	clear(d.dirty)
	clear(d.woken)
	d.evict()
	return timers, nil
}

func (d *Docs) changed() ([]Record, error) {
	records := make([]Record, 0, len(d.dirty))
	for key := range d.dirty {
		e := d.cached[key]
		if e.doc != nil {
			body, err := json.Marshal(e.doc)
			if err != nil {
				return nil, fmt.Errorf("encode document: %w", err)
			}
			e.Body = body
		}
		records = append(records, e.Record)
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.Key, b.Key) })
	return records, nil
}

func (d *Docs) timers() []Timer {
	var timers []Timer
	for key := range d.woken {
		e := d.cached[key]
		timers = append(timers, Timer{Key: key, Person: e.Person, At: e.Wake})
	}
	slices.SortFunc(timers, func(a, b Timer) int { return cmp.Compare(a.Key, b.Key) })
	return timers
}

// evict empties a full cache: what is hot comes back, and no order has to be kept.
func (d *Docs) evict() {
	if len(d.cached) > d.limit {
		clear(d.cached)
	}
}

// Drop forgets everything that is not committed.
func (d *Docs) Drop() {
	d.cached, d.dirty, d.woken = map[string]*entry{}, map[string]bool{}, map[string]bool{}
}

func (d *Docs) entry(key string) (*entry, error) {
	if e, ok := d.cached[key]; ok {
		return e, nil
	}
	r, err := d.store.Load(d.ctx, key)
	if err != nil {
		return nil, fmt.Errorf("load document: %w", err)
	}
	e := &entry{Record: Record{Key: key}}
	if r != nil {
		e.Record = *r
	}
	d.cached[key] = e
	return e, nil
}

// known is entry for writers: a document that cannot be loaded fails at the next Commit anyway,
// because the store is gone.
func (d *Docs) known(key string) *entry {
	e, err := d.entry(key)
	if err != nil {
		e = &entry{Record: Record{Key: key}}
		d.cached[key] = e
	}
	return e
}
