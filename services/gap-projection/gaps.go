package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// The business rules of what is missing (domain.md section 6.4):
//
//  1. A network rests on what its person may know: people, support, personal and role facts.
//     Sealed acts, and roles that only they show, change nothing here.
//  2. Only somebody who is in the directory, has not left and takes part in the purpose
//     own-network has gaps. Whoever leaves has none at once. During a leave none opens.
//  3. A role is held while it is active or at risk. A peer mentor counts once the person has said
//     themselves that this one helps them; a reverse mentor counts, for the senior of the two,
//     whose network it is in.
//  4. missing-role: fewer than the minimum hold a role that is expected; by default, nobody.
//  5. thin-role: fewer than the target do, but not fewer than the minimum. It stays open until the target is
//     reached or missing-role takes its place.
//  6. at-risk: nobody is active in a role, and who holds it is at risk. A new pair has a grace.
//     It stays open until somebody is active or missing-role takes its place.
//  7. isolation: no act of support of any kind for 60 days. Of somebody new it is asked on days
//     21, 45 and 90: was there any since the day before that?
//  8. declared-not-enacted: the person named somebody in a role, and for 90 days no acts of
//     theirs have shown it.
//  9. A condition opens its gap once it has held for seven days (7 and 8 contain their own hold),
//     and the gap closes at once. A gap that thins out again starts its seven days anew.
//  10. Since when a condition holds is read from the facts' own times, never from when they were
//     recorded: gaps speak right after an import.
//  11. What is expected follows from the stage of a career and from goals: in the first 45 days
//     nothing but 7, a sponsor from mid-career or with the goal to advance, an ally never.
//     Severity is the ruleset's figure for the stage, times persistence: 60 % in the first 30
//     days of a condition, 80 % to day 90, then 100 %.
//  12. While a file import runs, and until roles have followed from it, no gap opens: what half a
//     file does not show is not missing. An import that never ends holds gaps back for an hour.
//  13. A gap's facts hold codes, times and the id of a role fact: never a third person.

// Name is the name of the service in URLs, consumers and fences.
const Name = "gap-projection"

// Rules are the rules of gaps over documents. They hold nothing but the ruleset to begin with.
type Rules struct{ initial *Ruleset }

// step is what one input does.
type step struct {
	d       *projection.Docs
	initial *Ruleset // in force until one is activated
	in      events.Event
	now     time.Time
	out     []events.Event
}

// Step folds one input into the networks it concerns and returns the gaps that open and close.
func (r *Rules) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	s := &step{d: d, initial: r.initial, in: in, now: nowOf(in)}
	err := s.take()
	return s.out, err
}

// nowOf is the time at which an input is decided on.
func nowOf(in events.Event) time.Time {
	if due, ok := in.Fact.(*events.Due); ok {
		return due.At.UTC()
	}
	return in.Recorded.UTC()
}

func (s *step) take() error {
	switch f := s.in.Fact.(type) {
	case *events.RulesetActivated:
		return s.activate(f)
	case *events.ImportStarted:
		return s.importStarted(f)
	case *events.ImportFinished:
		return s.importFinished(f)
	case *events.Due:
		return s.due(f)
	}
	return s.person()
}

// person folds a fact about one person into their network.
func (s *step) person() error {
	person := s.in.Person()
	if person == "" || person.External() || !mayKnow(s.in.Context) {
		return nil
	}
	key := readmodel.NetworkKey(person)
	if s.d.Seq(key) >= s.in.Seq {
		return nil
	}
	n, err := projection.Get[readmodel.Network](s.d, key)
	if err != nil {
		return err
	}
	if n == nil {
		n = &readmodel.Network{Person: person}
	}
	if !fold(n, s.in) {
		return nil
	}
	s.d.Put(key, n)
	if err := s.stillSettling(); err != nil {
		return err
	}
	return s.decide(n)
}

// mayKnow: the contexts that a person's network may rest on.
func mayKnow(c events.Context) bool {
	switch c {
	case events.People, events.Support, events.Personal, events.Role:
		return true
	}
	return false
}

// due decides again about what the Due fact names.
func (s *step) due(f *events.Due) error {
	if f.For != Name {
		return nil
	}
	switch f.About {
	case importsKey:
		return s.importsDue()
	case "rebuild":
		return s.everybody()
	}
	return s.again(f.About)
}

// everybody decides again about all networks.
func (s *step) everybody() error {
	keys, err := s.d.Keys(readmodel.NetworkKey(""))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := s.again(key); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) again(key string) error {
	if s.d.Seq(key) >= s.in.Seq {
		return nil
	}
	n, err := projection.Get[readmodel.Network](s.d, key)
	if n == nil || err != nil {
		return err
	}
	return s.decide(n)
}

// Stated folds a gap fact that the service appended before: what it said is what is open.
func (*Rules) Stated(d *projection.Docs, own events.Event) error {
	key := readmodel.NetworkKey(own.Person())
	n, err := projection.Get[readmodel.Network](d, key)
	if err != nil {
		return err
	}
	if n == nil {
		n = &readmodel.Network{Person: own.Person()}
	}
	switch f := own.Fact.(type) {
	case *events.GapOpened:
		opened(n, f, own.Time, own.ID)
	case *events.GapClosed:
		closed(n, f, own.Time)
	default:
		return nil
	}
	d.Put(key, n)
	return nil
}
