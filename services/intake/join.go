package intake

import (
	"encoding/json"
	"slices"

	"kith.internal/events"
)

// aboutJoined gives a newcomer one pseudonym for all their ids: the subject, the sealed external
// ids and the mail address. A pseudonym that was reserved for them as somebody's manager is theirs.
func (a *admission) aboutJoined(it *item) error {
	a.openDetails(it)
	ids := a.idsOf(it)
	who := events.PersonID(it.in.Subject)
	if who.Valid() && !a.knows(who) {
		it.say("subject", isUnknown)
	}
	if len(ids) == 0 && !who.Valid() {
		it.say("subject", "is required: an id by which the person is known, such as hr:4711")
	}
	if len(it.wrong) > 0 {
		return nil
	}
	if !who.Valid() {
		var err error
		if who, err = a.firstOf(ids); err != nil {
			return err
		}
	}
	it.subject = string(who)
	return a.claim(it, who, ids, true)
}

// firstOf is the pseudonym of the first id, or one that was reserved for another of them, or a new
// one. That of somebody who has joined under another id is not taken: claim says so.
func (a *admission) firstOf(ids []string) (events.PersonID, error) {
	for i, id := range ids {
		found, err := a.s.ids.find(a.ctx, id)
		if err != nil {
			return "", err
		}
		if who := events.PersonID(found); who.Valid() && (i == 0 || !a.knows(who)) {
			return who, nil
		}
	}
	return events.NewPersonID(), nil
}

// claim reserves ids for a person, and seals them with the person's details: so the lookups can be
// made again from the log.
func (a *admission) claim(it *item, who events.PersonID, ids []string, newcomer bool) error {
	for i, id := range ids {
		found, err := a.s.ids.reserve(a.ctx, id, string(who))
		if err != nil {
			return err
		}
		owner := events.PersonID(found)
		if i == 0 && newcomer && owner.Valid() && !a.knows(owner) {
			who, it.subject = owner, found
		} else if owner != who {
			it.say("sealed.externalIds", "holds an id, or a mail address, of somebody else")
			return nil
		}
	}
	if it.details == nil {
		it.details = &events.PersonDetails{}
	}
	for _, id := range ids {
		if !slices.Contains(it.details.ExternalIDs, id) {
			it.details.ExternalIDs = append(it.details.ExternalIDs, id)
		}
	}
	sealed, err := json.Marshal(it.details)
	if it.clear == nil {
		it.clear = events.Clear{}
	}
	it.clear["sealed"] = sealed
	return err
}

// idsOf are the normal forms of all ids that are given for a person.
func (a *admission) idsOf(it *item) []string {
	var ids []string
	add := func(field, id string) {
		n, ok := normal(id)
		if !ok {
			it.say(field, isNoID)
		} else if !slices.Contains(ids, n) {
			ids = append(ids, n)
		}
	}
	if s := it.in.Subject; s != "" && !events.PersonID(s).Valid() {
		add("subject", s)
	}
	if it.details == nil {
		return ids
	}
	for _, id := range it.details.ExternalIDs {
		add("sealed.externalIds", id)
	}
	it.details.ExternalIDs = nil // claim puts them back in their normal form
	if it.details.Email != "" {
		add("sealed.email", "email:"+it.details.Email)
	}
	return ids
}
