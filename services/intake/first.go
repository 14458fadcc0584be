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

// checkRuleset refuses a ruleset that nobody could follow.
func checkRuleset(it *item, f *events.RulesetActivated) {
	rules, err := ruleset.Parse(f.Text)
	switch {
	case err != nil:
		it.say("text", "is no ruleset: "+err.Error())
	case rules.Version != f.Version:
		it.say("version", "is not the version that the text says")
	case rules.Hash != f.Hash:
		it.say("hash", "is not the SHA-256 of the text")
	}
}
