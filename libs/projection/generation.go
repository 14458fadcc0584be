package projection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/batch"
)

// generation is the documents that one fold of the log has made. Those of several stand in a bucket
// side by side, each under its number; the Progress says which is live, so that one commit switches.
type generation struct {
	nc     *nats.Conn
	stream jetstream.Stream
	bucket jetstream.KeyValue
	number uint64
	keys   *keys // of the documents there are, once they are known
}

// prefix of the keys of a generation.
func prefix(number uint64) string { return strconv.FormatUint(number, 10) + "." }

// numberOf splits the key of a document in the bucket; false where it is none.
func numberOf(key string) (number uint64, document string, ok bool) {
	first, document, ok := strings.Cut(key, ".")
	number, err := strconv.ParseUint(first, 10, 64)
	return number, document, ok && err == nil
}

// Load implements Store.
func (g *generation) Load(ctx context.Context, key string) (*Record, error) {
	if g.keys.lack(key) {
		return nil, nil
	}
	e, err := g.bucket.Get(ctx, prefix(g.number)+key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if errors.Is(err, jetstream.ErrInvalidKey) {
		return nil, fmt.Errorf("%w: %q", err, key) // whoever asks is at fault, and will be again
	}
	if err != nil {
		return nil, unavailable("load a document", err)
	}
	r := &Record{Key: key}
	return r, r.decode(e.Value())
}

// Keys implements Store. It asks the stream for its subjects: one answer, where listing keys
// would set up a consumer.
func (g *generation) Keys(ctx context.Context, begin string) ([]string, error) {
	found, err := g.Matching(ctx, begin[:strings.LastIndexByte(begin, '.')+1]+">")
	return slices.DeleteFunc(found, func(key string) bool { return !strings.HasPrefix(key, begin) }), err
}

// Matching returns the keys that match a pattern of NATS subjects, sorted.
func (g *generation) Matching(ctx context.Context, pattern string) ([]string, error) {
	base := subjects(g.bucket.Bucket()) + prefix(g.number)
	info, err := g.stream.Info(ctx, jetstream.WithSubjectFilter(base+pattern))
	if err != nil {
		return nil, unavailable("list documents", err)
	}
	var found []string
	for subject := range info.State.Subjects {
		found = append(found, strings.TrimPrefix(subject, base))
	}
	slices.Sort(found)
	return found, nil
}

// Scan calls fn with every record of all generations that was written after a place in the bucket, as
// it is at the call or later, and returns the place up to which that was. The replica that lists them may be
// behind: the end is where the leader says that it is. What is written again meanwhile moves behind that: so
// the end is asked for until it is reached.
func (g *generation) Scan(ctx context.Context, after uint64, fn func(number uint64, r Record) error) (uint64, error) {
	end, err := g.end(ctx)
	if err != nil || end <= after {
		return after, err
	}
	var opts []jetstream.WatchOpt
	if after > 0 {
		opts = append(opts, jetstream.ResumeFromRevision(after+1))
	}
	w, err := g.bucket.WatchAll(ctx, opts...)
	if err != nil {
		return after, unavailable("list documents", err)
	}
	defer w.Stop() //nolint:errcheck // the watch ends with its context at the latest
	for e := range w.Updates() {
		if e == nil {
			continue
		}
		if err := each(e, fn); err != nil {
			return after, err
		}
		if e.Revision() < end {
			continue
		}
		if end, err = g.end(ctx); err != nil || e.Revision() >= end {
			return e.Revision(), err
		}
	}
	return after, unavailable("list documents", cmp.Or(ctx.Err(), errWatchEnded))
}

// end is the place of the last message of the bucket that is there; 0 where none is.
func (g *generation) end(ctx context.Context) (uint64, error) {
	last, err := g.stream.GetLastMsgForSubject(ctx, subjects(g.bucket.Bucket())+">") // not ">", which asks for one that may be gone
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, unavailable("list documents", err)
	}
	return last.Sequence, nil
}

func each(e jetstream.KeyValueEntry, fn func(uint64, Record) error) error {
	number, key, ok := numberOf(e.Key())
	if !ok || e.Operation() != jetstream.KeyValuePut {
		return nil
	}
	r := Record{Key: key}
	if err := r.decode(e.Value()); err != nil {
		return err
	}
	return fn(number, r)
}

func (g *generation) message(key string, value []byte) *nats.Msg {
	m := nats.NewMsg(subjects(g.bucket.Bucket()) + key)
	m.Data = value
	return m
}

// messages are head, where there is one, and records.
func (g *generation) messages(head *nats.Msg, records []Record) ([]*nats.Msg, error) {
	msgs := make([]*nats.Msg, 0, len(records)+1)
	if head != nil {
		msgs = append(msgs, head)
	}
	for _, r := range records {
		stored, err := r.encode()
		if err != nil {
			return nil, fmt.Errorf("encode document: %w", err)
		}
		msgs = append(msgs, g.message(prefix(g.number)+r.Key, stored))
		g.keys.add(r.Key)
	}
	return msgs, nil
}

// publish stores messages as one batch.
func (g *generation) publish(ctx context.Context, msgs []*nats.Msg) (batch.Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ack, err := batch.Publish(ctx, g.nc, msgs)
	if errors.Is(err, batch.ErrStale) {
		return ack, fmt.Errorf("%w: %w", ErrStale, err)
	}
	if err != nil {
		return ack, unavailable("commit documents", err)
	}
	return ack, nil
}

// Beside is a Store for a generation that nobody reads yet: one maker's own, to whom alone its number
// was given. Its progress is kept in memory: a making that was cut short begins anew.
type Beside struct {
	generation
	progress Progress
}

// Beside returns the generation called number, of which there is nothing yet.
func (s *KV) Beside(number uint64) *Beside {
	b := &Beside{generation: s.generation}
	b.number, b.keys = number, &keys{}
	s.beside = b
	return b
}

// Number is the generation's number.
func (b *Beside) Number() uint64 { return b.number }

// Progress implements Store.
func (b *Beside) Progress(context.Context) (Progress, error) { return b.progress, nil }

// Commit implements Store: with the next attempt after an error everything is written again.
func (b *Beside) Commit(ctx context.Context, records []Record, p Progress) error {
	for some := range slices.Chunk(records, batch.Limit) {
		msgs, err := b.messages(nil, some)
		if err != nil {
			return err
		}
		if _, err := b.publish(ctx, msgs); err != nil {
			return err
		}
	}
	b.progress = p
	return nil
}

// Drop removes the generation's documents.
func (b *Beside) Drop(ctx context.Context) error {
	err := b.stream.Purge(ctx, jetstream.WithPurgeSubject(subjects(b.bucket.Bucket())+prefix(b.number)+">"))
	if err != nil {
		return unavailable("drop documents", err)
	}
	return nil
}
