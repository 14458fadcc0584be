package audit

import (
	"context"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// errBusy is that the memory of a server holds one such thing at a time.
var errBusy = fault.New(fault.Unavailable, "busy", "somebody else asks what would follow: try again shortly")

// WhatIf says what would follow if a ruleset were activated at a time. What the services have made of the log
// so far is made again beside them, and the ruleset is tried on that: by the same rules, one as after the
// other, and nothing is appended. It tells now and then how far it has come. It fails with kind Invalid where
// the text is no ruleset.
func (s *Service) WhatIf(ctx context.Context, text string, at time.Time, told func(done, of uint64) error) (*Diff, error) {
	rules, err := parse(text)
	if err != nil {
		return nil, err
	}
	if !s.trying.TryLock() {
		return nil, errBusy
	}
	defer s.trying.Unlock()
	end, err := s.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	d := &Diff{End: end, At: at.UTC().Truncate(time.Second), Ruleset: rules.Hash, Version: rules.Version}
	trial, err := s.trial(ctx, end, d.At, told)
	if err != nil {
		return nil, err
	}
	before, err := pictureOf(trial.networks.Docs)
	if err != nil {
		return nil, err
	}
	if err := trial.activate(&events.RulesetActivated{Version: rules.Version, Hash: rules.Hash, Text: text}); err != nil {
		return nil, err
	}
	after, err := pictureOf(trial.networks.Docs)
	if err != nil {
		return nil, err
	}
	d.turns(before, after)
	return d, s.complete(ctx, d, trial, text)
}

func parse(text string) (*ruleset.Ruleset, error) {
	rules, err := ruleset.Parse(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "ruleset", "the ruleset is refused", fault.Field{Name: "text", Reason: "is no ruleset: " + err.Error()})
	}
	return rules, nil
}

// complete says which rules did it, and who is counted where.
func (s *Service) complete(ctx context.Context, d *Diff, t *trial, text string) error {
	inForce, err := s.rulesetAt(ctx, d.End)
	if err != nil {
		return err
	}
	if d.Rules, err = ruleChanges(inForce, text); err != nil {
		return err
	}
	d.blame()
	d.people = map[events.PersonID]events.Code{}
	if d.floor, err = s.floorAt(ctx, d.End); err != nil {
		return err
	}
	return eachNetwork(t.networks.Docs, func(n *readmodel.Network) {
		now := n.At(d.At)
		if present := now.Presence == readmodel.Present || now.Presence == readmodel.Away; present && n.Merged == "" && n.TakesPart("org-aggregate") {
			d.people[n.Person] = now.Department
		}
	})
}

// rulesetAt is the ruleset in force at a sequence.
func (s *Service) rulesetAt(ctx context.Context, end uint64) (string, error) {
	text := ruleset.DefaultText()
	err := s.policyFacts(ctx, "RulesetActivated", end, func(f events.Fact) { text = f.(*events.RulesetActivated).Text })
	return text, err
}

// leastFloor is the smallest group that anything may be told of, until a policy says more.
const leastFloor = 5

// floorAt is that in force at a sequence.
func (s *Service) floorAt(ctx context.Context, end uint64) (int, error) {
	_, floor, err := s.floorsAt(ctx, end)
	return floor, err
}

func (s *Service) policyFacts(ctx context.Context, name string, end uint64, do func(events.Fact)) error {
	return s.log.Read(ctx, 1, []string{events.FilterFact(events.Policy, name)}, func(e events.Event, err error) error {
		if err == nil && e.Seq <= end {
			do(e.Fact)
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
