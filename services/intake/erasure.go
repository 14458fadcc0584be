package intake

import (
	"context"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/fault"
)

// Erasing somebody is destroying what opens their facts: the facts stay as they are, and so does what
// others have of them under a pseudonym. Every replica takes up every request, in an order in which
// each step may be done again, by whoever comes after a crash:
//
//  1. the erasures file, all of their entries, so that no backup brings back a part of them;
//  2. their key;
//  3. the lookups that lead to them, and to whom they know outside;
//  4. PersonErased, with which all services drop what they have of them, and the lookups once more,
//     at every replica: until it knew, it may have made one.

const (
	// KeyringBackups is how long a backup of the keyring is kept at most; one of a cluster's
	// write-ahead logs may hold an old key for minutes, which is less.
	KeyringBackups = 30 * 24 * time.Hour

	// erasureAgain is after how long an erasure that failed is tried again.
	erasureAgain = 5 * time.Second
)

// eraseAll erases whoever asked for it, until ctx is done.
func (s *Service) eraseAll(ctx context.Context, ready <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return nil
	case <-ready:
	}
	if err := s.erasures.begin(s.directory.erasedAll()); err != nil {
		s.slog.Error("the erasures file cannot be written: nobody can be erased", "error", err)
	}
	for {
		err := s.ids.forget(ctx) // what a crash, or whoever was at work just then, has left
		if err != nil && ctx.Err() == nil {
			s.slog.Error("lookups of those who were erased are still there", "error", err)
		}
		failed := err != nil
		for _, p := range s.directory.unerased() {
			if err := s.erase(ctx, p); err != nil && ctx.Err() == nil {
				s.slog.Error("somebody is not erased yet", "person", p, "error", err)
				failed = true
			}
		}
		s.metrics.unerased.Set(float64(len(s.directory.unerased())))
		var again <-chan time.Time
		if failed {
			again = time.After(erasureAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.asked:
		case <-again:
		}
	}
}

// ask wakes the eraser.
func (s *Service) ask() {
	select {
	case s.asked <- struct{}{}:
	default: // it is awake
	}
}

// erase erases a person, with every entry of the directory that is theirs.
func (s *Service) erase(ctx context.Context, p events.PersonID) error {
	if err := s.erasures.usable(); err != nil {
		return err
	}
	all := slices.DeleteFunc(s.directory.entries(p), func(entry events.PersonID) bool {
		is, _ := s.directory.erasure(entry)
		return is.done != nil
	})
	for _, entry := range all {
		if err := s.erasures.note(Erasure{entry, s.now()}); err != nil {
			return err
		}
	}
	for _, entry := range all {
		if err := s.destroy(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// destroy does what follows once an erasure is noted. It may be done again.
func (s *Service) destroy(ctx context.Context, p events.PersonID) error {
	if err := s.keys.Destroy(ctx, p); err != nil {
		return err
	}
	pseudonyms := s.directory.pseudonyms(p)
	if err := s.ids.forget(ctx, pseudonyms...); err != nil {
		return err
	}
	if is, _ := s.directory.erasure(p); is.done != nil {
		return nil
	}
	at := s.now().UTC().Truncate(time.Second)
	e := events.Event{
		ID: events.IncomingID(s.tenantKey, ownSource, "erased/"+string(p)), Source: ownSource, Context: events.People, Subject: string(p),
		Time: at, Actor: "service:" + Name, Fact: &events.PersonErased{DestroyedAt: at, FinalAt: at.Add(KeyringBackups)},
	}
	acks, err := s.log.Append(ctx, e)
	if err != nil {
		return err
	}
	e.Seq = acks[0].Seq
	s.seen.put(e.ID, e.Seq)
	s.directory.fold(e, nil)
	s.ids.lost(pseudonyms...)
	return s.ids.forget(ctx, pseudonyms...)
}

// erasureFolded has the eraser and the lookups know what a fact about a person means for them.
func (s *Service) erasureFolded(e events.Event) {
	switch e.Fact.(type) {
	case *events.ErasureRequested:
		s.ask()
	case *events.PersonErased:
		s.ids.lost(s.directory.pseudonyms(e.Person())...)
		s.ask()
	}
}

// erasable refuses a request that nothing could come of.
func (a *admission) erasable(it *item) error {
	if events.PersonID(it.subject).External() {
		return nil // which has been said
	}
	return a.s.erasures.usable()
}

// ApplyErasures erases everybody in an erasures file from a log that was restored. It may be done
// again, and is needed before anybody reads or writes there.
func ApplyErasures(ctx context.Context, env *app.Env, all []Erasure) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := New(ctx, env)
	if err != nil {
		return err
	}
	if err := s.sameTenant(ctx); err != nil {
		return err
	}
	err = s.log.Read(ctx, 1, peopleFilters(), func(e events.Event, err error) error {
		if err != nil {
			s.slog.Error("a fact about people cannot be read", "seq", e.Seq, "id", e.ID, "error", err)
			return nil
		}
		s.directory.fold(e, nil)
		return nil
	})
	if err != nil {
		return fault.Wrap(fault.Unavailable, "restored-log", "the restored log cannot be read", err)
	}
	for _, e := range all {
		if err := s.destroy(ctx, e.Person); err != nil {
			return err
		}
	}
	return nil
}
