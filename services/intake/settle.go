package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
)

const (
	readers = 16 // reads at once
	near    = 8  // sequences this close are read together: other facts in between cost less than a request
	page    = 500
)

// settle reads which ids are stored at the given sequences: a fingerprint alone proves nothing.
// A file that is imported again asks for long runs of neighbors, which are read page by page.
func (s *Service) settle(ctx context.Context, sequences []uint64) (map[uint64]events.FactID, error) {
	runs := split(sequences)
	found := make([]map[uint64]events.FactID, len(runs))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, r := range runs {
		g.Go(func() (err error) {
			found[i], err = s.readIDs(reading, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be read: try again shortly", err)
	}
	all := make(map[uint64]events.FactID, len(sequences))
	for _, one := range found {
		maps.Copy(all, one)
	}
	return all, s.complete(ctx, sequences, all)
}

// complete reads one by one what a page left out: a server may cut it short, and a fact that seems
// not to be there would be stored twice.
func (s *Service) complete(ctx context.Context, sequences []uint64, all map[uint64]events.FactID) error {
	for _, seq := range sequences {
		if _, ok := all[seq]; ok {
			continue
		}
		one, err := s.readIDs(ctx, run{seq, seq})
		if err != nil {
			return fault.Wrap(fault.Unavailable, "log-unavailable", "the log cannot be read: try again shortly", err)
		}
		maps.Copy(all, one)
	}
	return nil
}

// run is a range of sequences, both included.
type run struct{ first, last uint64 }

func split(sequences []uint64) []run {
	slices.Sort(sequences)
	var runs []run
	for _, seq := range sequences {
		if n := len(runs); n > 0 && seq-runs[n-1].last <= near && seq-runs[n-1].first < page {
			runs[n-1].last = seq
			continue
		}
		runs = append(runs, run{seq, seq})
	}
	return runs
}

func (s *Service) readIDs(ctx context.Context, r run) (map[uint64]events.FactID, error) {
	ids := map[uint64]events.FactID{}
	if r.first == r.last {
		m, err := s.stream.GetMsg(ctx, r.first)
		if err != nil {
			return nil, fmt.Errorf("read sequence %d: %w", r.first, err)
		}
		ids[r.first] = idOf(m)
		return ids, nil
	}
	msgs, err := jetstreamext.GetBatch(ctx, s.log.JetStream(), eventlog.StreamName, int(r.last-r.first+1), jetstreamext.GetBatchSeq(r.first))
	if err != nil {
		return nil, fmt.Errorf("read from sequence %d: %w", r.first, err)
	}
	for m, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read from sequence %d: %w", r.first, err)
		}
		ids[m.Sequence] = idOf(m)
	}
	return ids, nil
}

// headerID is where the envelope has the fact's id.
const headerID = "ce-id"

func idOf(m *jetstream.RawStreamMsg) events.FactID { return events.FactID(m.Header.Get(headerID)) }
