package notification

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// opened remembers a gap, to be weighed against what else opens now.
func (s *step) opened(f *events.GapOpened) {
	g := readmodel.InboxGap{Fact: s.in.ID, Kind: f.Gap, Role: f.Role, Severity: f.Severity, Reason: f.Reason, Since: f.Since, New: true}
	if known := s.box.Gap(f.Gap, f.Role); known != nil {
		*known = g
	} else {
		s.box.Gaps = append(s.box.Gaps, g)
	}
	if s.box.WeighAt.IsZero() {
		s.box.WeighAt = s.now.Add(together)
	}
}

// weigh plans a nudge about the most severe gap, if one may be planned, and says of every new gap
// that it is not about why its person is not told.
func (s *step) weigh() {
	s.box.WeighAt = time.Time{}
	var fresh []readmodel.InboxGap
	for i := range s.box.Gaps {
		if g := &s.box.Gaps[i]; g.New {
			g.New = false
			fresh = append(fresh, *g)
		}
	}
	s.plan()
	for _, g := range fresh {
		if n := s.box.Live(g.Kind, g.Role); n == nil || n.GapFact != g.Fact {
			s.say(&events.NudgeSuppressed{Channel: inApp{}.Name(), Gap: g.Kind, Role: g.Role, GapFact: g.Fact, Reason: s.suppressed(&g)})
		}
	}
}

// suppressed is why a person is not told of a gap now.
func (s *step) suppressed(g *readmodel.InboxGap) events.SuppressReason {
	switch held := s.heldBack(g); {
	case s.gone():
		return "left"
	case s.box.Out:
		return "opted-out"
	case held != "":
		return held
	}
	return "weekly-cap"
}

// closed forgets a gap, and says of the nudge about it that it was acted on.
func (s *step) closed(f *events.GapClosed) {
	s.box.Gaps = slices.DeleteFunc(s.box.Gaps, func(g readmodel.InboxGap) bool { return g.Kind == f.Gap && g.Role == f.Role })
	n := s.box.Live(f.Gap, f.Role)
	if n == nil {
		return
	}
	by := f.ClosedBy
	if by == "" {
		by = s.in.ID
	}
	n.Free = !n.Answered && s.now.Sub(n.Planned) <= unseen
	s.end(n, readmodel.NudgeActedOn, s.now)
	s.say(&events.NudgeActedOn{Nudge: n.ID, By: by})
}

// reply folds what a person answered. An answer to a nudge that has ended changes nothing.
func (s *step) reply() {
	switch f := s.in.Fact.(type) {
	case *events.NudgeDismissed:
		s.answer(f.Nudge, func(n *readmodel.Nudge) { s.end(n, readmodel.NudgeDismissed, s.now) })
	case *events.NudgeDone:
		s.answer(f.Nudge, func(n *readmodel.Nudge) { s.end(n, readmodel.NudgeDone, s.now) })
	case *events.NudgeSnoozed:
		s.answer(f.Nudge, func(n *readmodel.Nudge) { s.snooze(n, f.Until.UTC()) })
	}
}

func (s *step) answer(id events.FactID, do func(*readmodel.Nudge)) {
	if n := s.box.Nudge(id); n != nil && n.State.Live() {
		n.Answered = true
		do(n)
	}
}

// snooze puts a nudge off; until a time that is past it is not put off at all.
func (s *step) snooze(n *readmodel.Nudge, until time.Time) {
	if !until.After(s.now) {
		n.State, n.Shown, n.Until = readmodel.NudgeOpen, s.now, time.Time{}
		return
	}
	n.State, n.Until = readmodel.NudgeSnoozed, until
}

// participation: who takes part anew begins with a clean slate.
func (s *step) participation(f *events.ParticipationChanged) {
	if f.Purpose != "own-network" {
		return
	}
	s.box.Out = f.Participation == "out"
	if s.box.Out {
		s.withdraw()
	} else {
		s.box.Ignored = nil
	}
}

// joined: somebody who left may come back.
func (s *step) joined(f *events.PersonJoined) {
	if f.EffectiveAt.After(s.box.LeftAt) {
		s.box.LeftAt = time.Time{}
	}
}

func (s *step) leaves(at time.Time) {
	s.box.LeftAt = at.UTC()
	if s.gone() {
		s.withdraw()
	}
}

// Stated folds a nudge fact that the service appended before: what it said stands, whatever
// today's rules would say.
func (Rules) Stated(d *projection.Docs, own events.Event) error {
	key := readmodel.InboxKey(own.Person())
	box, err := projection.Get[readmodel.Inbox](d, key)
	if err != nil || box == nil {
		return err // erased since
	}
	switch f := own.Fact.(type) {
	case *events.NudgePlanned:
		if box.Nudge(own.ID) != nil {
			return nil
		}
		box.Add(restored(box, own, f))
	case *events.NudgeActedOn:
		if n := box.Nudge(f.Nudge); n != nil && n.State.Live() {
			n.State, n.Ended = readmodel.NudgeActedOn, own.Time
		}
	}
	d.Put(key, box)
	return nil
}

// Unsaid implements derive.Unsayer: a nudge that nobody was told of is none.
func (Rules) Unsaid(d *projection.Docs, never events.Event) error {
	key := readmodel.InboxKey(never.Person())
	box, err := projection.Get[readmodel.Inbox](d, key)
	if err != nil || box == nil {
		return err
	}
	box.Nudges = slices.DeleteFunc(box.Nudges, func(n readmodel.Nudge) bool { return n.ID == never.ID })
	d.Put(key, box)
	return nil
}

// restored is a nudge that was planned by other rules than today's. It is live only while its
// gap is open and no other nudge speaks of it.
func restored(box *readmodel.Inbox, own events.Event, f *events.NudgePlanned) readmodel.Nudge {
	n := readmodel.Nudge{ID: own.ID, Gap: f.Gap, Role: f.Role, Action: f.Action, Channel: f.Channel, GapFact: f.GapFact,
		State: readmodel.NudgeWithdrawn, Planned: own.Time, Shown: own.Time, Ended: own.Time}
	if g := box.Gap(f.Gap, f.Role); g != nil && g.Fact == f.GapFact {
		n.Reason, n.Severity = g.Reason, g.Severity
		if box.Live(f.Gap, f.Role) == nil && !box.Out {
			n.State, n.Ended = readmodel.NudgeOpen, time.Time{}
		}
	}
	return n
}
