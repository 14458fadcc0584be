package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// subject is one person at one time, as the questions see them.
type subject struct {
	view
	from, to time.Time // the week
	tenure   events.Code
}

func (s subject) inWeek(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

func (s subject) within(t time.Time, span time.Duration) bool {
	return !t.IsZero() && t.After(s.now.Add(-span))
}

func (s subject) sponsored() bool { return s.holding(events.Sponsor).active > 0 }

// sponsoring reports whether the person sponsors anybody who is there.
func (s subject) sponsoring() bool {
	for _, g := range s.n.Given {
		if g.Sponsor != 0 && !leftBy(g, s.now) {
			return true
		}
	}
	return false
}

// names reports whether the person named somebody in a role: whose acts show it, where that is asked.
func (s subject) names(seen bool) bool {
	for _, tie := range s.n.Ties {
		for role, d := range tie.Declared {
			if d.By != "supporter" && (!seen || held(tie.Roles[role])) {
				return true
			}
		}
	}
	return false
}

// lasting reports whether a role began more than a year ago: and is played still, where that is asked.
func (s subject) lasting(alive bool) bool {
	for _, tie := range s.n.Ties {
		for _, r := range tie.Roles {
			old := !r.Since.IsZero() && r.Since.Before(s.now.Add(-year))
			if _, ended := endOf(tie, r, s.now); old && !(alive && ended) {
				return true
			}
		}
	}
	return false
}

func (s subject) reverse() bool {
	for _, tie := range s.n.Ties {
		if r := tie.Roles[events.Mentor]; held(r) && r.Subtype == events.ReverseMentor {
			return true
		}
	}
	return false
}

// climbed reports whether somebody sponsors the person whose mentor they were before.
func (s subject) climbed() bool {
	for _, tie := range s.n.Ties {
		mentor, sponsor := tie.Roles[events.Mentor], tie.Roles[events.Sponsor]
		if mentor != nil && held(sponsor) && !mentor.Since.IsZero() && mentor.Since.Before(sponsor.Since) {
			return true
		}
	}
	return false
}

func (s subject) orphaned(role events.RoleName) bool {
	h := s.holding(role)
	return h.held() == 0 && s.within(h.left, season)
}

// promoted reports whether the person's level has risen in the last year.
func (s subject) promoted() bool {
	for i, c := range s.n.Timeline {
		if i > 0 && c.Kind == readmodel.Moved && c.Level > 0 && !c.At.After(s.now) && s.within(c.At, year) &&
			c.Level > s.n.At(s.n.Timeline[i-1].At).Level {
			return true
		}
	}
	return false
}

// soon reports whether somebody became the person's mentor within 90 days of their start.
func (s subject) soon() bool {
	for _, tie := range s.n.Ties {
		if r := tie.Roles[events.Mentor]; r != nil && !r.Since.IsZero() && r.Since.Before(s.standing.Start.Add(season)) {
			return true
		}
	}
	return false
}

// supporters are those who play a role for the person, of the roles that are told apart by group.
func (s subject) supporters() map[events.RoleName][]events.PersonID {
	by := map[events.RoleName][]events.PersonID{}
	for id, tie := range s.n.Ties {
		for _, role := range []events.RoleName{events.Mentor, events.Sponsor} {
			r := tie.Roles[role]
			if r == nil || r.Status != readmodel.RoleActive || !counts(tie, role) {
				continue
			}
			if _, ended := endOf(tie, r, s.now); !ended {
				by[role] = append(by[role], id)
			}
		}
	}
	return by
}
