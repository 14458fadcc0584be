package intake

import (
	"context"

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
		ID: events.IncomingID(s.tenantKey, ownSource, "first-ruleset"), Source: ownSource, Context: events.Policy, Subject: events.Nobody,
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
