package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/translog"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/internal/access"
)

// open are the contexts whose facts about them people may know of.
var open = []events.Context{events.People, events.Support, events.Personal, events.Role, events.Gap, events.Nudge, events.Delivery, events.Reply, events.Access}

// proofQuery asks for a proof that something is in the log, that the log only grew since a checkpoint, or both.
type proofQuery struct {
	viewer access.Viewer
	event  string // the id of a fact, or the sequence of a message; "" for none
	since  uint64 // the size of the earlier checkpoint; 0 for none
}

// prove is for whoever may read what is proven: the person whom a fact is about, and auditors; operators too
// where it is about nobody. That the log only grew, everybody may know.
func (s *Service) prove(ctx context.Context, q proofQuery) (translog.Bundle, error) {
	m, err := s.toProve(ctx, q)
	if err != nil {
		return translog.Bundle{}, err
	}
	b, err := s.notary.Prove(ctx, m, q.since)
	return b, told(err)
}

// toProve is the message that is asked for, nil where none is.
func (s *Service) toProve(ctx context.Context, q proofQuery) (*eventlog.Stored, error) {
	if q.event == "" || q.viewer.Kind == access.Anonymous {
		return nil, s.policy.Directory(ctx, q.viewer)
	}
	m, err := s.locate(ctx, q.event)
	if err != nil {
		return nil, err
	}
	return m, s.mayProve(ctx, q.viewer, *m)
}

// told lets strangers know what was found to be changed.
func told(err error) error {
	if a := (*sealing.Altered)(nil); errors.As(err, &a) {
		return fault.Wrap(fault.Conflict, "log-altered", a.What, err)
	}
	return err
}

// mayProve allows a message to be shown. What a person must not know of is refused them as what is about
// somebody else is: that it is there tells nothing.
func (s *Service) mayProve(ctx context.Context, v access.Viewer, m eventlog.Stored) error {
	c, subject, _, err := events.ParseSubject(m.Subject)
	person := events.PersonID(subject)
	switch {
	case err != nil || !person.Valid():
		return s.mayVerify(ctx, v)
	case v.Person() == person && !slices.Contains(open, c):
		return s.policy.Read(ctx, v, access.History(events.Nobody))
	}
	return s.policy.Read(ctx, v, access.History(person))
}

// locate finds a message by its sequence, or a fact by its id.
func (s *Service) locate(ctx context.Context, event string) (*eventlog.Stored, error) {
	seq, err := strconv.ParseUint(event, 10, 64)
	if err == nil {
		return s.first(ctx, []uint64{seq}, func(eventlog.Stored) bool { return true })
	}
	if _, err := s.postings.ToEnd(ctx); err != nil {
		return nil, err
	}
	return s.first(ctx, s.postings.Of(events.FactID(event)), func(m eventlog.Stored) bool {
		e, _ := m.Event()
		return e.ID == events.FactID(event)
	})
}

// first is the first message at one of the sequences that is the one looked for.
func (s *Service) first(ctx context.Context, seqs []uint64, is func(eventlog.Stored) bool) (*eventlog.Stored, error) {
	var found []eventlog.Stored
	var err error
	if len(seqs) > 0 && seqs[0] > 0 {
		found, err = s.log.At(ctx, seqs)
	}
	if hole := (*eventlog.Hole)(nil); err != nil && !errors.As(err, &hole) {
		return nil, err
	}
	i := slices.IndexFunc(found, is)
	if i < 0 {
		return nil, fault.New(fault.NotFound, "no-such-fact", "the log has no such fact")
	}
	return &found[i], nil
}

// CheckpointAnswer is the newest checkpoint of the log.
type CheckpointAnswer struct {
	Checkpoint string `json:"checkpoint"` // a signed note
	Size       uint64 `json:"size"`       // how many messages it covers
	Keys       string `json:"keys"`       // the log's public keys, one a line: to be compared with those that were published
}

// checkpoint is about nobody: everybody may know it, and keep it.
func (s *Service) checkpoint(ctx context.Context, v access.Viewer) (a CheckpointAnswer, err error) {
	if err := s.policy.Directory(ctx, v); err != nil {
		return a, err
	}
	c, note, err := s.notary.Newest()
	if err != nil {
		return a, err
	}
	a.Checkpoint, a.Size = string(note), c.Size
	if a.Keys, err = s.notary.Keys(); err != nil {
		return a, fmt.Errorf("read the signing keys: %w", err)
	}
	return a, nil
}

// seal makes a checkpoint now, if there is anything to seal; for operators and auditors.
func (s *Service) seal(ctx context.Context, v access.Viewer) (CheckpointAnswer, error) {
	if err := s.mayVerify(ctx, v); err != nil {
		return CheckpointAnswer{}, err
	}
	if err := s.notary.Seal(ctx); err != nil {
		return CheckpointAnswer{}, told(err)
	}
	return s.checkpoint(ctx, v)
}
