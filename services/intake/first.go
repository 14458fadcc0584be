package intake

import (
	"context"
	"errors"

	"kith.internal/events"
	"kith.internal/services/internal/ruleset"
)

// firstRuleset activates the ruleset that Kith begins with, once in the life of a log.
func (s *Service) firstRuleset(ctx context.Context) error {
	rules, err := ruleset.Default()
	if err != nil {
		return err
	}
	e := events.Event{
		ID: s.firstID(), Source: ownSource, Context: events.Policy, Subject: events.Nobody,
		Time: s.now().UTC(), Actor: "service:" + Name, Fact: &events.RulesetActivated{Version: rules.Version, Hash: rules.Hash, Text: ruleset.DefaultText()},
	}
	if len(s.seen.where(e.ID)) > 0 {
		return nil
	}
	acks, err := s.log.Append(ctx, e)
	if err == nil {
		s.seen.put(e.ID, acks[0].Seq)
	}
	return err
}

func (s *Service) firstID() events.FactID {
	return events.IncomingID(s.tenantKey, ownSource, "first-ruleset")
}

// sameTenant fails where the log was begun with another tenant key: nobody would be recognized there.
func (s *Service) sameTenant(ctx context.Context) error {
	own, first := false, false
	err := s.log.Read(ctx, 1, []string{events.FilterFact(events.Policy, "RulesetActivated")}, func(e events.Event, err error) error {
		own, first = own || e.Source == ownSource, first || e.ID == s.firstID()
		return err
	})
	if err == nil && own && !first {
		err = errors.New("the tenant key is another one than the log was begun with")
	}
	return err
}
