package audit

import (
	"context"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/ruleset"
)

// errBusy is that the memory of a server holds one log folded anew at a time.
var errBusy = fault.New(fault.Unavailable, "busy", "somebody else has the log folded anew, which takes its memory: try again shortly")

// Base is the state of the log that a ruleset is tried on.
type Base struct {
	End uint64    // its last sequence
	At  time.Time // when the ruleset would be activated
}

// WhatIf says what would follow if a ruleset were activated. What the services have made of the log up to there is
// made again beside them, and the ruleset is tried on that: by the same rules, one as after the other, and
// nothing is appended. It tells now and then how far it has come. It fails with kind Invalid where the text is no ruleset.
func (s *Service) WhatIf(ctx context.Context, text string, on Base, told func(done, of uint64) error) (*Diff, error) {
	if !s.trying.TryLock() {
		return nil, errBusy
	}
	defer s.trying.Unlock()
	d, t, err := s.tried(ctx, text, on, told)
	if err != nil {
		return nil, err
	}
	before, err := pictureOf(t.networks.Docs)
	if err != nil {
		return nil, err
	}
	if err := t.activate(&events.RulesetActivated{Version: d.Version, Hash: d.Ruleset, Text: text}); err != nil {
		return nil, err
	}
	after, err := pictureOf(t.networks.Docs)
	if err != nil {
		return nil, err
	}
	d.turns(before, after)
	d.blame()
	d.networks = t.networks.Docs
	return d, nil
}

// tried is what is known before it is tried, and what it is tried on.
func (s *Service) tried(ctx context.Context, text string, on Base, told func(done, of uint64) error) (*Diff, *trial, error) {
	rules, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	inForce, err := s.rulesetAt(ctx, on.End)
	if err != nil {
		return nil, nil, err
	}
	d := &Diff{End: on.End, At: on.At.UTC(), Ruleset: rules.Hash, Version: rules.Version}
	if d.Rules, err = ruleChanges(inForce, text); err != nil {
		return nil, nil, err
	}
	t, err := s.trial(ctx, d.End, d.At, told)
	return d, t, err
}

func parse(text string) (*ruleset.Ruleset, error) {
	rules, err := ruleset.Parse(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "ruleset", "the ruleset is refused", fault.Field{Name: "text", Reason: "is no ruleset: " + err.Error()})
	}
	return rules, nil
}

// base is what everybody's rulesets are tried on: the last published week or, if that is later, the last
// activation. So whoever asks again, however often, learns nothing of what a fact more has done, or a second.
func (s *Service) base(ctx context.Context) (Base, error) {
	end, err := s.log.Last(ctx)
	if err != nil {
		return Base{}, err
	}
	last, err := s.log.LastOf(ctx, events.Coverage)
	if err != nil {
		return Base{}, err
	}
	b := Base{End: end, At: s.now()} // nothing has been published: nobody is counted
	if last != nil {
		b = Base{last.Seq, last.Recorded}
	}
	err = s.rulesets(ctx, end, func(e events.Event) {
		if last != nil && e.Seq > b.End {
			b = Base{e.Seq, e.Recorded}
		}
	})
	return b, err
}

// rulesetAt is the ruleset in force at a sequence.
func (s *Service) rulesetAt(ctx context.Context, end uint64) (string, error) {
	text := ruleset.DefaultText()
	err := s.rulesets(ctx, end, func(e events.Event) { text = e.Fact.(*events.RulesetActivated).Text })
	return text, err
}

// leastFloor is the smallest group that anything may be told of, until a policy says more.
const leastFloor = 5

// rulesets are those that were activated up to a sequence.
func (s *Service) rulesets(ctx context.Context, end uint64, do func(events.Event)) error {
	return s.log.Read(ctx, 1, []string{events.FilterFact(events.Policy, "RulesetActivated")}, func(e events.Event, err error) error {
		if err == nil && e.Seq <= end {
			do(e)
		}
		return nil
	})
}

// trial is the two services whose facts a ruleset changes, in memory, as they are at a time.
type trial struct {
	ties, networks *derive.Shadow
	at             time.Time
	seq            uint64
}

// trial makes them. What role-classifier still has to say is told to gap-projection, as it would be.
func (s *Service) trial(ctx context.Context, end uint64, at time.Time, told func(done, of uint64) error) (*trial, error) {
	t := &trial{at: at, seq: end}
	var err error
	if t.ties, err = derive.NewShadow(ctx, s.log, s.deriving(events.Role), end, func(seq uint64) error { return told(seq, 2*end) }); err != nil {
		return nil, err
	}
	if t.networks, err = derive.NewShadow(ctx, s.log, s.deriving(events.Gap), end, func(seq uint64) error { return told(end+seq, 2*end) }); err != nil {
		return nil, err
	}
	return t, t.tell(t.ties.Pending)
}

// deriving is the derivation that owns a context.
func (s *Service) deriving(c events.Context) derive.Derivation {
	i := slices.IndexFunc(s.all, func(d derive.Derivation) bool { return slices.Contains(d.Owns, c) })
	return s.all[i]
}

// activate folds the activation, as both services would, in the order of the log.
func (t *trial) activate(f *events.RulesetActivated) error {
	t.seq++
	e := events.Event{Seq: t.seq, ID: events.DerivedID(Name, events.FactID(f.Hash), events.Policy, 0), Context: events.Policy, Subject: events.Nobody,
		Time: t.at, Recorded: t.at, Fact: f}
	roles, err := t.ties.Step(e, t.at)
	if err != nil {
		return err
	}
	if _, err := t.networks.Step(e, t.at); err != nil {
		return err
	}
	return t.tell(roles)
}

// tell tells gap-projection of roles.
func (t *trial) tell(roles []events.Event) error {
	for _, e := range roles {
		t.seq++
		if e.Context != events.Role {
			continue
		}
		e.Seq, e.Recorded = t.seq, t.at
		if _, err := t.networks.Step(e, t.at); err != nil {
			return err
		}
	}
	return nil
}
