package eventlog

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
	"golang.org/x/sync/errgroup"
)

const (
	readers = 16 // reads at once
	near    = 8  // sequences this close are read together: other facts in between cost less than a request
	page    = 500
)

// At returns the messages at the given sequences, in log order, each once. Runs of neighbors are read page
// by page. It fails with a *Hole where one is not there, and with kind Unavailable.
func (l *Log) At(ctx context.Context, seqs []uint64) ([]Stored, error) {
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	runs := split(seqs)
	found := make([][]Stored, len(runs))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i, r := range runs {
		g.Go(func() (err error) {
			found[i], err = l.readRun(reading, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return l.chosen(ctx, seqs, slices.Concat(found...))
}

// chosen are those of the messages that were asked for. What a page left out is read one by one: a server
// may cut it short, and a replica may be behind.
func (l *Log) chosen(ctx context.Context, seqs []uint64, found []Stored) ([]Stored, error) {
	all := make([]Stored, 0, len(seqs))
	for _, seq := range seqs {
		for len(found) > 0 && found[0].Seq < seq {
			found = found[1:]
		}
		if len(found) > 0 && found[0].Seq == seq {
			all = append(all, found[0])
			continue
		}
		m, err := l.leader(ctx, map[string]any{"seq": seq})
		if err != nil {
			return nil, err
		}
		if m == nil {
			return nil, &Hole{seq, seq}
		}
		all = append(all, stored(m))
	}
	return all, nil
}

// run is a range of sequences, both included.
type run struct{ first, last uint64 }

// split makes runs of sorted sequences.
func split(seqs []uint64) []run {
	var runs []run
	for _, seq := range seqs {
		if n := len(runs); n > 0 && seq-runs[n-1].last <= near && seq-runs[n-1].first < page {
			runs[n-1].last = seq
			continue
		}
		runs = append(runs, run{seq, seq})
	}
	return runs
}

// readRun returns what a replica has of a run.
func (l *Log) readRun(ctx context.Context, r run) (found []Stored, err error) {
	if r.first == r.last {
		return l.readOne(ctx, r.first)
	}
	msgs, err := jetstreamext.GetBatch(ctx, l.js, StreamName, int(r.last-r.first+1), jetstreamext.GetBatchSeq(r.first))
	if err != nil {
		return nil, unavailable("read the log", err)
	}
	for m, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return nil, unavailable("read the log", err)
		}
		found = append(found, stored(m))
	}
	return found, nil
}

// readOne is readRun for one message: it costs half of a page.
func (l *Log) readOne(ctx context.Context, seq uint64) ([]Stored, error) {
	m, err := l.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable("read the log", err)
	}
	return []Stored{stored(m)}, nil
}
