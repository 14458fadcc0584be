package eventlog

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kith.internal/events"
)

// Contexts calls fn with every message of some contexts up to a sequence, in order. Each context is delivered by
// itself: one consumer with several filters takes the server many times as long, and to deliver everything what
// nobody asks for. It fails as Messages does.
func (l *Log) Contexts(ctx context.Context, to uint64, contexts []events.Context, fn func(Stored) error) error {
	var all []*strand
	for _, c := range contexts {
		s, err := l.strand(ctx, events.FilterContext(c), to)
		if err != nil {
			return err
		}
		defer s.msgs.Stop()
		defer context.AfterFunc(ctx, s.msgs.Stop)()
		all = append(all, s)
	}
	for len(all) > 0 {
		s := slices.MinFunc(all, func(a, b *strand) int { return cmp.Compare(a.Seq, b.Seq) })
		if s.Seq > to {
			return l.whole(ctx, all, to)
		}
		if err := cmp.Or(fn(s.Stored), s.advance(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// strand is one context as it is delivered.
type strand struct {
	*reading
	Stored        // the next message; behind all sequences where there is none any more
	log    *Log   // that is read
	filter string // of the context
	end    uint64 // the last sequence to be read
	read   uint64 // messages so far
}

const never = ^uint64(0)

func (l *Log) strand(ctx context.Context, filter string, to uint64) (*strand, error) {
	end, err := l.end(ctx, []string{filter})
	if err != nil {
		return nil, err
	}
	r, err := l.reading(ctx, 1, []string{filter})
	if err != nil {
		return nil, err
	}
	s := &strand{reading: r, log: l, filter: filter, end: min(end, to)}
	return s, s.advance(ctx)
}

// advance goes on to the next message. Where none is delivered, the leader is asked: the replica that delivers may
// be damaged, or slow.
func (s *strand) advance(ctx context.Context) error {
	for last := s.Seq; s.Seq < s.end; {
		next, err := s.soon()
		if err == nil && next == nil {
			next, err = s.log.next(ctx, s.filter, last+1)
		}
		switch {
		case err != nil:
			return unavailable("read the log", errors.Join(ctx.Err(), err))
		case next == nil || next.Seq > s.end:
			s.Seq = never
			return nil
		case next.Seq > last:
			s.Stored = *next
			s.read++
			return nil
		}
	}
	s.Seq = never
	return nil
}

// next is the first message on a subject from a sequence on as the leader has it, or nil.
func (l *Log) next(ctx context.Context, subject string, from uint64) (*Stored, error) {
	m, err := l.leader(ctx, map[string]any{"next_by_subj": subject, "seq": from})
	if err != nil || m == nil {
		return nil, err
	}
	s := stored(m)
	return &s, nil
}

// whole fails with a *Hole where fewer messages were delivered than the server counts. Which of them are not
// there, a look at all of the log says.
func (l *Log) whole(ctx context.Context, all []*strand, to uint64) error {
	for _, s := range all {
		behind, err := l.reading(ctx, to+1, []string{s.filter})
		if err != nil {
			return err
		}
		behind.msgs.Stop()
		if s.read+behind.pending < s.pending {
			return l.Messages(ctx, 1, to, func(Stored) error { return nil })
		}
	}
	return nil
}
