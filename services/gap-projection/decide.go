package gaps

import (
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// condition is what makes a gap.
type condition struct {
	since    time.Time        // since when it holds
	opens    time.Time        // when it opens a gap; zero: it keeps one open, but opens none
	timed    bool             // it holds only once opens has come
	atOnce   bool             // it waits for nothing
	severity int              // before persistence
	reason   events.GapReason // why, for the person
}

func (c *condition) holds(now time.Time) bool { return c != nil && (!c.timed || !c.opens.After(now)) }

func (c *condition) mayOpen(now time.Time) bool {
	return c != nil && c.severity > 0 && !c.opens.IsZero() && !c.opens.After(now)
}

// decision is the deciding about one network at one time.
type decision struct {
	view
	s       *step
	held    bool      // nothing opens now
	changed bool      // something opened or closed
	wake    time.Time // when time alone will change something; zero: never
}

// decide says which gaps of a network open and close now, and when to decide again.
func (s *step) decide(n *readmodel.Network) error {
	rules, err := s.ruleset()
	if err != nil {
		return err
	}
	importing, err := s.importing()
	if err != nil {
		return err
	}
	v := newView(n, rules, s.now)
	d := &decision{s: s, view: v, held: importing || v.standing.Presence == readmodel.Away}
	d.all()
	if d.changed {
		s.put(n)
	}
	s.d.Wake(readmodel.NetworkKey(n.Person), n.Person, d.wake)
	return nil
}

func (d *decision) all() {
	d.at(d.n.NextChange(d.now))
	if !d.hasGaps() {
		for _, g := range slices.Clone(d.n.Gaps) {
			d.close(g)
		}
		return
	}
	d.at(d.nextLeaves)
	d.at(d.stalled.over)
	for _, role := range allRoles {
		d.settle(events.MissingRole, role, d.missing(role))
		d.settle(events.ThinRole, role, d.thin(role))
		d.settle(events.AtRisk, role, d.atRisk(role))
		d.settle(events.SupporterLeaving, role, d.leaving(role))
		d.settle(events.DeclaredNotEnacted, role, d.declared(role))
		d.settle(events.Overloaded, role, d.overloaded(role))
	}
	d.settle(events.NoInternalSponsor, events.Sponsor, d.onlyOutside())
	d.settle(events.OverMentored, events.Sponsor, d.overMentored())
	d.settle(events.SinglePoint, events.Sponsor, d.oneLine())
	d.settle(events.SinglePoint, "", d.holdsMany())
	d.settle(events.MostlyExternal, "", d.mostlyOutside())
	d.settle(events.SmallNetwork, "", d.small())
	d.settle(events.NarrowNetwork, "", d.narrow())
	d.settle(events.OnlyLineManager, "", d.onlyManager())
	d.settle(events.StalledPair, "", d.waiting())
	d.settle(events.OneSided, events.Mentor, d.lopsidedPair())
	d.settle(events.Isolation, "", d.isolation())
}

// settle makes what is open agree with a condition: nil where there is none. What has closed waits
// before it opens again, however long its condition is said to hold: nothing flutters.
func (d *decision) settle(kind events.GapKind, role events.RoleName, c *condition) {
	g := d.n.Open(kind, role)
	if c != nil && !c.timed && !c.atOnce && !c.opens.IsZero() && len(d.n.Closed) > 0 {
		if closed, ok := d.n.Closed[readmodel.GapKey(kind, role)]; ok {
			c.opens = later(c.opens, closed.Add(d.rules.Hold.Duration()))
		}
	}
	switch {
	case g != nil && !c.holds(d.now):
		d.close(*g)
	case g == nil && c.mayOpen(d.now) && !d.held:
		d.open(kind, role, c)
	}
	if c != nil {
		d.at(c.opens)
	}
}

// at asks to decide again at t, if that lies ahead.
func (d *decision) at(t time.Time) {
	if t.After(d.now) && (d.wake.IsZero() || t.Before(d.wake)) {
		d.wake = t
	}
}

func (d *decision) open(kind events.GapKind, role events.RoleName, c *condition) {
	f := &events.GapOpened{
		Gap: kind, Role: role, Severity: c.severity * persistence(d.now.Sub(c.since)) / 100,
		Reason: c.reason, Since: c.since, Ruleset: d.rules.Version,
	}
	opened(d.n, f, d.now, d.say(f))
}

func (d *decision) close(g readmodel.Gap) {
	f := &events.GapClosed{
		Gap: g.Kind, Role: g.Role, ClosedBy: d.closedBy(g),
		OpenFor: max(0, int64(d.now.Sub(g.Opened)/time.Second)),
	}
	d.say(f)
	closed(d.n, f, d.now)
}

// say appends a fact about the network's person and returns the id that it will have.
func (d *decision) say(f events.Fact) events.FactID {
	d.changed = true
	id := events.DerivedID(Name, d.s.in.ID, events.Gap, len(d.s.out))
	d.s.out = append(d.s.out, events.Event{Context: events.Gap, Subject: string(d.n.Person), Time: d.now, Fact: f})
	return id
}

// closedBy is the role fact that closed a gap: the input where it is about that role, else the
// one that has filled it without counting before.
func (d *decision) closedBy(g readmodel.Gap) events.FactID {
	if role, _ := roleOf(d.s.in.Fact); d.s.in.Context == events.Role && role == g.Role {
		return d.s.in.ID
	}
	if g.Kind != events.MissingRole || !d.hasGaps() {
		return ""
	}
	return d.holding(g.Role).latest
}

// opened enters a gap into a network as the fact about it states it.
func opened(n *readmodel.Network, f *events.GapOpened, at time.Time, id events.FactID) {
	g := readmodel.Gap{Kind: f.Gap, Role: f.Role, Since: f.Since, Opened: at, Fact: id, Severity: f.Severity, Reason: f.Reason}
	if known := n.Open(f.Gap, f.Role); known != nil {
		*known = g
		return
	}
	n.Gaps = append(n.Gaps, g)
}

// closed takes a gap out of a network, and remembers for a while when that was.
func closed(n *readmodel.Network, f *events.GapClosed, at time.Time) {
	n.Gaps = slices.DeleteFunc(n.Gaps, func(g readmodel.Gap) bool { return g.Kind == f.Gap && g.Role == f.Role })
	maps.DeleteFunc(n.Closed, func(_ string, was time.Time) bool { return at.Sub(was) > remembers })
	if n.Closed == nil {
		n.Closed = map[string]time.Time{}
	}
	n.Closed[readmodel.GapKey(f.Gap, f.Role)] = at
}

// remembers is for how long it matters when a gap closed: longer than any hold.
const remembers = 60 * day

const day = 24 * time.Hour

// persistence is how much of its severity a condition has after it has held for a while, in
// percent. Steps of weeks, not days: what was recorded a minute later reads the same.
func persistence(held time.Duration) int {
	switch {
	case held < 30*day:
		return 60
	case held < 90*day:
		return 80
	}
	return 100
}
