package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// counts: a peer mentor counts once the person has said themselves that this one helps them. Friends
// and family are no mentors, advocates or sponsors.
func counts(tie *readmodel.NetworkTie, role events.RoleName) bool {
	if personal(tie) && role != events.TruthTeller && role != events.Ally {
		return false
	}
	return tie.Roles[role].Subtype != events.PeerMentor || !tie.Confirmed.IsZero() || named(tie, role)
}

func (v view) missing(role events.RoleName) *condition {
	h := v.holding(role)
	if h.held() >= v.rules.Roles[role].Minimum || !v.expected(role) {
		return nil
	}
	since := later(v.expectedSince(role), h.lost)
	c := &condition{since: since, opens: since.Add(v.rules.Hold.Duration()), severity: v.severity(role), reason: "none-active"}
	if !h.left.IsZero() && h.left.Equal(since) {
		c.opens, c.atOnce, c.reason = since, true, "supporter-left"
	}
	c.opens = v.afterGrace(c.opens)
	return c
}

// thin is asked after missing has been settled. A line manager is one of those who hold a role, but the
// rules may ask for others beside them.
func (v view) thin(role events.RoleName) *condition {
	h, t := v.holding(role), v.rules.Roles[role]
	if h.held()-h.aside(t) >= t.Target || !v.expected(role) || v.n.Open(events.MissingRole, role) != nil {
		return nil
	}
	c := &condition{severity: v.severity(role) / 2, reason: "below-target"}
	if h.held() < t.Minimum {
		return c
	}
	filled := v.n.Closed[readmodel.GapKey(events.MissingRole, role)]
	c.since = later(later(v.expectedSince(role), h.since), later(h.lost, filled))
	c.opens = v.afterGrace(c.since.Add(v.rules.Hold.Duration()))
	return c
}

// atRisk is asked after missing has been settled.
func (v view) atRisk(role events.RoleName) *condition {
	h := v.holding(role)
	_, wanted := v.rules.Roles[role]
	if h.active > 0 || !wanted || v.n.Open(events.MissingRole, role) != nil {
		return nil
	}
	c := &condition{severity: v.weight(events.AtRisk), reason: "at-risk-only-holder"}
	if h.atRisk == 0 {
		if !v.expected(role) {
			return nil
		}
		return c
	}
	c.since = h.risk
	c.opens = v.afterGrace(later(c.since.Add(v.rules.Hold.Duration()), h.grace))
	return c
}

// leaving: everybody who holds a role is known to leave.
func (v view) leaving(role events.RoleName) *condition {
	h := v.holding(role)
	if _, wanted := v.rules.Roles[role]; !wanted || h.held() == 0 || h.leaving < h.held() {
		return nil
	}
	since := later(h.said, h.since)
	return &condition{since: since, opens: v.afterGrace(since), atOnce: true,
		severity: v.weight(events.SupporterLeaving), reason: "supporter-leaves"}
}

// declared: what the person's own inventory says and acts do not show.
func (v view) declared(role events.RoleName) *condition {
	since := v.unproven[readmodel.RoleIndex(role)]
	if since.IsZero() {
		return nil
	}
	return &condition{
		since: since, opens: v.afterGrace(since.Add(v.rules.DeclaredNotEnacted.Duration())), timed: true,
		severity: v.weight(events.DeclaredNotEnacted), reason: "declared-without-acts",
	}
}

// unproven is since when a role that the person declared is not shown by acts. What a supporter
// says of themselves is no inventory.
func unproven(tie *readmodel.NetworkTie, role events.RoleName) (since time.Time, ok bool) {
	d, declared := tie.Declared[role]
	if !declared || d.By == "supporter" {
		return since, false
	}
	r := tie.Roles[role]
	if r == nil {
		return d.At, true
	}
	return later(d.At, r.Turned), r.Status == readmodel.RoleLapsed
}

// isolation counts from the last act of support, the start of employment or the return from
// leave, whichever is latest.
func (v view) isolation() *condition {
	start := v.standing.Start
	since := later(later(v.n.LastAct, start), v.standing.Returned)
	return &condition{
		since: since, opens: v.isolated(start, since), timed: true,
		severity: v.weight(events.Isolation), reason: "silent",
	}
}

// isolated is when a silence since a time is too long: for somebody new already on the first
// day of asking before which there was none since the day of asking before.
func (v view) isolated(start, since time.Time) time.Time {
	opens := since.Add(v.rules.Isolation.Duration())
	asked := start
	for _, check := range v.rules.NewHireChecks {
		at := start.Add(check.Duration())
		if !since.After(asked) && at.Before(opens) {
			return at
		}
		asked = at
	}
	return opens
}
