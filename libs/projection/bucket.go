package projection

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

var errWatchEnded = errors.New("the watch has ended")

// opened is a bucket and its stream.
type opened struct {
	stream jetstream.Stream
	bucket jetstream.KeyValue
}

// openBucket opens a bucket and its stream, making them where there are none, and waits a while for a
// cluster that elects.
func openBucket(ctx context.Context, js jetstream.JetStream, name string, replicas int) (jetstream.Stream, jetstream.KeyValue, error) {
	o, err := patience.Open(ctx, nil, "the bucket "+name, func(ctx context.Context) (o opened, err error) {
		o.stream, o.bucket, err = makeBucket(ctx, js, name, replicas)
		return o, err
	})
	return o.stream, o.bucket, err
}

func makeBucket(ctx context.Context, js jetstream.JetStream, name string, replicas int) (jetstream.Stream, jetstream.KeyValue, error) {
	_, err := js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		_, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, History: 1, Storage: jetstream.FileStorage, Replicas: replicas, Compression: replicas <= 1,
		})
	}
	if err != nil {
		return nil, nil, unavailable("open bucket "+name, err)
	}
	if err := adjust(ctx, js, name); err != nil {
		return nil, nil, unavailable("open bucket "+name, err)
	}
	stream, err := js.Stream(ctx, "KV_"+name)
	if err != nil {
		return nil, nil, unavailable("open bucket "+name, err)
	}
	bucket, err := js.KeyValue(ctx, name) // after the adjustment, which says whom it asks
	if err != nil {
		return nil, nil, unavailable("open bucket "+name, err)
	}
	return stream, bucket, nil
}

// adjust sets what a KeyValueConfig has no words for: batches, and that of several replicas only the
// leader is asked. A direct get is answered by any, also by one that is behind: a document folded on
// what was loaded from there would lose what it lacked, and a query after a fact would miss it. Of one
// replica a direct get costs a third of what asking the leader does.
func adjust(ctx context.Context, js jetstream.JetStream, name string) error {
	stream, err := js.Stream(ctx, "KV_"+name)
	if err != nil {
		return err
	}
	cfg := stream.CachedInfo().Config
	alone := cfg.Replicas == 1
	compression := jetstream.NoCompression // of several replicas: see eventlog's compression
	if alone {
		compression = jetstream.S2Compression
	}
	if cfg.AllowAtomicPublish && cfg.AllowDirect == alone && cfg.Compression == compression {
		return nil
	}
	cfg.AllowAtomicPublish, cfg.AllowDirect, cfg.Compression = true, alone, compression
	_, err = js.UpdateStream(ctx, cfg)
	return err
}

func unavailable(doing string, err error) error {
	return fault.Wrap(fault.Unavailable, "documents-unavailable", "the documents cannot be reached: try again shortly ("+doing+")", err)
}
