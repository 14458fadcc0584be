package audit

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/patience"
)

var (
	errStarting   = fault.New(fault.Unavailable, "starting", "the log is being read: try again shortly")
	errAnotherLog = errors.New("the log was made anew")
)

// index keeps the postings up with the log until ctx is done, and then saves them. Of a log that is made anew
// meanwhile they say nothing, and begin again.
func (s *Service) index(ctx context.Context) error {
	for {
		log := s.log.Identity()
		_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, s.indexOne(ctx, log) }, backoff.WithMaxElapsedTime(0))
		s.indexed.Store(false)
		if !errors.Is(err, errAnotherLog) {
			s.savePostings(log)
			return nil
		}
		s.logger.Warn("the log was made anew; reading it from its beginning")
		s.postings.forget()
	}
}

// indexOne follows a log until ctx is done or the log is another one.
func (s *Service) indexOne(ctx context.Context, log string) error {
	if err := s.loadPostings(ctx, log); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go s.sameLog(ctx, log, cancel)
	err := s.log.Follow(ctx, s.postings.last()+1, nil, func() { s.indexed.Store(true) }, func(e events.Event, _ error) error {
		s.postings.fold(e)
		if s.postings.unsaved() >= snapshotEvery {
			s.savePostings(log)
		}
		return nil
	})
	if errors.Is(context.Cause(ctx), errAnotherLog) {
		return backoff.Permanent(errAnotherLog)
	}
	return err
}

// sameLog watches whether the log is still the same one.
func (s *Service) sameLog(ctx context.Context, log string, other context.CancelCauseFunc) {
	for s.log.Identity() == log {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
	other(errAnotherLog)
}

// loadPostings begins with what is saved, if there is more of it.
func (s *Service) loadPostings(ctx context.Context, log string) error {
	if s.postings.last() > 0 {
		return nil
	}
	end, err := patience.Open(ctx, s.logger, "the log's end", s.log.Last)
	if err != nil {
		return err
	}
	if err := s.postings.load(ctx, s.store, log, end); err != nil {
		s.logger.Warn("the saved postings cannot be read; reading the whole log", "error", err)
	}
	return nil
}

// savingFor is how long that may take: less than a service has to stop.
const savingFor = 3 * time.Second

func (s *Service) savePostings(log string) {
	ctx, cancel := context.WithTimeout(context.Background(), savingFor)
	defer cancel()
	if s.postings.unsaved() == 0 {
		return
	}
	if err := s.postings.save(ctx, s.store, log); err != nil {
		s.logger.Warn("the postings are not saved; the next start reads more of the log", "error", err)
	}
}

func (p *postings) unsaved() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.Last - p.saved
}

// indexedTo waits until the postings have come to a sequence. It fails with kind Unavailable where they do not
// in time.
func (s *Service) indexedTo(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for s.postings.last() < seq {
		select {
		case <-ctx.Done():
			return errStarting
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// restsOn returns the facts, up to a sequence, that a person's network rests on, in log order: those that name
// the person, where everybody stands whom these name, and what is about everybody. A fold of them shows the
// person what a fold of the whole log would. One that cannot be read is left out.
func (s *Service) restsOn(ctx context.Context, who events.PersonID, known uint64) ([]events.Event, error) {
	if err := s.indexedTo(ctx, known); err != nil {
		return nil, err
	}
	named := s.postings.named(who, known)
	about, err := s.read(ctx, named)
	if err != nil {
		return nil, err
	}
	others, err := s.read(ctx, s.standingOf(about, named, known))
	if err != nil {
		return nil, err
	}
	all := append(about, others...)
	slices.SortFunc(all, func(a, b events.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, nil
}

// standingOf is where it is said where everybody stands whom facts name, if it was not read with these.
func (s *Service) standingOf(facts []events.Event, known []uint64, last uint64) []uint64 {
	asked, read := map[events.PersonID]bool{}, map[uint64]bool{}
	for _, seq := range known {
		read[seq] = true
	}
	var more []uint64
	for _, e := range facts {
		for _, who := range namedIn(e) {
			if asked[who] {
				continue
			}
			asked[who] = true
			for _, seq := range s.postings.standing(who, last) {
				if !read[seq] {
					read[seq], more = true, append(more, seq)
				}
			}
		}
	}
	return more
}

// read returns the facts at sequences, in their order, without those that cannot be read.
func (s *Service) read(ctx context.Context, seqs []uint64) ([]events.Event, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	stored, err := s.log.At(ctx, seqs)
	if err != nil {
		return nil, err
	}
	facts := make([]events.Event, 0, len(stored))
	for _, m := range stored {
		if e, err := m.Event(); err == nil {
			facts = append(facts, e)
		}
	}
	return facts, nil
}
