package notification

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// plan plans a nudge about the most severe gap that may be spoken of now, if any may.
func (s *step) plan() {
	if s.box.Out || s.gone() || s.capEnd().After(s.now) {
		return
	}
	if g := s.first(); g != nil {
		s.nudge(*g)
	}
}

// first is the most severe open gap that nothing but the weekly cap holds back.
func (s *step) first() *readmodel.InboxGap {
	var best *readmodel.InboxGap
	for i := range s.box.Gaps {
		g := &s.box.Gaps[i]
		if !g.New && s.heldBack(g) == "" && (best == nil || moreUrgent(g, best) < 0) {
			best = g
		}
	}
	return best
}

// moreUrgent orders gaps: the more severe, then the longer there, then as they opened.
func moreUrgent(a, b *readmodel.InboxGap) int {
	return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.Since.Compare(b.Since))
}

// heldBack is why a person who takes part is not told of a gap whatever the week: "" if nothing
// holds it back.
func (s *step) heldBack(g *readmodel.InboxGap) events.SuppressReason {
	live := s.box.Live(g.Kind, g.Role)
	switch {
	case live != nil && live.State == readmodel.NudgeSnoozed:
		return "snoozed"
	case s.box.Ignored[g.Kind] >= ignoredStop:
		return "ignored-thrice"
	case live != nil, s.againAt(g).After(s.now):
		return "repeated"
	}
	return ""
}

// capEnd is when the next nudge may be planned.
func (s *step) capEnd() time.Time {
	var end time.Time
	for _, n := range s.box.Nudges {
		if at := n.Planned.Add(week); !n.Free && at.After(end) {
			end = at
		}
	}
	return end
}

// againAt is when a gap may be spoken of again.
func (s *step) againAt(g *readmodel.InboxGap) time.Time {
	var at time.Time
	for _, n := range s.box.Nudges {
		if next := n.Planned.Add(again); !n.Free && n.Gap == g.Kind && n.Role == g.Role && next.After(at) {
			at = next
		}
	}
	return at
}

func (s *step) nudge(g readmodel.InboxGap) {
	action := s.action(g)
	id := s.say(&events.NudgePlanned{Channel: inApp{}.Name(), Gap: g.Kind, Role: g.Role, GapFact: g.Fact, Action: action})
	s.box.Add(readmodel.Nudge{
		ID: id, Gap: g.Kind, Role: g.Role, Reason: g.Reason, Severity: g.Severity, Action: action, Channel: inApp{}.Name(), GapFact: g.Fact,
		State: readmodel.NudgeOpen, Planned: s.now, Shown: s.now,
	})
}

// action is the one thing a nudge offers to do about a gap.
func (s *step) action(g readmodel.InboxGap) events.NudgeAction {
	switch g.Kind {
	case "at-risk", "stalled-pair":
		return "rekindle"
	case "declared-not-enacted", "one-sided":
		return "review"
	case "overloaded-supporter":
		return "make-room"
	case "supporter-leaving":
		return "hand-over"
	case "no-internal-sponsor", "over-mentored-under-sponsored":
		return "promote-mentor"
	case "thin-role", "single-point-of-failure", "narrow-network", "small-network", "only-line-manager", "mostly-external":
		return "introduce"
	}
	if g.Role == events.Sponsor && s.box.Gap(events.MissingRole, events.Mentor) == nil {
		return "promote-mentor" // a mentor is there: the shortest way to a sponsor
	}
	return "ask"
}

// wake is when time alone will change something next; zero: never.
func (s *step) wake() time.Time {
	var next time.Time
	at := func(t time.Time) {
		if t.After(s.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	at(s.box.LeftAt)
	at(s.box.WeighAt)
	for _, n := range s.box.Nudges {
		switch n.State {
		case readmodel.NudgeSnoozed:
			at(n.Until)
		case readmodel.NudgeOpen:
			at(n.Shown.Add(again))
		}
	}
	if !s.box.Out && !s.gone() {
		s.waiting(at)
	}
	return next
}

// waiting says when each gap that nobody is told of may be spoken of.
func (s *step) waiting(at func(time.Time)) {
	free := s.capEnd()
	for i := range s.box.Gaps {
		g := &s.box.Gaps[i]
		if !g.New && s.box.Live(g.Kind, g.Role) == nil && s.box.Ignored[g.Kind] < ignoredStop {
			at(slices.MaxFunc([]time.Time{free, s.againAt(g)}, time.Time.Compare))
		}
	}
}
