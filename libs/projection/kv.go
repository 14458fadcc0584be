package projection

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/batch"
)

// progressKey holds the Progress; every commit expects its revision, so that of two writers one
// is refused.
const progressKey = "live"

// answerTimeout is how long a commit waits for its answer: where none comes its outcome is unknown.
const answerTimeout = 10 * time.Second

// KV is a Store in a JetStream KV bucket: the live generation of its documents.
type KV struct {
	generation
	progress Progress
	revision uint64
	room     int     // messages of one batch
	beside   *Beside // the last one: with a commit it may become the live one
}

// subjects is what the subjects of a bucket begin with.
func subjects(bucket string) string { return "$KV." + bucket + "." }

// OpenKV opens the bucket called name, making it where there is none, and loads its progress.
func OpenKV(ctx context.Context, nc *nats.Conn, name string, replicas int) (*KV, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	stream, bucket, err := openBucket(ctx, js, name, replicas)
	if err != nil {
		return nil, err
	}
	s := &KV{generation: generation{nc: nc, stream: stream, bucket: bucket}}
	if err := s.measure(ctx); err != nil {
		return nil, err
	}
	return s, s.loadProgress(ctx)
}

// measure asks for how many messages a batch has room. To several replicas the server proposes a batch at
// once: those are kept small.
func (s *KV) measure(ctx context.Context) (err error) {
	s.room = batch.Limit
	if s.stream.CachedInfo().Config.Replicas > 1 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if s.room, err = batch.Room(ctx, s.nc, subjects(s.bucket.Bucket())+progressKey); err != nil {
		return unavailable("measure a commit", err)
	}
	return nil
}

func (s *KV) loadProgress(ctx context.Context) error {
	e, err := s.bucket.Get(ctx, progressKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		return unavailable("load progress", err)
	}
	s.revision = e.Revision()
	err = json.Unmarshal(e.Value(), &s.progress)
	s.number = s.progress.Generation
	return err
}

// Progress implements Store.
func (s *KV) Progress(context.Context) (Progress, error) { return s.progress, nil }

// Each calls fn with every record of the live generation, as it is in the bucket at the call. From then on
// the store knows what is not there.
func (s *KV) Each(ctx context.Context, fn func(Record) error) error {
	all := &keys{}
	_, err := s.Scan(ctx, 0, func(number uint64, r Record) error {
		if number != s.number {
			return nil
		}
		all.add(r.Key)
		return fn(r)
	})
	if err == nil {
		s.keys = all
	}
	return err
}

// Clear removes every document of every generation, and the progress.
func (s *KV) Clear(ctx context.Context) error {
	if err := s.stream.Purge(ctx); err != nil {
		return unavailable("clear documents", err)
	}
	s.progress, s.revision, s.number, s.keys = Progress{}, 0, 0, nil
	return nil
}

// Drop removes the documents of a generation that is not the live one.
func (s *KV) Drop(ctx context.Context, number uint64) error {
	if number == s.number {
		return nil
	}
	return s.Beside(number).Drop(ctx)
}

// Together is how many documents, with the progress, one commit writes as one.
func (s *KV) Together() int { return s.room - 1 }

// Commit implements Store. More documents than one batch can hold are written by several, each
// with the progress before, and the last one with the new: a crash between them leaves documents
// that are ahead, which Docs.Seq tells. Where p names another generation, that one is live from then on.
func (s *KV) Commit(ctx context.Context, records []Record, p Progress) error {
	for n := s.Together(); len(records) > n; records = records[n:] {
		if err := s.commit(ctx, records[:n], s.progress); err != nil {
			return err
		}
	}
	return s.commit(ctx, records, p)
}

func (s *KV) commit(ctx context.Context, records []Record, p Progress) error {
	progress, err := json.Marshal(p)
	if err != nil {
		return err
	}
	head := s.message(progressKey, progress)
	head.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(s.revision, 10))
	msgs, err := s.messages(head, records)
	if err != nil {
		return err
	}
	ack, err := s.publish(ctx, msgs)
	if err != nil {
		return err
	}
	s.revision, s.progress = ack.Seq-uint64(len(msgs)-1), p
	s.turn(p.Generation)
	return nil
}

// turn makes another generation the one that is read and written.
func (s *KV) turn(number uint64) {
	if number == s.number {
		return
	}
	s.number, s.keys = number, nil
	if s.beside != nil && s.beside.number == number {
		s.keys = s.beside.keys
	}
}
