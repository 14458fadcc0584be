package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"kith.internal/libs/fault"
	"kith.internal/libs/translog"
	"kith.internal/services/audit"
)

// Checkpoint is the newest one of the log.
type Checkpoint = audit.CheckpointAnswer

// Checkpoint is the newest checkpoint of the log. It fails with fault.NotFound where it was never sealed.
func (c *Client) Checkpoint(ctx context.Context) (Checkpoint, error) {
	return get[Checkpoint](ctx, c, "/audit/v1/checkpoint", nil)
}

// Seal seals the log now, if anything came since the newest checkpoint. It fails with fault.Conflict where
// the log is not what was sealed.
func (c *Client) Seal(ctx context.Context) (Checkpoint, error) {
	return post[Checkpoint](ctx, c, "/audit/v1/checkpoint", "", nil)
}

// Prove proves that a fact, by its id, or a message, by its sequence, is in the log, that the log goes on
// from the checkpoint of an earlier size, or both; "" and 0 are neither. It fails with fault.Conflict where
// it is not sealed yet, or not what was sealed.
func (c *Client) Prove(ctx context.Context, event string, since uint64) (translog.Bundle, error) {
	query := url.Values{}
	if event != "" {
		query.Set("event", event)
	}
	if since != 0 {
		query.Set("since", strconv.FormatUint(since, 10))
	}
	return get[translog.Bundle](ctx, c, "/audit/v1/proofs", query)
}

// Log writes every message of the log, a line each. It fails where the answer breaks off.
func (c *Client) Log(ctx context.Context, to io.Writer) error {
	resp, err := c.do(ctx, http.MethodGet, "/audit/v1/log", nil, "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewReaderSize(resp.Body, 1<<16)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the log breaks off: %w", err)
		}
		if bytes.HasPrefix(line, []byte(`{"failed"`)) {
			return failed(line)
		}
		if _, err := to.Write(line); err != nil {
			return err
		}
	}
}

// failed is what a server says instead of going on.
func failed(line []byte) error {
	var said struct{ Failed fault.Problem }
	if err := json.Unmarshal(line, &said); err != nil {
		return fmt.Errorf("the log breaks off: %w", err)
	}
	f := said.Failed.Fault()
	f.Message = "the log breaks off: " + f.Message
	return f
}
