package intake

import (
	"bytes"
	"encoding/json"
	"errors"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
)

const maxLink = 2048 // characters of an evidenceRef

// openDetails reads what a fact about a person seals.
func (a *admission) openDetails(it *item) {
	raw, ok := it.clear["sealed"]
	if !ok || it.details != nil {
		return
	}
	it.details = &events.PersonDetails{}
	it.strict("sealed", raw, it.details)
}

// strict reads a secret; what it seals has fixed fields too.
func (it *item) strict(field string, raw json.RawMessage, into any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var wrong *json.UnmarshalTypeError
	switch err := d.Decode(into); {
	case errors.As(err, &wrong) && wrong.Field != "":
		it.say(field+"."+wrong.Field, "is a "+wrong.Value+", which it cannot be")
	case err != nil:
		it.say(field, "holds something that is not sealed in this fact")
	}
}

// secrets checks what the sender gave in clear, fact by fact, and brings it into the form that is sealed.
func (a *admission) secrets(it *item) error {
	if raw, ok := it.clear["evidenceRef"]; ok {
		var link string
		if json.Unmarshal(raw, &link) != nil || link == "" || len(link) > maxLink {
			it.say("evidenceRef", "is no link of at most 2048 characters")
		}
	}
	if raw, ok := it.clear["followedFrom"]; ok {
		a.followedFrom(it, raw)
	}
	switch it.fact.(type) {
	case *events.PersonChanged:
		return a.changed(it)
	case *events.ExternalContactAdded:
		if raw, ok := it.clear["sealed"]; ok {
			var d events.ContactDetails
			it.strict("sealed", raw, &d)
			it.details = &events.PersonDetails{Name: d.Nickname}
		}
	case *events.GroupSelfIdentified:
		a.group(it)
	}
	return nil
}

// group checks what a group is called before it is sealed: afterwards nobody can.
func (a *admission) group(it *item) {
	raw, ok := it.clear["sealed"]
	if !ok || len(it.wrong) > 0 {
		return
	}
	var d events.GroupDetails
	if it.strict("sealed", raw, &d); len(it.wrong) == 0 && !d.Group.Valid() {
		it.say("sealed.group", "is no code: lower-case letters, digits, - and _, at most 48")
	}
}

// changed claims new ids for somebody who has joined before.
func (a *admission) changed(it *item) error {
	if it.clear["sealed"] == nil {
		return nil
	}
	a.openDetails(it)
	subject := it.in.Subject
	it.in.Subject = "" // its id is claimed already
	ids := a.idsOf(it)
	it.in.Subject = subject
	if len(it.wrong) > 0 {
		return nil
	}
	return a.claim(it, events.PersonID(it.subject), ids, false)
}

func (a *admission) followedFrom(it *item, raw json.RawMessage) {
	var ids []events.FactID
	if json.Unmarshal(raw, &ids) != nil {
		it.say("followedFrom", "is no list of ids")
		return
	}
	for i := range ids {
		ids[i] = a.reference(it, string(ids[i]))
	}
	it.clear["followedFrom"], _ = json.Marshal(ids)
}

// seal encrypts every secret with the key of the person it belongs to. Keys are made on the way,
// each on disk before it is used, so people are sealed for side by side.
func (a *admission) seal() {
	var g errgroup.Group
	g.SetLimit(readers)
	for i := range a.items {
		it := &a.items[i]
		if !it.open() || len(it.clear) == 0 && len(it.before) == 0 {
			continue
		}
		g.Go(func() error {
			for _, p := range append(it.before, pending{event: it.event, clear: it.clear}) {
				if err := a.sealOne(p); err != nil {
					it.outcome.Err, it.event = err, nil
				}
			}
			return nil
		})
	}
	g.Wait() //nolint:errcheck // each item keeps its own
}

func (a *admission) sealOne(p pending) error {
	fields := events.Secrets(p.event.Fact)
	for name, plain := range p.clear {
		if fields[name] == nil {
			continue
		}
		sealed, err := a.s.keys.Seal(a.ctx, p.event.Person(), name, plain)
		if errors.Is(err, keyring.ErrDestroyed) {
			return fault.New(fault.Invalid, "erased", "the fact is refused", fault.Field{Name: "subject", Reason: "has been erased"})
		}
		if err != nil {
			return err
		}
		*fields[name] = sealed
	}
	return nil
}
