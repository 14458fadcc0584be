package intake

import (
	"kith.internal/events"
)

// reference is a fact's id, or what the same sender called a fact.
func (a *admission) reference(it *item, given string) events.FactID {
	if id := events.FactID(given); given == "" || id.Valid() {
		return id
	}
	return a.idOf(it, given)
}

// idOf is Kith's id of what a sender calls given. A person's ids are their own: whoever knows what
// another system calls a sealed act must not learn, by sending the same, that Kith has it.
func (a *admission) idOf(it *item, given string) events.FactID {
	if person := a.viewer.Person(); person != "" {
		given = string(person) + "\x00" + given
	}
	return events.IncomingID(a.s.tenantKey, it.in.Source, given)
}

// references replaces a sender's own ids of acts and programs by Kith's.
func (a *admission) references(it *item) error {
	facts, programs := events.References(it.fact)
	for _, id := range facts {
		*id = a.reference(it, string(*id))
	}
	if act := events.ActOf(it.fact); act != nil {
		if act.Discloses != "" {
			it.say("discloses", "is said by Kith itself, of an act that SponsorshipDisclosed names")
		}
		if f := act.Formality; f != "" && f != "informal" {
			id, err := a.program(it, "formality", f)
			act.Formality = string(id)
			return err
		}
	}
	for _, program := range programs {
		id, err := a.program(it, "program", string(*program))
		if err != nil {
			return err
		}
		*program = id
	}
	return nil
}

// act returns the event of an id that this service has stored, or that stands before in the
// same call; nil where there is none.
func (a *admission) act(id events.FactID) (*events.Event, error) {
	if it := a.known(id); it != nil && it.event != nil {
		return it.event, nil
	}
	for _, seq := range a.s.seen.where(id) {
		e, err := a.s.log.Get(a.ctx, seq)
		if err != nil {
			return nil, err
		}
		if e.ID == id {
			return &e, nil
		}
	}
	return nil, nil
}
