package derive

import (
	"bytes"
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/projection"
)

// one makes one person's documents anew, from their facts and those on which they rest, and replaces in
// one commit of the session those that differ.
func (b *rebuilding) one(ctx context.Context) error {
	made := projection.NewMemory()
	b.m = b.s.e.making(ctx, made, b.r.Person)
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	b.phase("comparing")
	var changed []projection.Record
	compare := func(ctx context.Context) (err error) {
		changed, err = b.compareOne(ctx, made)
		return err
	}
	return b.finish(ctx, compare, func(ctx context.Context) error { return b.s.replace(ctx, changed, b.m.differs) })
}

// compareOne compares one person's documents, and returns those to replace.
func (b *rebuilding) compareOne(ctx context.Context, made *projection.Memory) (changed []projection.Record, err error) {
	report := Report{Kinds: map[string]Counts{}}
	defer func() { b.r.Report = &report }()
	is := made.Records()
	keys, err := b.keysOf(ctx, is)
	for _, key := range keys {
		was, err := b.s.store.Load(ctx, key)
		if err != nil {
			return nil, err
		}
		there, here := body(was), body(pointer(is, key))
		if there == nil && here == nil {
			continue
		}
		k := report.Kinds[kindOf(key)]
		k.Same++
		report.Same++
		report.Kinds[kindOf(key)] = k
		if there != nil && here != nil && sameRecord(*was, is[key]) {
			continue
		}
		report.count(key, sums{uint64(min(len(there), 1)), 2 * uint64(min(len(here), 1))})
		r, ok := is[key]
		if !ok {
			r = projection.Record{Key: key, Seq: b.s.progress.Handled}
		}
		changed = append(changed, r)
	}
	return changed, err
}

// keysOf is the keys of all documents of the person, live and made anew.
func (b *rebuilding) keysOf(ctx context.Context, made map[string]projection.Record) (keys []string, err error) {
	for _, pattern := range b.s.e.cfg.Person(b.r.Person) {
		live, err := b.s.store.Matching(ctx, pattern)
		if err != nil {
			return nil, err
		}
		keys = append(keys, live...)
		for key := range made {
			if events.Matches(key, pattern) {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

func pointer(records map[string]projection.Record, key string) *projection.Record {
	r, ok := records[key]
	if !ok {
		return nil
	}
	return &r
}

func body(r *projection.Record) []byte {
	if r == nil {
		return nil
	}
	return r.Body
}

func sameRecord(a, b projection.Record) bool {
	return bytes.Equal(a.Body, b.Body) && a.Wake.Equal(b.Wake) && a.Person == b.Person
}

// replace commits documents that were made anew in place of those there are.
func (s *session) replace(ctx context.Context, records []projection.Record, unsure bool) error {
	if err := s.store.Commit(ctx, records, s.progress); err != nil {
		return err
	}
	s.docs.Drop()
	var timers []projection.Timer
	for _, r := range records {
		timers = append(timers, projection.Timer{Key: r.Key, Person: r.Person, At: r.Wake})
	}
	if err := s.setTimers(ctx, timers); err != nil {
		return err
	}
	s.unsure = s.unsure || unsure
	return s.due(ctx)
}
