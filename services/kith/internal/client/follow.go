package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/tmaxmax/go-sse"
	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// Change is what a stream shows: one of Network, Gaps and Inbox, as it is now.
type Change struct {
	Network *Network
	Gaps    *Gaps
	Inbox   *Inbox
}

// ErrEnough ends Follow without an error.
var ErrEnough = errors.New("enough")

const (
	comeAgain   = time.Second // after a server has gone away
	largestSeen = 4 << 20     // bytes of one event
)

// Follow calls fn with a person's network, gaps and inbox, and again with each that changes, until ctx is
// done or fn fails. Once a server has answered, Follow goes on where it was whenever one answers again.
func (c *Client) Follow(ctx context.Context, person events.PersonID, fn func(Change) error) error {
	var one sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for _, path := range []string{"/gap-projection/v1/people/" + string(person) + "/events", "/notification/v1/people/" + string(person) + "/inbox/events"} {
		g.Go(func() error {
			return c.follow(ctx, path, func(e sse.Event) error {
				change, err := parseChange(e)
				if err != nil {
					return err
				}
				one.Lock()
				defer one.Unlock()
				return fn(change)
			})
		})
	}
	if err := g.Wait(); !errors.Is(err, ErrEnough) {
		return err
	}
	return nil
}

func parseChange(e sse.Event) (change Change, err error) {
	switch e.Type {
	case "network":
		err = json.Unmarshal([]byte(e.Data), &change.Network)
	case "gaps":
		err = json.Unmarshal([]byte(e.Data), &change.Gaps)
	case "inbox":
		err = json.Unmarshal([]byte(e.Data), &change.Inbox)
	}
	if err != nil {
		return change, fmt.Errorf("the event %s cannot be read: %w", e.Type, err)
	}
	return change, nil
}

// follow reads one stream, again and again.
func (c *Client) follow(ctx context.Context, path string, fn func(sse.Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(path).String(), nil)
	if err != nil {
		return err
	}
	c.introduce(req)
	answered := false
	stream := (&sse.Client{HTTPClient: c.http, Backoff: sse.Backoff{MaxRetries: -1}, ResponseValidator: func(r *http.Response) error {
		if answered = true; r.StatusCode >= http.StatusBadRequest {
			return fault.Read(r)
		}
		return nil
	}}).NewConnection(req)
	stream.Buffer(nil, largestSeen)
	stream.SubscribeToAll(func(e sse.Event) {
		if err := fn(e); err != nil {
			cancel(err)
		}
	})
	_, err = backoff.Retry(ctx, func() (any, error) {
		err := c.lost(stream.Connect())
		if later := answered && fault.KindOf(err) == fault.Unavailable; !later {
			err = backoff.Permanent(err)
		}
		return nil, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(comeAgain)), backoff.WithMaxElapsedTime(0))
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	return err
}

// lost is why a stream has ended: with what the server stated, or for want of one.
func (c *Client) lost(err error) error {
	var stated *fault.Error
	if errors.As(err, &stated) {
		return stated
	}
	return fault.Wrap(fault.Unavailable, "unreachable", "no server answers", &Unreachable{Server: c.Server(), Err: err})
}
