package derive

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"kith.internal/libs/projection"
)

// one makes everybody's documents anew, for one person's may rest on anybody's facts, and replaces those of
// the one person that differ, in one commit of the session.
func (b *rebuilding) one(ctx context.Context) error {
	if err := b.catchUp(ctx); err != nil {
		return err
	}
	b.phase("comparing")
	var changed []projection.Record
	compare := func(ctx context.Context) (err error) {
		changed, err = b.compareOne(ctx)
		b.m.differs = b.m.differs && len(changed) > 0 // what is wrong of others is not made right here
		return err
	}
	return b.finish(ctx, compare, func(ctx context.Context) error { return b.s.replace(ctx, changed, b.m.differs) })
}

// compareOne compares one person's documents, and returns those to replace.
func (b *rebuilding) compareOne(ctx context.Context) (changed []projection.Record, err error) {
	report := Report{Kinds: map[string]Counts{}}
	defer func() { b.r.Report = report.ofOne() }()
	keys, err := b.keysOf(ctx)
	for _, key := range keys {
		was, err1 := b.s.store.Load(ctx, key)
		is, err2 := b.m.store.Load(ctx, key)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if is == nil {
			is = &projection.Record{Key: key, Seq: b.s.progress.Handled}
		}
		if report.compare(key, was, is) {
			changed = append(changed, *is)
		}
	}
	return changed, err
}

// ofOne is what may be told of one person's documents: whether they agree. How many there are is how many ties the
// person has, and their kinds tell that something of them is sealed.
func (r Report) ofOne() *Report {
	return &Report{Same: min(r.Same, 1), Differing: min(r.Differing, 1), Missing: min(r.Missing, 1), Extra: min(r.Extra, 1)}
}

// keysOf is the keys of all documents of the person, live and made anew.
func (b *rebuilding) keysOf(ctx context.Context) (keys []string, err error) {
	for _, pattern := range b.s.e.cfg.Person(b.r.Person) {
		live, err1 := b.s.store.Matching(ctx, pattern)
		made, err2 := b.m.store.Matching(ctx, pattern)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		keys = append(append(keys, live...), made...)
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// compare counts a document, and reports whether it is not the same.
func (r *Report) compare(key string, was, is *projection.Record) bool {
	there, here := body(was), body(is)
	if there == nil && here == nil {
		return false
	}
	k := r.Kinds[kindOf(key)]
	k.Same++
	r.Same++
	r.Kinds[kindOf(key)] = k
	if there != nil && here != nil && sameRecord(was, is) {
		return false
	}
	r.count(key, sums{uint64(min(len(there), 1)), 2 * uint64(min(len(here), 1))})
	return true
}

func body(r *projection.Record) []byte {
	if r == nil {
		return nil
	}
	return r.Body
}

func sameRecord(a, b *projection.Record) bool {
	return bytes.Equal(a.Body, b.Body) && a.Wake.Equal(b.Wake) && a.Timer.Equal(b.Timer) && a.Person == b.Person
}

// replace commits documents that were made anew in place of those there are.
func (s *session) replace(ctx context.Context, records []projection.Record, unsure bool) error {
	if err := s.store.Commit(ctx, records, s.progress); err != nil {
		return err
	}
	s.docs.Drop()
	var timers []projection.Timer
	for _, r := range records {
		timers = append(timers, r.Alarm())
	}
	if err := s.setTimers(ctx, timers); err != nil {
		return err
	}
	s.unsure = s.unsure || unsure
	return s.due(ctx)
}
