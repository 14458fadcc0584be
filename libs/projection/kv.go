package projection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/batch"
)

// progressKey holds the Progress; every commit expects its revision, so that of two writers one
// is refused.
const progressKey = "progress"

// answerTimeout is how long a commit waits for its answer: where none comes its outcome is unknown.
const answerTimeout = 10 * time.Second

// KV is a Store in a JetStream KV bucket.
type KV struct {
	nc       *nats.Conn
	stream   jetstream.Stream
	bucket   jetstream.KeyValue
	prefix   string // of the subjects of the bucket
	progress Progress
	revision uint64
}

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
	s := &KV{nc: nc, stream: stream, bucket: bucket, prefix: "$KV." + name + "."}
	return s, s.loadProgress(ctx)
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
	return json.Unmarshal(e.Value(), &s.progress)
}

// Load implements Store.
func (s *KV) Load(ctx context.Context, key string) (*Record, error) {
	return load(ctx, s.bucket, key)
}

func load(ctx context.Context, bucket jetstream.KeyValue, key string) (*Record, error) {
	e, err := bucket.Get(ctx, key)
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
func (s *KV) Keys(ctx context.Context, prefix string) ([]string, error) {
	return keys(ctx, s.stream, s.prefix, prefix)
}

func keys(ctx context.Context, stream jetstream.Stream, subjects, prefix string) ([]string, error) {
	filter := subjects + ">"
	if whole := strings.LastIndexByte(prefix, '.'); whole >= 0 {
		filter = subjects + prefix[:whole+1] + ">"
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, unavailable("list documents", err)
	}
	var found []string
	for subject := range info.State.Subjects {
		if key := strings.TrimPrefix(subject, subjects); key != progressKey && strings.HasPrefix(key, prefix) {
			found = append(found, key)
		}
	}
	slices.Sort(found)
	return found, nil
}

// Progress implements Store.
func (s *KV) Progress(context.Context) (Progress, error) { return s.progress, nil }

// Each calls fn with every record, as it is in the bucket at the call. The replica that lists them may
// be behind: the end is where the leader says that it is.
func (s *KV) Each(ctx context.Context, fn func(Record) error) error {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return unavailable("list documents", err)
	}
	if info.State.Msgs == 0 {
		return nil
	}
	w, err := s.bucket.WatchAll(ctx)
	if err != nil {
		return unavailable("list documents", err)
	}
	defer w.Stop() //nolint:errcheck // the watch ends with its context at the latest
	for e := range w.Updates() {
		if e == nil {
			continue
		}
		if err := each(e, fn); err != nil || e.Revision() >= info.State.LastSeq {
			return err
		}
	}
	return unavailable("list documents", cmp.Or(ctx.Err(), errWatchEnded))
}

func each(e jetstream.KeyValueEntry, fn func(Record) error) error {
	if e.Key() == progressKey || e.Operation() != jetstream.KeyValuePut {
		return nil
	}
	r := Record{Key: e.Key()}
	if err := r.decode(e.Value()); err != nil {
		return err
	}
	return fn(r)
}

// Clear removes every document, for a rebuild.
func (s *KV) Clear(ctx context.Context) error {
	if err := s.stream.Purge(ctx); err != nil {
		return unavailable("clear documents", err)
	}
	s.progress, s.revision = Progress{}, 0
	return nil
}

// Commit implements Store. More documents than one batch can hold are written by several, each
// with the progress before, and the last one with the new: a crash between them leaves documents
// that are ahead, which Docs.Seq tells.
func (s *KV) Commit(ctx context.Context, records []Record, p Progress) error {
	for len(records) > batch.Limit-1 {
		if err := s.commit(ctx, records[:batch.Limit-1], s.progress); err != nil {
			return err
		}
		records = records[batch.Limit-1:]
	}
	return s.commit(ctx, records, p)
}

func (s *KV) commit(ctx context.Context, records []Record, p Progress) error {
	msgs := make([]*nats.Msg, 0, len(records)+1)
	progress, err := json.Marshal(p)
	if err != nil {
		return err
	}
	head := s.message(progressKey, progress)
	head.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(s.revision, 10))
	msgs = append(msgs, head)
	for _, r := range records {
		stored, err := r.encode()
		if err != nil {
			return fmt.Errorf("encode document: %w", err)
		}
		msgs = append(msgs, s.message(r.Key, stored))
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	ack, err := batch.Publish(ctx, s.nc, msgs)
	if errors.Is(err, batch.ErrStale) {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	if err != nil {
		return unavailable("commit documents", err)
	}
	s.revision, s.progress = ack.Seq-uint64(len(msgs)-1), p
	return nil
}

func (s *KV) message(key string, value []byte) *nats.Msg {
	m := nats.NewMsg(s.prefix + key)
	m.Data = value
	return m
}
