package projection

import (
	"context"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// Foresee loads documents that will be asked for soon, all at once: one by one each is a question of its own,
// and where they are spread the server unpacks a block for each. What cannot be had that way is loaded when
// it is asked for.
func (d *Docs) Foresee(keys []string) {
	store, ok := d.store.(interface {
		LoadAll(context.Context, []string, func(Record))
	})
	if !ok {
		return
	}
	var unknown []string
	for _, key := range keys {
		if d.cached[key] == nil {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	store.LoadAll(d.ctx, slices.Compact(unknown), func(r Record) {
		d.loads++
		e := &entry{Record: r}
		d.weigh(e)
		d.cached[r.Key] = e
	})
}

// foreseen is how many documents one question is about: the server answers up to 1,024.
const foreseen = 500

// LoadAll calls fn with those of some documents that are there: with all of them, unless something is in the way.
// Of several replicas only the leader is asked, which has no such question.
func (s *KV) LoadAll(ctx context.Context, keys []string, fn func(Record)) {
	if !s.stream.CachedInfo().Config.AllowDirect {
		return
	}
	js, err := jetstream.New(s.nc)
	if err != nil {
		return
	}
	base := subjects(s.bucket.Bucket()) + prefix(s.number)
	var wanted []string
	for _, key := range keys {
		if !s.keys.lack(key) {
			wanted = append(wanted, base+key)
		}
	}
	for some := range slices.Chunk(wanted, foreseen) {
		if s.loadSome(ctx, js, base, some, fn) != nil {
			return
		}
	}
}

func (s *KV) loadSome(ctx context.Context, js jetstream.JetStream, base string, wanted []string, fn func(Record)) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := jetstreamext.GetLastMsgsFor(ctx, js, s.stream.CachedInfo().Config.Name, wanted)
	if err != nil {
		return err
	}
	for m, err := range found {
		if err != nil {
			return err
		}
		r := Record{Key: strings.TrimPrefix(m.Subject, base)}
		if err := r.decode(m.Data); err != nil {
			return err
		}
		fn(r)
	}
	return nil
}
