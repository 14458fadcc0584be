package sealing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/sumdb/tlog"

	"kith.internal/libs/fault"
)

// bucket keeps the full tiles of the tree: each follows from the log, and is written again if it is lost.
const bucket = "kith_tiles"

// headKey holds which log the tiles are of, and how far they go.
const headKey = "head"

type head struct {
	Log  string `json:"log"`
	Size uint64 `json:"size"`
}

// tiles is translog.Store in a bucket. Every replica writes all of them, each the same.
type tiles struct{ kv jetstream.KeyValue }

// openTiles opens the bucket, making it where there is none. Its stream is made by hand, so that the leader
// answers: from another replica, a tile just written might seem absent.
func openTiles(ctx context.Context, js jetstream.JetStream, replicas int) (*tiles, error) {
	want := jetstream.StreamConfig{
		Name: "KV_" + bucket, Description: "Tiles of the Merkle tree over the log: a cache", Subjects: []string{"$KV." + bucket + ".>"},
		Storage: jetstream.FileStorage, Replicas: max(replicas, 1), MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowRollup: true,
	}
	stream, err := js.Stream(ctx, want.Name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, unavailable("look for the tiles", err)
	}
	if err != nil || stream.CachedInfo().Config.Replicas != want.Replicas { // a change waits for votes, and a look does not
		if _, err := js.CreateOrUpdateStream(ctx, want); err != nil {
			return nil, unavailable("make a place for the tiles", err)
		}
	}
	kv, err := js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, unavailable("open the tiles", err)
	}
	return &tiles{kv}, nil
}

// head is how far the tiles of a log go: 0 where they are of another.
func (t *tiles) head(ctx context.Context, log string) (uint64, error) {
	e, err := t.kv.Get(ctx, headKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, unavailable("read how far the tiles go", err)
	}
	var h head
	if json.Unmarshal(e.Value(), &h) != nil || h.Log != log {
		return 0, nil
	}
	return h.Size, nil
}

func (t *tiles) saveHead(ctx context.Context, h head) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if _, err := t.kv.Put(ctx, headKey, text); err != nil {
		return unavailable("save how far the tiles go", err)
	}
	return nil
}

// Tile implements translog.Store. One that is not whole is not there.
func (t *tiles) Tile(ctx context.Context, tile tlog.Tile) ([]byte, error) {
	e, err := t.kv.Get(ctx, key(tile))
	if err == nil && len(e.Value()) != tile.W*tlog.HashSize {
		err = jetstream.ErrKeyNotFound
	}
	if err != nil {
		return nil, unavailable("read the tile "+tile.Path(), err)
	}
	return e.Value(), nil
}

// SaveTile implements translog.Store.
func (t *tiles) SaveTile(ctx context.Context, tile tlog.Tile, data []byte) error {
	if _, err := t.kv.Put(ctx, key(tile), data); err != nil {
		return unavailable("save the tile "+tile.Path(), err)
	}
	return nil
}

func key(tile tlog.Tile) string { return strings.ReplaceAll(tile.Path(), "/", ".") }

func unavailable(doing string, err error) error {
	return fault.Wrap(fault.Unavailable, "tiles", "the tree of the log cannot be reached: try again shortly ("+doing+")", err)
}
