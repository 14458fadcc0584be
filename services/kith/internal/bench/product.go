package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
	"kith.internal/services/kith/internal/up"
)

// site is a running product, or a part of it.
type site struct {
	up.Addresses
	api *client.Client
}

// product runs services, nil for all, on the run's data directory while f works with them.
func (r *run) product(ctx context.Context, services []string, f func(context.Context, *site) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	err := up.Run(ctx, up.Config{
		DataDir: r.dir, HTTPAddr: "127.0.0.1:0", NATSAddr: "127.0.0.1:0", Services: services,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		OnReady: func(ctx context.Context, at up.Addresses) error {
			defer cancel()
			api, err := client.New(at.HTTP)
			if err == nil {
				err = f(ctx, &site{at, api.As("integration:bench")})
			}
			failed = err
			return err
		},
	})
	if failed != nil {
		return failed
	}
	return err
}

// send sends lines to intake and returns, once every one has its 201, where the last one is stored.
func (s *site) send(ctx context.Context, lines []byte) (last uint64, err error) {
	resp, err := s.post(ctx, bytes.NewReader(lines))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	created, text := 0, bufio.NewScanner(resp.Body)
	var verdict []byte
	for text.Scan() {
		verdict = append(verdict[:0], text.Bytes()...)
		if !bytes.Contains(verdict, []byte(`"status":201`)) {
			return 0, fmt.Errorf("a line is not stored: %s", verdict)
		}
		created++
	}
	if sent := bytes.Count(lines, []byte{'\n'}); text.Err() != nil || created != sent {
		return 0, fmt.Errorf("%d of %d lines are stored (%w)", created, sent, text.Err())
	}
	var at struct{ Sequence uint64 }
	return at.Sequence, json.Unmarshal(verdict, &at)
}

func (s *site) post(ctx context.Context, lines io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.HTTP+"/intake/v1/events", lines)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Kith-Viewer", "integration:bench")
	return http.DefaultClient.Do(req)
}

// settled waits until all that follows from the fact at a sequence is in networks and gaps.
func (s *site) settled(ctx context.Context, seq uint64) error {
	return patiently(ctx, func() error { return s.api.Settled(ctx, seq) })
}

// calm is for how long nothing may come into the log for all to be over: gaps are weighed after two seconds.
const calm = 3 * time.Second

// still waits until nothing follows any more.
func (s *site) still(ctx context.Context) error {
	return s.jetStream(func(js jetstream.JetStream) error {
		for last, since := uint64(0), time.Now(); time.Since(since) < calm; {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(calm / 10):
			}
			stream, err := js.Stream(ctx, eventlog.StreamName)
			if err != nil {
				return err
			}
			if now := stream.CachedInfo().State.LastSeq; now != last {
				last, since = now, time.Now()
			}
		}
		return nil
	})
}

// idle waits until the processors have little to do: who has just started reads the log that is there.
func idle(ctx context.Context) error {
	const look, little = time.Second, 200 * time.Millisecond
	for busy := processorTime(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		now := processorTime()
		if now-busy < little {
			return nil
		}
		busy = now
	}
}

// patiently asks again while the product says that it is not ready to answer: a busy machine takes long.
func patiently(ctx context.Context, ask func() error) error {
	for {
		if err := ask(); fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
			return err
		}
	}
}
