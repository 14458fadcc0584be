package access

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
)

// Policy decides who reads and writes what, and records who read.
type Policy struct {
	log    *eventlog.Log
	source string
}

// New returns the policy of a service, which appends its access facts to log.
func New(log *eventlog.Log, service string) *Policy {
	return &Policy{log: log, source: "/services/" + service}
}

// Read allows a viewer to read what belongs to a person. The person themselves may, for whatever they like, and
// leaves no trace. Anybody else may for the one purpose that opens it to them, and is a NetworkViewed fact before
// they see anything. It fails with fault.Forbidden where there is no such purpose or another one is stated, with
// fault.Invalid where none is stated, and with fault.Unavailable where the reading cannot be recorded.
func (p *Policy) Read(ctx context.Context, v Viewer, r Reading) error {
	if err := known(v); err != nil {
		return err
	}
	if v.Purpose != "" && !slices.Contains(v.Purpose.Codes(), string(v.Purpose)) {
		return fault.New(fault.Invalid, "purpose", "no such purpose of reading: it is one of "+strings.Join(v.Purpose.Codes(), ", "))
	}
	if v.Kind == Person && v.Person() == r.person {
		return nil
	}
	switch opens := r.opens(v); {
	case opens == "":
		return fault.New(fault.Forbidden, "not-yours", r.whose)
	case v.Purpose == "":
		return fault.New(fault.Invalid, "no-purpose", "say what for: the header "+PurposeHeader+" holds "+string(opens))
	case v.Purpose != opens:
		return fault.New(fault.Forbidden, "not-for-this", "you may not read this for the purpose "+string(v.Purpose))
	}
	return p.read(ctx, v, string(r.person), &events.NetworkViewed{Viewer: v.Actor(), Purpose: v.Purpose})
}

// Directory allows a viewer to look people up. It fails with fault.Forbidden where the viewer
// is anonymous: the directory is no person's network, and everybody in the organization has it.
func (p *Policy) Directory(_ context.Context, v Viewer) error { return known(v) }

// Operate allows a viewer to operate a service: to have it do its own work again, and to read how that
// goes, about nobody. It fails with fault.Forbidden unless the viewer is a service.
func (p *Policy) Operate(_ context.Context, v Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	if v.Kind != Service {
		return fault.New(fault.Forbidden, "not-an-operator", "only operators may do this, who ask as service:<name>")
	}
	return nil
}

// Aggregate allows a viewer to read numbers that are about nobody: everybody in the organization,
// its integrations and the services of this product, for what is published is made so that no
// reader learns of anybody. It fails with fault.Forbidden where the viewer is anonymous, and with
// fault.Unavailable where the reading cannot be recorded: who asked for what is a fact before they see it.
func (p *Policy) Aggregate(ctx context.Context, v Viewer, filters []events.Code, suppressed int) error {
	if err := known(v); err != nil {
		return err
	}
	return p.read(ctx, v, events.Nobody, &events.AggregateQueried{Viewer: v.Actor(), Filters: filters, SuppressedCells: suppressed})
}

// read appends who reads what.
func (p *Policy) read(ctx context.Context, v Viewer, subject string, f events.Fact) error {
	_, err := p.log.Append(ctx, events.Event{
		ID:      events.FactID(strings.ToLower(rand.Text())),
		Source:  p.source,
		Context: events.Access,
		Subject: subject,
		Time:    time.Now().UTC(),
		Actor:   v.Actor(),
		Fact:    f,
	})
	if err != nil {
		return fault.Wrap(fault.Unavailable, "not-recorded", "the reading could not be recorded; try again", err)
	}
	return nil
}

func known(v Viewer) error {
	if v.Kind != Anonymous {
		return nil
	}
	return fault.New(fault.Forbidden, "no-viewer", "say who is asking: the header "+Header+
		" holds person:<id>, integration:<name>, service:<name> or auditor:<name>")
}
