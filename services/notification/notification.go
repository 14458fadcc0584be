package notification

import (
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// The rules of nudging (domain.md sections 5.10 and 6.5):
//
//  1. Of each gap that opens it is said whether its person is told: NudgePlanned, or
//     NudgeSuppressed with the reason. That is said two seconds later, so that gaps which open
//     together are weighed together; of one that has closed by then nothing is said.
//  2. At most one nudge is planned in seven days. Of several gaps the most severe comes first;
//     the others wait, and the most severe of those still open is planned when the week is over.
//  3. A gap has at most one live nudge, and is not spoken of again for 60 days after one.
//  4. A nudge that nobody answers for 60 days was ignored, and so was one that was dismissed.
//     After three in a row of a kind that kind stops, until the person takes part anew. One that
//     was done, or whose gap closed, ends the row.
//  5. Who left, or takes no part in own-network, is told nothing: live nudges are withdrawn.
//  6. Snoozed nudges come back at their time, without being planned again.
//  7. A nudge whose gap closes is NudgeActedOn. If that comes within ten minutes and unanswered,
//     as in the middle of an import, nobody has seen it: it counts for no limit of 2 and 3.
//  8. A nudge names why, by codes, and offers one action. It never names a third person, and goes
//     to nobody but the person whose gap it is.
const (
	week        = 7 * 24 * time.Hour
	again       = 60 * 24 * time.Hour
	unseen      = 10 * time.Minute
	together    = 2 * time.Second
	ignoredStop = 3
)

// Name is the name of the service in URLs, consumers and fences.
const Name = "notification"

// Rules are the rules of nudging over documents; they hold no state of their own.
type Rules struct{}

// step is what one input does to one inbox.
type step struct {
	box *readmodel.Inbox
	in  events.Event
	now time.Time
	out []events.Event
}

// Step folds one input into its person's inbox and returns the nudges planned, suppressed and
// acted on.
func (r Rules) Step(d *projection.Docs, in events.Event) ([]events.Event, error) {
	if due, ok := in.Fact.(*events.Due); ok && due.About == "rebuild" {
		return r.rebuilt(d, in)
	}
	person := in.Person()
	key := readmodel.InboxKey(person)
	if person == "" || person.External() || d.Seq(key) >= in.Seq {
		return nil, nil
	}
	box, err := projection.Get[readmodel.Inbox](d, key)
	if err != nil {
		return nil, err
	}
	if _, erased := in.Fact.(*events.PersonErased); erased && box != nil {
		d.Delete(key)
		return nil, nil
	}
	if box == nil {
		if !begins(in) {
			return nil, nil
		}
		box = &readmodel.Inbox{Person: person}
	}
	s := &step{box: box, in: in, now: nowOf(d, in)}
	s.turn()
	s.take()
	d.Put(key, box)
	d.Wake(key, person, s.wake())
	return s.out, nil
}

// rebuilt looks at every inbox again: what was planned is what the log says, and what is to be planned by
// today's rules is not.
func (r Rules) rebuilt(d *projection.Docs, in events.Event) (out []events.Event, err error) {
	keys, err := d.Keys(readmodel.InboxKey(""))
	for _, key := range keys {
		box, err := projection.Get[readmodel.Inbox](d, key)
		if err != nil {
			return nil, err
		}
		if box == nil || d.Seq(key) >= in.Seq {
			continue
		}
		s := &step{box: box, in: in, now: nowOf(d, in), out: out}
		s.turn()
		s.plan()
		d.Put(key, box)
		d.Wake(key, box.Person, s.wake())
		out = s.out
	}
	return out, err
}

// begins reports whether an inbox begins with a fact.
func begins(in events.Event) bool {
	switch in.Fact.(type) {
	case *events.GapOpened, *events.PersonLeft, *events.PersonMerged, *events.ParticipationChanged:
		return true
	}
	return false
}

// nowOf is the time at which an input is decided on.
func nowOf(d *projection.Docs, in events.Event) time.Time {
	if due, ok := in.Fact.(*events.Due); ok {
		return due.At.UTC()
	}
	return d.Time().UTC()
}

// take folds the input and plans what may be planned now.
func (s *step) take() {
	switch f := s.in.Fact.(type) {
	case *events.GapOpened:
		s.opened(f)
	case *events.GapClosed:
		s.closed(f)
	case *events.ParticipationChanged:
		s.participation(f)
	case *events.PersonJoined:
		s.joined(f)
	case *events.PersonLeft:
		s.leaves(f.EffectiveAt)
	case *events.PersonMerged:
		if s.in.Context == events.People {
			s.leaves(s.now)
		}
	default:
		s.reply()
	}
	s.plan()
}

// turn is what time alone has brought about: who left is gone, snoozed nudges are back, what
// nobody answered was ignored, and what opened a moment ago is weighed.
func (s *step) turn() {
	if s.gone() {
		s.withdraw()
	}
	for i := range s.box.Nudges {
		n := &s.box.Nudges[i]
		if n.State == readmodel.NudgeSnoozed && !n.Until.After(s.now) {
			n.State, n.Shown, n.Until = readmodel.NudgeOpen, n.Until, time.Time{}
		}
		if end := n.Shown.Add(again); n.State == readmodel.NudgeOpen && !end.After(s.now) {
			s.end(n, readmodel.NudgeIgnored, end)
		}
	}
	if at := s.box.WeighAt; !at.IsZero() && !at.After(s.now) {
		s.weigh()
	}
}

// gone reports whether the person has left.
func (s *step) gone() bool { return !s.box.LeftAt.IsZero() && !s.box.LeftAt.After(s.now) }

func (s *step) withdraw() {
	for i := range s.box.Nudges {
		if n := &s.box.Nudges[i]; n.State.Live() {
			s.end(n, readmodel.NudgeWithdrawn, s.now)
		}
	}
}

// end ends a nudge, and counts how it ended for its kind.
func (s *step) end(n *readmodel.Nudge, as readmodel.NudgeState, at time.Time) {
	n.State, n.Ended, n.Until = as, at, time.Time{}
	switch as {
	case readmodel.NudgeIgnored, readmodel.NudgeDismissed:
		if s.box.Ignored == nil {
			s.box.Ignored = map[events.GapKind]int{}
		}
		s.box.Ignored[n.Gap]++
	case readmodel.NudgeDone, readmodel.NudgeActedOn:
		if !n.Free {
			delete(s.box.Ignored, n.Gap)
		}
	}
}

// say adds a fact and returns the id that it will have.
func (s *step) say(f events.Fact) events.FactID {
	id := events.DerivedID(Name, s.in.ID, events.Nudge, len(s.out))
	s.out = append(s.out, events.Event{Context: events.Nudge, Subject: string(s.box.Person), Time: s.now, Fact: f})
	return id
}
