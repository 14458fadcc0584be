package batch

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// codeIncomplete is what the server says of a batch that could be so large but is not whole.
const codeIncomplete = jetstream.ErrorCode(10176)

// Room is how many messages the server takes in one batch on a subject: Wide, or Limit. The server tells
// nobody how it is configured, but it looks at that before it looks at the batch: so it is shown
// the end of a batch that was never begun.
func Room(ctx context.Context, nc *nats.Conn, subject string) (int, error) {
	m := nats.NewMsg(subject)
	m.Header.Set(headerID, nuid.Next())
	m.Header.Set(headerSequence, strconv.Itoa(Wide))
	m.Header.Set(headerCommit, "1")
	reply, err := nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return 0, fmt.Errorf("ask how large a batch may be: %w", err)
	}
	var refused *jetstream.APIError
	if _, err := ParseAck(reply.Data); !errors.As(err, &refused) {
		return 0, fmt.Errorf("ask how large a batch may be: the end of none was not refused: %w", err)
	}
	if refused.ErrorCode == codeIncomplete {
		return Wide, nil
	}
	return Limit, nil
}
