package events

import (
	"fmt"
	"reflect"
	"strings"
)

// check reports the first fault of the envelope, as an ErrEnvelope. The fact itself is for
// Validate.
func (e Event) check() error {
	switch {
	case e.Fact == nil || reflect.ValueOf(e.Fact).Kind() != reflect.Pointer || reflect.ValueOf(e.Fact).IsNil():
		return faulty("the fact is no pointer to one")
	case !e.ID.Valid():
		return faulty("the id is not 26 base32 characters")
	case !isSource(e.Source):
		return faulty("the source is no path such as /integrations/slack")
	case e.Actor != "" && !isActor(e.Actor):
		return faulty("the actor is neither a person nor service:<name>, integration:<name> or auditor:<name>")
	case faultyTime(e.Time) != "":
		return faulty("the time " + faultyTime(e.Time))
	}
	if err := e.checkCause(); err != nil {
		return err
	}
	return e.checkPlace()
}

func (e Event) checkCause() error {
	switch {
	case e.CausationID != "" && !e.CausationID.Valid():
		return faulty("the causation is no fact id")
	case e.CausationID == "" && (e.CausationSeq != 0 || e.CausationIndex != 0):
		return faulty("the causation has a place but no id")
	case e.CausationIndex < 0:
		return faulty("the causation index is negative")
	case e.CorrelationID != "" && !e.CorrelationID.Valid():
		return faulty("the correlation is no fact id")
	}
	return nil
}

// checkPlace holds the fact against its context and subject. An act in a context that is more
// open than it may be would show it to somebody who must not know.
func (e Event) checkPlace() error {
	name := e.Fact.FactName()
	entry, ok := Lookup(name)
	if !ok || !entry.In(e.Context) {
		return faulty(fmt.Sprintf("%s does not stand in context %q", name, e.Context))
	}
	if !entry.About(e.Subject) {
		return faulty("the subject is nothing that " + name + " can be about")
	}
	if act := ActOf(e.Fact); act != nil && string(act.Recipient) != e.Subject {
		return faulty("the subject is not the recipient of the act")
	}
	if c, ok := ContextFor(e.Fact); ok && c != e.Context {
		return faulty(fmt.Sprintf("this %s belongs in context %q, not %q", name, c, e.Context))
	}
	return nil
}

func faulty(what string) error { return fmt.Errorf("%w: %s", ErrEnvelope, what) }

// isSource reports whether s is the path of a service or an integration.
func isSource(s string) bool {
	return strings.HasPrefix(s, "/") && len(s) <= 256 && all(s, bare)
}
