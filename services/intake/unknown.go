package intake

import (
	"encoding/json"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/services/intake/mapping"
)

// unknownPeople is what an import does with people nobody knows.
type unknownPeople struct {
	what  mapping.Unknown
	level int
}

// introduce makes somebody known who is not, where the import wants it: with a fact of their own,
// stored before the one that needs it. It returns "" where nobody may be made: not by an act that
// its recipient must not see either, who would see the new contact, as all see the directory.
func (a *admission) introduce(it *item, field, external string) (events.PersonID, error) {
	if len(it.wrong) > 0 || events.ActOf(it.fact) == nil || hidden(it.fact) {
		return "", nil
	}
	switch a.opts.unknown.what {
	case mapping.Create:
		return a.create(it, external)
	case mapping.External:
		if field == "supporter" {
			return a.befriend(it, external)
		}
	}
	return "", nil
}

func (a *admission) create(it *item, external string) (events.PersonID, error) {
	found, err := a.s.ids.reserve(a.ctx, external, string(events.NewPersonID()))
	who := events.PersonID(found)
	if err != nil || !who.Valid() {
		return "", err
	}
	details := &events.PersonDetails{ExternalIDs: []string{external}}
	sealed, err := json.Marshal(details)
	if err != nil {
		return "", err
	}
	e := &events.Event{
		ID: events.IncomingID(a.s.tenantKey, it.in.Source, "created/"+external), Source: it.in.Source, Context: events.People,
		Subject: found, Time: when(it, a.now), Actor: a.viewer.Actor(), Fact: &events.PersonJoined{Level: a.opts.unknown.level, EffectiveAt: when(it, a.now)},
	}
	it.before = append(it.before, pending{e, events.Clear{"sealed": sealed}, details})
	a.notice(e)
	return who, nil
}

// befriend makes somebody the recipient's own external contact; another recipient's is another one.
func (a *admission) befriend(it *item, external string) (events.PersonID, error) {
	recipient := events.ActOf(it.fact).Recipient
	if !recipient.Valid() {
		return "", nil
	}
	_, value, _ := strings.Cut(external, ":")
	found, err := a.s.ids.reserve(a.ctx, "contact:"+string(recipient)+"/"+external, string(events.NewExternalID()))
	contact := events.PersonID(found)
	if err != nil || a.knows(contact) {
		return contact, err
	}
	sealed, err := json.Marshal(events.ContactDetails{Nickname: value})
	if err != nil {
		return "", err
	}
	e := &events.Event{
		ID: events.IncomingID(a.s.tenantKey, it.in.Source, "contact/"+string(recipient)+"/"+external), Source: it.in.Source, Context: events.Personal,
		Subject: string(recipient), Time: when(it, a.now), Actor: a.viewer.Actor(), Fact: &events.ExternalContactAdded{Contact: contact, Relation: "external"},
	}
	it.before = append(it.before, pending{event: e, clear: events.Clear{"sealed": sealed}})
	a.notice(e)
	return contact, nil
}

func when(it *item, now time.Time) time.Time {
	if it.in.Time.IsZero() {
		return now
	}
	return it.in.Time
}
