package intake

import (
	"context"

	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// readers is how many secrets are sealed at once, and half of how many people are looked up.
const readers = 16

// settle reads which ids are stored at the given sequences: a fingerprint alone proves nothing.
func (s *Service) settle(ctx context.Context, sequences []uint64) (map[uint64]events.FactID, error) {
	stored, err := s.log.At(ctx, sequences)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be read: try again shortly", err)
	}
	ids := make(map[uint64]events.FactID, len(stored))
	for _, m := range stored {
		ids[m.Seq] = events.FactID(nats.Header(m.Header).Get(headerID))
	}
	return ids, nil
}

// headerID is where the envelope has the fact's id.
const headerID = "ce-id"
