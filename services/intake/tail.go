package intake

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
)

// tail follows part of the log: from a sequence to its end, and on.
type tail struct {
	filters []string // none: all, which costs the server less than many
	from    uint64
	ids     bool // only the ids are wanted
	fold    func(m jetstream.Msg, seq uint64)
	caught  func() // called once, when the end as it was at the start is reached
}

// follow runs until ctx is done; where the log cannot be read for a while, it goes on afterwards.
func (t *tail) follow(ctx context.Context, js jetstream.JetStream) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, t.once(ctx, js) }, backoff.WithMaxElapsedTime(0))
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was told to stop
	}
	return err
}

func (t *tail) once(ctx context.Context, js jetstream.JetStream) error {
	c, err := js.OrderedConsumer(ctx, eventlog.StreamName, jetstream.OrderedConsumerConfig{
		FilterSubjects: t.filters, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(t.from, 1), HeadersOnly: t.ids,
	})
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	left := c.CachedInfo().NumPending
	t.reached(left)
	msgs, err := c.Messages(jetstream.PullHeartbeat(500 * time.Millisecond)) // soon asked anew where a cluster has lost the question
	if err != nil {
		return fmt.Errorf("follow the log: %w", err)
	}
	defer msgs.Stop()
	for {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		t.fold(m, meta.Sequence.Stream)
		t.from = meta.Sequence.Stream + 1
		if left > 0 {
			left--
			t.reached(left)
		}
	}
}

func (t *tail) reached(left uint64) {
	if left == 0 && t.caught != nil {
		t.caught()
		t.caught = nil
	}
}

// own are the contexts that intake owns: where a sender's fact may be stored.
var own = []events.Context{events.People, events.Support, events.Personal, events.Sealed, events.Reply, events.Policy}

// peopleFilters are of what makes the directory.
func peopleFilters() []string {
	return append(filtersOf(events.People), events.FilterFact(events.Personal, "ExternalContactAdded"), events.FilterFact(events.Personal, "ExternalContactRemoved"))
}

func filtersOf(contexts ...events.Context) []string {
	var filters []string
	for _, c := range contexts {
		filters = append(filters, events.FilterContext(c))
	}
	return filters
}
