package derive

import (
	"context"
	"errors"
	"time"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
)

// renew makes the documents anew from the log, for a session that cannot go on from those there are, and
// switches. What was answered before is folded without being answered again; the session goes on with
// what was not. An input that cannot be folded is parked, as ever.
func (s *session) renew(ctx context.Context, last position) error {
	s.e.cfg.Log.Info("the documents are of another log or layout: making them anew", "bucket", s.e.cfg.Bucket)
	for {
		m, err := s.beside(ctx)
		if err != nil {
			return err
		}
		err = m.to(ctx, max(s.progress.Handled, max(last.seq, 1)-1))
		var poison *errPoison
		switch {
		case errors.As(err, &poison):
			s.failed[poison.in.Seq] = attempts - 1 // it is not tried again: each time the whole log is read
			if err := s.failure(ctx, poison.in, poison.err); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		if err := m.settle(ctx); err != nil {
			return err
		}
		return s.switchTo(ctx, m)
	}
}

// beside begins a making in a generation of its own, whose number nobody else has had: of one that was
// cut short, a late write changes nothing that is ever read.
func (s *session) beside(ctx context.Context) (*making, error) {
	p := s.progress
	p.Given++
	if err := s.store.Commit(ctx, nil, p); err != nil {
		return nil, err
	}
	s.progress = p
	return s.e.making(ctx, s.store.Beside(p.Given)), nil
}

// switchTo makes the documents of a making the live ones, in one commit that the writer before cannot
// pass. They include at least what was read of the ones before.
func (s *session) switchTo(ctx context.Context, m *making) error {
	p := s.progress
	if p.Before > 0 {
		if err := s.store.Drop(ctx, p.Before); err != nil {
			return err
		}
	}
	if made := m.s.progress; made.Handled >= p.Handled {
		p.Handled, p.Recorded = made.Handled, made.Recorded
	}
	p.Appended = max(p.Appended, m.s.progress.Appended)
	p = s.next(p, m.store.Number())
	if err := s.store.Commit(ctx, nil, p); err != nil {
		return err
	}
	s.progress, s.docs = p, projection.NewDocs(ctx, s.store)
	s.reached.Store(p.Handled)
	s.unsure = s.unsure || m.differs
	s.e.cfg.Log.Info("switched to documents made anew", "bucket", s.e.cfg.Bucket, "generation", p.Generation, "handled", p.Handled)
	return nil
}

// next is a progress with another generation live, of today's log and layout.
func (s *session) next(p projection.Progress, generation uint64) projection.Progress {
	p.Stream, p.Layout = s.e.log.Identity(), s.e.cfg.Layout
	p.Before, p.Generation, p.Given, p.Switched = p.Generation, generation, max(p.Given, generation), time.Now().UTC()
	return p
}

// due has the rules state what the documents say and nobody was told, where they were made anew and the
// log has it otherwise. That is decided in the log, as everything is.
func (s *session) due(ctx context.Context) error {
	if !s.unsure {
		return nil
	}
	s.unsure = false
	return s.e.log.Due(ctx, eventlog.Timer{Service: s.e.cfg.Service, About: "rebuild", At: time.Now().UTC()})
}
