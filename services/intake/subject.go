package intake

import (
	"kith.internal/events"
)

// about finds out whom the fact is about: the recipient of an act, the person or program that the
// sender names, or nobody.
func (a *admission) about(it *item) error {
	switch it.fact.(type) {
	case *events.ProgramOpened, *events.ProgramClosed:
		return a.aboutProgram(it)
	case *events.PersonJoined:
		return a.aboutJoined(it)
	case *events.ErasureRequested:
		return a.aboutErased(it)
	case *events.PolicyChanged, *events.SubscriptionCreated, *events.SubscriptionRevoked, *events.ImportStarted, *events.ImportFinished:
		it.subject = events.Nobody
		return nil
	}
	if act := events.ActOf(it.fact); act != nil {
		return a.aboutRecipient(it, act.Recipient)
	}
	return a.aboutPerson(it)
}

// aboutRecipient: the subject says what the body says, where it says anything.
func (a *admission) aboutRecipient(it *item, recipient events.PersonID) error {
	it.subject = string(recipient)
	if it.in.Subject == "" {
		return nil
	}
	named := events.PersonID(it.in.Subject)
	if !named.Valid() {
		external, _ := normal(it.in.Subject)
		found, err := a.s.ids.find(a.ctx, external)
		if err != nil {
			return err
		}
		named = events.PersonID(found)
	}
	if named != recipient && recipient.Valid() {
		it.say("subject", "is not the recipient")
	}
	return nil
}

func (a *admission) aboutPerson(it *item) error {
	if it.in.Subject == "" && it.subject != "" {
		return nil // the act it is about says so
	}
	if it.in.Subject == "" {
		it.say("subject", "is required: a person's id")
		return nil
	}
	who := events.PersonID(it.in.Subject)
	if !who.Valid() {
		if err := a.find(it, "subject", &who); err != nil {
			return err
		}
	} else if !a.knows(who) {
		it.say("subject", isUnknown)
	}
	if it.subject != "" && it.subject != string(nobody) && it.subject != string(who) {
		it.say("subject", "is not the recipient of the act")
	}
	if _, merged := it.fact.(*events.PersonMerged); who.External() && !merged {
		it.say("subject", "is an external contact: this belongs to people in the directory")
	}
	it.subject = string(who)
	return nil
}

// aboutErased: whoever has an id may be erased, also who never joined: a manager whom others name.
func (a *admission) aboutErased(it *item) error {
	who, err := a.s.anybody(a.ctx, it.in.Subject)
	if it.subject = string(who); err != nil || who != "" {
		return err
	}
	return a.aboutPerson(it) // one who joins in the same call, or nobody
}

func (a *admission) aboutProgram(it *item) error {
	id, err := a.program(it, "subject", it.in.Subject)
	it.subject = string(id)
	return err
}

// program resolves a program; one that is opened is given a pseudonym.
func (a *admission) program(it *item, field, given string) (events.ProgramID, error) {
	_, opens := it.fact.(*events.ProgramOpened)
	id := events.ProgramID(given)
	if !id.Valid() {
		external, ok := normal(given)
		if !ok {
			it.say(field, "is neither a program's pseudonym nor an external id such as program:mentoring")
			return "", nil
		}
		var err error
		var found string
		if opens && len(it.wrong) == 0 {
			found, err = a.s.ids.reserve(a.ctx, external, string(events.NewProgramID()))
		} else {
			found, err = a.s.ids.find(a.ctx, external)
		}
		if err != nil {
			return "", err
		}
		id = events.ProgramID(found)
	}
	if !id.Valid() || !opens && !a.opened(id) {
		it.say(field, "is unknown: no program has this id")
	}
	return id, nil
}

// opened reports whether there is a program, also by a fact before this one.
func (a *admission) opened(id events.ProgramID) bool {
	for c := a; c != nil; c = c.before {
		if c.programs[id] {
			return true
		}
	}
	return a.s.directory.hasProgram(id)
}
