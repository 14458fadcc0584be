package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// Docs is where rules find and leave documents: a cache before a Store, for one goroutine. What
// was Put stays in memory until Commit writes it; after a failed Commit, Drop everything.
type Docs struct {
	ctx    context.Context
	store  Store
	cached map[string]*entry
	dirty  []*entry
	index  map[string][]string // dirty keys by family, where there are very many; nil elsewhere
	woken  []*entry            // whose timer is to be set with the next commit, changed or not
	ready  []Record            // what Encode made of the dirty ones; nil once one has changed since
	err    error               // the first document that could not be asked for
	seq    uint64
	now    time.Time // of the input that is folded; zero where nobody says
	size   int       // of what is cached
	heavy  int       // of what is dirty, as it was last stored
	loads  int       // of documents since the last commit
	limit  int
}

type entry struct {
	Record
	doc   any // decoded; nil where there is none
	size  int // of the body as it was last loaded or committed
	dirty bool
	woken bool
}

// Timer asks for a Due fact about a document once a time has come. A zero At takes it back.
type Timer struct {
	Key    string
	Person events.PersonID
	At     time.Time
}

// cacheLimit is how many bytes of documents, as they are stored, stay in memory.
const cacheLimit = 64 << 20

// documentLimit is how large a document may be: a message may have 1 MiB, with all that is around it.
const documentLimit = 1<<20 - 8<<10

// entrySize is what an entry takes beside its document.
const entrySize = 256

// NewDocs returns the documents of store. Every access to the store is under ctx.
func NewDocs(ctx context.Context, store Store) *Docs {
	d := &Docs{ctx: ctx, store: store, limit: cacheLimit}
	d.Drop()
	return d
}

// Begin says which input is folded next: what is Put from now on includes it.
func (d *Docs) Begin(seq uint64) { d.seq, d.now = seq, time.Time{} }

// Now says what time it is for the input that is folded: with it, Wake leaves alone a timer that is
// still to come and not too late.
func (d *Docs) Now(at time.Time) { d.now = at }

// Time is what time it is for the input that is folded: what Now said.
func (d *Docs) Time() time.Time { return d.now }

// Woken is the timers that were asked for since the last Commit, or since it was asked before: for who
// commits nothing.
func (d *Docs) Woken() []Timer {
	t := d.timers()
	d.slept()
	return t
}

// Get returns the document at key, nil where there is none. It is the same pointer until the
// documents are dropped: change it, then Put it.
func Get[T any](d *Docs, key string) (*T, error) {
	e, err := d.entry(key)
	if err != nil || e.Body == nil && e.doc == nil {
		return nil, err
	}
	if e.doc == nil {
		doc := new(T)
		if err := unmarshal(e.Body, doc); err != nil {
			return nil, fmt.Errorf("decode document: %w", err)
		}
		e.doc, e.Body = doc, nil // one form is enough
	}
	doc, ok := e.doc.(*T)
	if !ok {
		return nil, fmt.Errorf("document is a %T", e.doc)
	}
	return doc, nil
}

// Look is Get for whoever looks at very many documents and changes none: what is not in memory
// already does not stay there.
func Look[T any](d *Docs, key string) (*T, error) {
	if _, known := d.cached[key]; known {
		return Get[T](d, key)
	}
	r, err := d.store.Load(d.ctx, key)
	if err != nil {
		d.err = cmp.Or(d.err, fmt.Errorf("load document: %w", err))
		return nil, d.err
	}
	if r == nil || r.Body == nil {
		return nil, nil
	}
	doc := new(T)
	if err := unmarshal(r.Body, doc); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	return doc, nil
}

// Put leaves v, a pointer, at key.
func (d *Docs) Put(key string, v any) {
	e := d.known(key)
	e.doc, e.Seq = v, max(e.Seq, d.seq) // a document may be ahead of what is folded again
	d.change(e)
}

// Delete removes the document at key.
func (d *Docs) Delete(key string) {
	e := d.known(key)
	e.doc, e.Body, e.Seq = nil, nil, d.seq
	d.change(e)
	d.wake(e, Timer{Key: key})
}

// Seq is the input that last Put the document at key; 0 where none did, or where it cannot be asked
// for: see Err. Rules skip an input at or below it, so that folding again is harmless.
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

// Wakes is when the document at key was last asked to be woken; zero where it was not.
func (d *Docs) Wakes(key string) time.Time {
	e, err := d.entry(key)
	if err != nil {
		return time.Time{}
	}
	return e.Wake
}

// wake sets a timer where none stands that comes in time. One that comes too early does no harm: nothing
// is due then, and whoever is asked about it asks to be woken again. Most documents are woken later with
// each fact about them: so their timer is set once, and not with each.
func (d *Docs) wake(e *entry, t Timer) {
	if standing := !d.now.IsZero() && e.Timer.After(d.now); !standing || t.At.Before(e.Timer) && !t.At.IsZero() {
		if !e.woken {
			e.woken, d.woken = true, append(d.woken, e)
		}
		if !e.Timer.Equal(t.At) {
			e.Timer = t.At
			d.change(e)
		}
	}
	if !e.Wake.Equal(t.At) || e.Person != t.Person {
		e.Wake, e.Person = t.At, t.Person
		d.change(e)
	}
}

