package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
)

// The conditions of this file look at who supports a person as a whole.

// afterHold is a condition that opens its gap once it has held as long as the rules ask for.
func (v view) afterHold(kind events.GapKind, since time.Time, reason events.GapReason) *condition {
	return &condition{since: since, opens: v.afterGrace(since.Add(v.rules.Hold.Duration())), severity: v.weight(kind), reason: reason}
}

// onlyOutside: nobody of the organization is a sponsor, and somebody else is.
func (v view) onlyOutside() *condition {
	h := v.holding(events.Sponsor)
	if h.held() == 0 || h.outside < h.held() || !v.expected(events.Sponsor) {
		return nil
	}
	return v.afterHold(events.NoInternalSponsor, later(v.expectedSince(events.Sponsor), later(h.since, h.lost)), "only-outside")
}

// overMentored: mentors and no sponsor, for long.
func (v view) overMentored() *condition {
	rule := v.rules.OverMentored
	mentors, sponsors := v.holding(events.Mentor), v.holding(events.Sponsor)
	if rule.Mentors == 0 || mentors.held() < rule.Mentors || sponsors.held() > 0 || !v.expected(events.Sponsor) {
		return nil
	}
	since := later(v.expectedSince(events.Sponsor), later(mentors.second, sponsors.lost))
	return &condition{since: since, opens: v.afterGrace(since.Add(rule.Hold.Duration())), timed: true,
		severity: v.weight(events.OverMentored), reason: "mentors-only"}
}

// mostlyOutside: too few of those who support the person are in the organization.
func (v view) mostlyOutside() *condition {
	rule, c := v.rules.MostlyExternal, v.circle
	if c.people == 0 || c.people < rule.From || c.internal*100 >= rule.Percent*c.people {
		return nil
	}
	return v.afterHold(events.MostlyExternal, later(c.outside, c.lost), "mostly-outside")
}

// holdsMany: one supporter alone holds so many roles that with them most would go.
func (v view) holdsMany() *condition {
	if v.rules.SinglePoint == 0 {
		return nil
	}
	var since time.Time
	for i := range v.roles {
		if n, at := v.holdsAlone(v.roles[i].holder); n >= v.rules.SinglePoint {
			since = earlier(since, at)
		}
	}
	if since.IsZero() {
		return nil
	}
	return v.afterHold(events.SinglePoint, since, "one-holds-many")
}

// holdsAlone is how many of the roles that a network should hold only somebody holds, and since when.
func (v view) holdsAlone(somebody events.PersonID) (n int, since time.Time) {
	for i, role := range allRoles {
		h := &v.roles[i]
		if _, wanted := v.rules.Roles[role]; wanted && somebody != "" && h.holder == somebody {
			n++
			since = later(since, later(h.since, h.lost))
		}
	}
	return n, since
}

// oneLine: there are several sponsors, and each but the first of them reports to another one.
func (v view) oneLine() *condition {
	h := v.holding(events.Sponsor)
	if v.rules.SinglePoint == 0 || len(v.sponsors) < 2 || h.outside > 0 {
		return nil
	}
	heads := 0
	for _, s := range v.sponsors {
		if !slices.ContainsFunc(v.sponsors, func(other sponsor) bool { return other.id == s.manager }) {
			heads++
		}
	}
	if heads > 1 {
		return nil
	}
	return v.afterHold(events.SinglePoint, later(later(h.second, h.lost), v.circle.moved), "one-line")
}

// small: fewer supporters than most careers rest on.
func (v view) small() *condition {
	if v.circle.people >= v.rules.SmallNetwork {
		return nil
	}
	return v.afterHold(events.SmallNetwork, later(v.standing.Start, v.circle.lost), "few-supporters")
}

// narrow: enough supporters, and all of them in the same part of the person's life.
func (v view) narrow() *condition {
	c := v.circle
	if c.people == 0 || c.people < v.rules.SmallNetwork || c.arenas.count() >= v.rules.Arenas {
		return nil
	}
	since := later(later(c.first[len(c.first)-1], c.lost), later(c.moved, v.n.Place.Since))
	return v.afterHold(events.NarrowNetwork, since, "one-arena")
}

// onlyManager: nobody but the line manager supports the person.
func (v view) onlyManager() *condition {
	c := v.circle
	if c.people != 1 || !c.manager {
		return nil
	}
	return v.afterHold(events.OnlyLineManager, later(later(c.first[0], c.lost), v.n.Place.Since), "manager-only")
}

// waiting: a pair that somebody made has not met.
func (v view) waiting() *condition {
	s := v.stalled
	if s.opens.IsZero() {
		return nil
	}
	c := &condition{since: s.since, opens: v.afterGrace(s.opens), timed: true, severity: v.weight(events.StalledPair), reason: "not-met-yet"}
	if s.met {
		c.reason = "not-met-lately"
	}
	return c
}

// lopsidedPair: of a mentor and the person only one says what it is worth.
func (v view) lopsidedPair() *condition {
	if v.oneSided.IsZero() {
		return nil
	}
	return &condition{since: v.oneSided, opens: v.afterGrace(v.oneSided), timed: true,
		severity: v.weight(events.OneSided), reason: "one-side-only"}
}
