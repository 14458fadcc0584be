package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/klauspost/compress/s2"
	"github.com/nats-io/jsm.go"
	"github.com/nats-io/jsm.go/api"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/eventlog"
)

const (
	chunkSize    = 64 << 10
	blockSize    = 64 << 10        // of messages, packed as one
	answerWithin = 5 * time.Minute // to a chunk
	knownWithin  = 4 * time.Second // is who takes it; after five, that one gives up
)

// load restores a stream on so many servers, whatever it was on before, or leaves none. It does not do so by
// jsm, which gives up where the server that takes the snapshot is not known yet to the one that is asked.
func load(ctx context.Context, nc *nats.Conn, p part, from string, replicas int) error {
	if err := p.load(ctx, nc, p.in(from), replicas); err != nil {
		return fmt.Errorf("restore %s: %w", p.stream, err)
	}
	return nil
}

func (p part) load(ctx context.Context, nc *nats.Conn, dir string, replicas int) (err error) {
	as, err := p.asSaved(dir)
	if err != nil {
		return err
	}
	if as.Config.Replicas = replicas; p.stream == eventlog.StreamName {
		as.Config.Compression = compression(replicas)
	}
	text, err := json.Marshal(as)
	if err != nil {
		return err
	}
	var taken api.JSApiStreamRestoreResponse
	if err := ask(ctx, nc, "$JS.API.STREAM.RESTORE."+p.stream, text, &taken); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.drop(context.WithoutCancel(ctx), nc))
		}
	}()
	return send(ctx, nc, taken.DeliverSubject, dir)
}

// asSaved is how the stream was when it was saved.
func (p part) asSaved(dir string) (as api.JSApiStreamRestoreRequest, err error) {
	text, err := os.ReadFile(filepath.Join(dir, jsm.SnapshotMetaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return as, fmt.Errorf("%s is missing: a log is restored with its keys, or with those of a later backup of it", dir)
	}
	if err != nil {
		return as, err
	}
	if err := json.Unmarshal(text, &as); err != nil {
		return as, fmt.Errorf("%s: %w", dir, err)
	}
	return as, nil
}

// send sends a snapshot, and waits until the stream is made of it. It is packed anew, in small blocks: over a
// large one, a server that puts each message on disk by itself takes so long that it believes the sender to have
// gone.
func send(ctx context.Context, nc *nats.Conn, to, dir string) error {
	path, err := jsm.SnapshotDataPath(dir)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	packed, out := io.Pipe()
	defer packed.Close() //nolint:errcheck // it never fails
	go func() {
		small := s2.NewWriter(out, s2.WriterBlockSize(blockSize))
		_, err := io.Copy(small, s2.NewReader(f))
		_ = out.CloseWithError(errors.Join(err, small.Close())) // it never fails
	}()
	for chunk := make([]byte, chunkSize); ; {
		n, err := packed.Read(chunk)
		if errors.Is(err, io.EOF) {
			return ask(ctx, nc, to, nil, &api.JSApiStreamCreateResponse{})
		}
		if err != nil {
			return err
		}
		if err := ask(ctx, nc, to, chunk[:n], &api.JSApiStreamCreateResponse{}); err != nil {
			return err
		}
	}
}

// ask asks a server, again where nobody is known yet who answers. The end of a snapshot may take it long.
func ask(ctx context.Context, nc *nats.Conn, subject string, data []byte, into interface{ ToError() error }) error {
	if data != nil {
		limited, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		ctx = limited
	}
	m, err := backoff.Retry(ctx, func() (*nats.Msg, error) {
		m, err := nc.RequestWithContext(ctx, subject, data)
		if err != nil && !errors.Is(err, nats.ErrNoResponders) {
			err = backoff.Permanent(err)
		}
		return m, err
	}, backoff.WithMaxElapsedTime(knownWithin))
	if err != nil || len(m.Data) == 0 {
		return err
	}
	if err := json.Unmarshal(m.Data, into); err != nil {
		return err
	}
	return into.ToError()
}

// drop deletes a stream that was restored, or begun to be.
func (p part) drop(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if err := js.DeleteStream(ctx, p.stream); !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	return nil
}

// compression is the log's: see eventlog.
func compression(replicas int) api.Compression {
	if replicas > 1 {
		return api.NoCompression
	}
	return api.S2Compression
}