func (d *Docs) change(e *entry) {
	if !e.dirty {
		e.dirty, d.dirty = true, append(d.dirty, e)
		d.heavy += e.size
		if d.index != nil {
			d.keep(e)
		}
	}
	d.ready = nil
}

// Keys returns the keys that begin with prefix, sorted. That of a deleted document stays, before a
// commit as after it: Get says that nothing is there.
func (d *Docs) Keys(prefix string) ([]string, error) {
	keys, err := d.store.Keys(d.ctx, prefix)
	if err != nil {
		return nil, err
	}
	if some, told := d.indexed(prefix); told {
		keys = append(keys, some...)
	} else {
		for _, e := range d.dirty {
			if strings.HasPrefix(e.Key, prefix) {
				keys = append(keys, e.Key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// Err is why a document could not be asked for since the last Drop. What was folded meanwhile is not
// to be trusted, also where the rules went on regardless; a Commit fails with it.
func (d *Docs) Err() error { return d.err }

// Dirty is how many documents the next Commit will write.
func (d *Docs) Dirty() int { return len(d.dirty) }

// Heavy is how many bytes these had when they were last stored.
func (d *Docs) Heavy() int { return d.heavy }

// Loads is how many documents were not in memory since the last commit.
func (d *Docs) Loads() int { return d.loads }

// Commit writes what changed together with p, and returns the timers that were asked for. After
// an error nothing in memory is to be trusted: Drop.
func (d *Docs) Commit(p Progress) ([]Timer, error) {
	if err := d.Encode(); err != nil {
		return nil, err
	}
	if err := d.store.Commit(d.ctx, d.ready, p); err != nil {
		return nil, err
	}
	timers := d.timers()
	for _, e := range d.dirty {
		d.weigh(e)
		e.dirty = false
		if e.doc != nil {
			e.Body = nil // one form is enough
		}
	}
	clear(d.dirty) // nothing is held that may be evicted
	d.dirty = d.dirty[:0]
	d.slept()
	d.ready, d.heavy, d.loads = nil, 0, 0
	d.evict()
	return timers, nil
}

// Encode makes what changed ready for the Commit, which does it otherwise. It fails where that could not
// be written, with kind TooLarge for a document that no server takes: before anything has followed
// from it.
func (d *Docs) Encode() error {
	if d.err != nil {
		return d.err
	}
	if d.ready != nil {
		return nil
	}
	records := make([]Record, 0, len(d.dirty))
	for _, e := range d.dirty {
		if err := e.encode(); err != nil {
			return err
		}
		records = append(records, e.Record)
	}
	slices.SortFunc(records, func(a, b Record) int { return cmp.Compare(a.Key, b.Key) })
	d.ready = records
	return nil
}

func (e *entry) encode() error {
	if e.doc == nil {
		return nil
	}
	body, err := marshal(e.doc)
	if err != nil {
		return fmt.Errorf("encode document: %w", err)
	}
	if len(body) > documentLimit {
		return fault.New(fault.TooLarge, "document-too-large", fmt.Sprintf("a document of %d bytes is more than a server takes", len(body)))
	}
	e.Body = body
	return nil
}

func (d *Docs) timers() []Timer {
	var timers []Timer
	for _, e := range d.woken {
		timers = append(timers, Timer{Key: e.Key, Person: e.Person, At: e.Timer})
	}
	slices.SortFunc(timers, func(a, b Timer) int { return cmp.Compare(a.Key, b.Key) })
	return timers
}

// slept is after the timers have been told of.
func (d *Docs) slept() {
	for _, e := range d.woken {
		e.woken = false
	}
	clear(d.woken)
	d.woken = d.woken[:0]
}

// weigh notes how large an entry's body is.
func (d *Docs) weigh(e *entry) {
	d.size += len(e.Body) - e.size
	e.size = len(e.Body)
}

// evict empties a full cache: what is hot comes back, and no order has to be kept.
func (d *Docs) evict() {
	if d.size+len(d.cached)*entrySize > d.limit {
		d.cached, d.size = map[string]*entry{}, 0
	}
}

// Drop forgets everything that is not committed.
func (d *Docs) Drop() {
	d.cached, d.dirty, d.woken = map[string]*entry{}, nil, nil
	d.ready, d.size, d.heavy, d.err = nil, 0, 0, nil
}

func (d *Docs) entry(key string) (*entry, error) {
	if e, ok := d.cached[key]; ok {
		return e, nil
	}
	d.loads++
	r, err := d.store.Load(d.ctx, key)
	if err != nil {
		d.err = cmp.Or(d.err, fmt.Errorf("load document: %w", err))
		return nil, d.err
	}
	e := &entry{Record: Record{Key: key}}
	if r != nil {
		e.Record = *r
	}
	d.weigh(e)
	if r != nil || d.index == nil {
		d.cached[key] = e
	}
	return e, nil
}

// known is entry for writers: one that cannot be loaded is made up, for nothing of it will be
// committed.
func (d *Docs) known(key string) *entry {
	e, err := d.entry(key)
	if err != nil {
		e = &entry{Record: Record{Key: key}}
		d.cached[key] = e
	}
	return e
}
