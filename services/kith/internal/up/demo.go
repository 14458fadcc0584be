package up

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/projection"
	"kith.internal/services/kith/internal/demo"
)

// Loaded is what came of loading the demo.
type Loaded struct {
	People, New, Known int // New and Known count events
}

// LoadDemo sends the demo organization to intake, as an integration would, and returns once all
// that follows from it is derived. Loading it again changes nothing.
func LoadDemo(ctx context.Context, at Addresses) (Loaded, error) {
	d := demo.New(demo.Config{Now: time.Now()})
	body, writer := io.Pipe()
	go func() {
		_, err := d.WriteTo(writer)
		writer.CloseWithError(err)
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.HTTP+"/intake/v1/events", body)
	if err != nil {
		return Loaded{}, err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Kith-Viewer", "integration:demo")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Loaded{}, fmt.Errorf("load the demo: %w", err)
	}
	defer resp.Body.Close()
	loaded := Loaded{People: d.People()}
	last, err := loaded.read(resp.Body)
	if err != nil || loaded.New == 0 {
		return loaded, err
	}
	return loaded, settle(ctx, at.conn, last)
}

// read counts intake's verdicts. The demo is right by construction: a refused line is a bug.
func (l *Loaded) read(verdicts io.Reader) (last uint64, err error) {
	lines := bufio.NewScanner(verdicts)
	for lines.Scan() {
		var v struct {
			Line, Status int
			Sequence     uint64
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return last, fmt.Errorf("load the demo: %w", err)
		}
		switch v.Status {
		case http.StatusCreated:
			l.New++
		case http.StatusOK:
			l.Known++
		default:
			return last, fmt.Errorf("load the demo: line %d was refused: %s", v.Line, lines.Text())
		}
		last = max(last, v.Sequence)
	}
	return last, lines.Err()
}

// settle waits until everything up to a sequence has been derived from, and what followed too.
func settle(ctx context.Context, nc *nats.Conn, seq uint64) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for _, bucket := range []string{"kith_ties", "kith_networks", "kith_inbox"} {
		r, err := projection.OpenReader(ctx, js, bucket, 1)
		if err != nil {
			return err
		}
		p, err := r.Wait(ctx, seq)
		if err != nil {
			return fmt.Errorf("wait for %s: %w", bucket, err)
		}
		seq = p.Appended
	}
	return nil
}
