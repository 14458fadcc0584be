package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// holding is how one role is held in a network.
type holding struct {
	active, atRisk int
	since          time.Time     // since when one of the holders has had it
	lost           time.Time     // when somebody who held it last ceased to
	risk           time.Time     // since when all who hold it are at risk, if they are
	grace          time.Time     // when the grace of all holders at risk is over
	latest         events.FactID // the latest role fact about a holder
}

func (h holding) held() int { return h.active + h.atRisk }

// holders sums up who holds a role.
func (v view) holders(role events.RoleName) holding {
	var h holding
	var stated time.Time
	for _, tie := range v.n.Ties {
		r := tie.Roles[role]
		if r == nil || !counts(tie, role) {
			continue
		}
		h.add(r, v.rules.PairGrace.Duration())
		if newer(r, stated, h.latest) && r.Status != readmodel.RoleLapsed {
			stated, h.latest = r.Stated, r.Fact
		}
	}
	h.risk = later(h.risk, h.lost)
	return h
}

func newer(r *readmodel.NetworkRole, stated time.Time, fact events.FactID) bool {
	return r.Stated.After(stated) || r.Stated.Equal(stated) && r.Fact > fact
}

func (h *holding) add(r *readmodel.NetworkRole, pairGrace time.Duration) {
	switch r.Status {
	case readmodel.RoleActive:
		h.active++
	case readmodel.RoleAtRisk:
		h.atRisk++
		h.risk = later(h.risk, r.Turned)
		if !r.Since.IsZero() {
			h.grace = later(h.grace, r.Since.Add(pairGrace))
		}
	default:
		h.lost = later(h.lost, r.Turned)
		return
	}
	since := r.Since
	if since.IsZero() {
		since = r.Turned
	}
	if h.since.IsZero() || since.Before(h.since) {
		h.since = since
	}
}

// counts: a peer mentor counts once the person has said themselves that this one helps them.
func counts(tie *readmodel.NetworkTie, role events.RoleName) bool {
	if tie.Roles[role].Subtype != events.PeerMentor || !tie.Confirmed.IsZero() {
		return true
	}
	by := tie.Declared[role].By
	return by == "recipient" || by == "both"
}

func (v view) missing(role events.RoleName) *condition {
	h := v.holders(role)
	if h.held() >= v.rules.Roles[role].Minimum || !v.expected(role) {
		return nil
	}
	since := later(v.expectedSince(role), h.lost)
	return &condition{
		since: since, opens: v.afterGrace(since.Add(v.rules.Hold.Duration())),
		severity: v.severity(role), reason: "none-active",
	}
}

// thin is asked after missing has been settled.
func (v view) thin(role events.RoleName) *condition {
	h := v.holders(role)
	if h.held() >= v.rules.Roles[role].Target || !v.expected(role) || v.n.Open(events.MissingRole, role) != nil {
		return nil
	}
	c := &condition{severity: v.severity(role) / 2, reason: "below-target"}
	if h.held() < v.rules.Roles[role].Minimum {
		return c
	}
	c.since = later(later(v.expectedSince(role), h.since), later(h.lost, v.n.Filled[role]))
	c.opens = v.afterGrace(c.since.Add(v.rules.Hold.Duration()))
	return c
}

// atRisk is asked after missing has been settled.
func (v view) atRisk(role events.RoleName) *condition {
	h := v.holders(role)
	_, wanted := v.rules.Roles[role]
	if h.active > 0 || !wanted || v.n.Open(events.MissingRole, role) != nil {
		return nil
	}
	c := &condition{severity: v.rules.Severity[events.AtRisk], reason: "at-risk-only-holder"}
	if h.atRisk == 0 {
		return c
	}
	c.since = h.risk
	c.opens = v.afterGrace(later(c.since.Add(v.rules.Hold.Duration()), h.grace))
	return c
}

// declared: what the person's own inventory says and acts do not show.
func (v view) declared(role events.RoleName) *condition {
	var since time.Time
	for _, tie := range v.n.Ties {
		at, ok := unproven(tie, role)
		if ok && (since.IsZero() || at.Before(since)) {
			since = at
		}
	}
	if since.IsZero() {
		return nil
	}
	return &condition{
		since: since, opens: v.afterGrace(since.Add(v.rules.DeclaredNotEnacted.Duration())), timed: true,
		severity: v.rules.Severity[events.DeclaredNotEnacted], reason: "declared-without-acts",
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
		severity: v.rules.Severity[events.Isolation], reason: "silent",
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
