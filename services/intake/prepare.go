package intake

import (
	"errors"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

// stated are facts of intake's contexts that no sender may state: they follow from what Kith does.
// An integration that sends a whole history as lines may say where it begins and ends, as an
// import of files does: no gap opens in between.
var stated = map[string]bool{
	"PersonErased":     true,
	"RulesetActivated": true, // where somebody has looked at what follows: see rulesets.go
}

// prepare makes an event of an item, or notes everything that is wrong with it.
func (a *admission) prepare(it *item) {
	if !it.open() {
		return
	}
	if it.sameAs = a.known(it.outcome.ID); it.sameAs != nil {
		return
	}
	a.facts[it.outcome.ID] = it
	if err := a.build(it); err != nil {
		it.outcome.Err = err
	}
	if it.outcome.Err == nil && len(it.wrong) > 0 {
		it.outcome.Err = fault.New(fault.Invalid, "fact", "the fact is refused", it.wrong...)
	}
	if it.outcome.Err != nil {
		it.event = nil
		return
	}
	a.notice(it.event)
}

// say notes what is wrong with a field; of one field, the first reason counts.
func (it *item) say(field, reason string) {
	for _, w := range it.wrong {
		if w.Name == field {
			return
		}
	}
	it.wrong = append(it.wrong, fault.Field{Name: field, Reason: reason})
}

func (it *item) sayAll(err error) error {
	var p *events.Problems
	if err == nil || !errors.As(err, &p) {
		return err
	}
	for _, one := range p.Fields {
		field := one.Field
		if field == "" {
			field = "data"
		}
		it.say(field, one.Reason)
	}
	return nil
}

// build decodes, resolves, checks, and puts the fact where it belongs. Its error is one that is
// nobody's fault; what is the sender's is in it.wrong.
func (a *admission) build(it *item) error {
	claimed, name, ok := it.in.named()
	entry, known := events.Lookup(name)
	if !ok || !known || !ownable(entry) {
		it.say("type", "is no fact that can be sent to Kith, such as kith.support.AdviceGiven")
		return nil
	}
	if stated[name] {
		it.say("type", "is stated by Kith itself")
		return nil
	}
	it.in.say()
	if it.fact, it.clear = it.in.fact, it.in.clear; it.fact == nil {
		return it.sayAll(it.in.faulty)
	}
	if err := it.sayAll(it.in.faulty); err != nil {
		return err
	}
	for _, step := range []func(*item) error{a.references, a.persons, a.followUp, a.about, a.defaults, a.contradictions, a.secrets} {
		if err := step(it); err != nil {
			return err
		}
	}
	if err := it.sayAll(it.clear.Validate(it.fact)); err != nil {
		return err
	}
	a.times(it)
	a.place(it, claimed, entry)
	if len(it.wrong) > 0 {
		return nil
	}
	return a.envelope(it)
}

func ownable(e events.Entry) bool {
	for _, c := range own {
		if e.In(c) {
			return true
		}
	}
	return false
}

// envelope makes the event. Who said so is left out where that would name a third person.
func (a *admission) envelope(it *item) error {
	it.event.ID, it.event.Source, it.event.Fact = it.outcome.ID, it.in.Source, it.fact
	it.event.Subject, it.event.Time, it.event.Actor = it.subject, it.in.Time, a.viewer.Actor()
	if act := events.ActOf(it.fact); a.viewer.Person() != "" && act != nil && a.viewer.Person() != act.Recipient && a.viewer.Person() != act.Supporter {
		it.event.Actor = ""
	}
	for _, p := range it.before {
		if err := a.s.policy.Write(a.ctx, a.viewer, *p.event); err != nil {
			return err
		}
	}
	return a.s.policy.Write(a.ctx, a.viewer, *it.event)
}

// times refuses what cannot be: decay and order rest on them.
func (a *admission) times(it *item) {
	if it.in.Time.IsZero() {
		it.in.Time = a.now
	}
	check := func(field string, at time.Time) {
		switch {
		case at.After(a.now.Add(early)):
			it.say(field, "is more than five minutes in the future")
		case at.Unix() < 0:
			it.say(field, "is before 1970")
		}
	}
	check("time", it.in.Time)
	if f, ok := it.fact.(*events.SupportReported); ok && !f.AsOf.IsZero() {
		check("asOf", f.AsOf)
	}
}

// defaults fills in who recorded an act, whoever sends it, and what somebody outside is to the
// recipient.
func (a *admission) defaults(it *item) error {
	act := events.ActOf(it.fact)
	if act != nil && act.Relation == "" && act.Supporter.External() {
		act.Relation = a.contact(act.Supporter).relation
	}
	if act == nil || act.RecordedBy != "" {
		return nil
	}
	switch a.viewer.Person() {
	case "":
		act.RecordedBy = "system"
	case act.Recipient:
		act.RecordedBy = "recipient"
	case act.Supporter:
		act.RecordedBy = "supporter"
	default:
		act.RecordedBy = "third-party"
	}
	return nil
}

// notice lets later facts of the same call build on this one.
func (a *admission) notice(e *events.Event) {
	switch f := e.Fact.(type) {
	case *events.PersonJoined:
		a.joined[e.Person()] = true
	case *events.ExternalContactAdded:
		a.contacts[f.Contact] = contact{owner: e.Person(), relation: f.Relation}
	case *events.ProgramOpened:
		a.programs[events.ProgramID(e.Subject)] = true
	}
}
