package intake

import (
	"kith.internal/events"
)

const (
	isUnknown = "is unknown: nobody in the directory has this id"
	isNoID    = "is neither a pseudonym nor an external id such as hr:4711"
)

// persons replaces external ids by pseudonyms.
func (a *admission) persons(it *item) error {
	for _, f := range events.PersonFields(it.fact) {
		if *f.ID == "" {
			continue
		}
		if err := a.resolve(it, f); err != nil {
			return err
		}
	}
	act := events.ActOf(it.fact)
	if act != nil && act.Supporter.External() && act.Supporter.Valid() && a.contact(act.Supporter).owner != act.Recipient {
		it.say("supporter", "is another person's contact")
	}
	return nil
}

func (a *admission) resolve(it *item, f events.PersonField) error {
	switch {
	case f.ID.Valid():
		if f.Name != "manager" && f.Name != "contact" && !a.knows(*f.ID) {
			it.say(f.Name, isUnknown)
		}
		return nil
	case f.Name == "manager":
		return a.reserve(it, f.Name, f.ID, events.NewPersonID())
	case f.Name == "contact":
		return a.reserve(it, f.Name, f.ID, events.NewExternalID())
	}
	return a.find(it, f.Name, f.ID)
}

// reserve gives somebody a pseudonym before they are known: managers join in any order, and
// nobody has to resolve them later.
func (a *admission) reserve(it *item, field string, id *events.PersonID, otherwise events.PersonID) error {
	external, ok := normal(string(*id))
	if !ok {
		it.say(field, isNoID)
		return nil
	}
	if len(it.wrong) > 0 {
		*id = otherwise // a fact that is refused makes nobody
		return nil
	}
	found, err := a.s.ids.reserve(a.ctx, external, string(otherwise))
	*id = events.PersonID(found)
	return err
}

// find looks somebody up who has to be known, or is made known by what an import wants.
func (a *admission) find(it *item, field string, id *events.PersonID) error {
	external, ok := normal(string(*id))
	if !ok {
		it.say(field, isNoID)
		return nil
	}
	found, err := a.s.ids.find(a.ctx, external)
	if err != nil {
		return err
	}
	p := events.PersonID(found)
	if p.Valid() && a.knows(p) {
		*id = p
		return nil
	}
	if made, err := a.introduce(it, field, external); err != nil || made != "" {
		*id = made
		return err
	}
	it.say(field, isUnknown)
	return nil
}

// knows reports whether somebody is in the directory or is a contact, also by a fact before this one.
func (a *admission) knows(p events.PersonID) bool {
	for c := a; c != nil; c = c.before {
		if c.joined[p] || c.contacts[p].owner != "" {
			return true
		}
	}
	return a.s.directory.knows(p)
}

func (a *admission) contact(p events.PersonID) contact {
	for c := a; c != nil; c = c.before {
		if found := c.contacts[p]; found.owner != "" {
			return found
		}
	}
	return a.s.directory.contact(p)
}
