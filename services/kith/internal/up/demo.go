package up

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/services/kith/internal/client"
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
	return loaded, settle(ctx, at.HTTP, last)
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

// settle waits until everything up to a sequence is in networks and gaps.
func settle(ctx context.Context, baseURL string, seq uint64) error {
	api, err := client.New(baseURL)
	if err != nil {
		return err
	}
	for {
		if err := api.As("integration:demo").Settled(ctx, seq); fault.KindOf(err) != fault.Unavailable || ctx.Err() != nil {
			return err
		}
	}
}
