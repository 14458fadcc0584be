package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// Closing is what would close a gap: how many people more, of whom, in which role, and by which acts
// of theirs, each list of acts being enough alone; and what time brings if nothing happens.
type Closing struct {
	Role   events.RoleName `json:"role,omitempty"`   // empty: any
	People int             `json:"people,omitempty"` // how many it takes; 0: nobody else
	Who    Whom            `json:"who"`
	Acts   []ruleset.Way   `json:"acts"`           // the shortest first; none: any act of support, or none is needed
	Then   Then            `json:"then,omitempty"` // what happens if nothing does
	When   time.Time       `json:"when,omitzero"`  // and when
}

// Whom says who could close a gap.
type Whom string

// Who could.
const (
	Anybody       Whom = "anybody"
	WhoHeldIt     Whom = "who-held-it" // it would be active again
	WhoStays      Whom = "who-stays"   // beside who is going to leave
	WhoWasNamed   Whom = "who-you-named"
	Inside        Whom = "inside"        // in the organization
	SomebodyElse  Whom = "somebody-else" // beside the one who holds it alone
	AnotherLine   Whom = "another-line"  // who does not report to, or lead, the others
	AnotherPlace  Whom = "another-place" // of another department, from outside, or a friend
	NotTheManager Whom = "not-your-manager"
	BothOfYou     Whom = "both-of-you"          // of a pair
	OtherSide     Whom = "who-has-said-nothing" // of a pair
	FewerOfYours  Whom = "fewer-of-yours"       // whom the person supports
)

// Then is what time brings.
type Then string

// What it may bring.
const (
	Lapses   Then = "lapses"    // a role at risk is over
	TheyGo   Then = "they-go"   // who holds it leaves
	PairOver Then = "pair-over" // nobody waits for the pair any more
)

// acts of a pair.
var (
	meeting  = []ruleset.Way{{Act: "MentoringSessionHeld", Times: 1}}
	speaking = []ruleset.Way{{Act: "SessionRated", Times: 1}, {Act: "ReverseLearningGained", Times: 1}}
	making   = []ruleset.Way{{Act: "CapacitySet", Times: 1}}
)

// closing is what would close an open gap, by the ruleset in force.
func (v view) closing(g readmodel.Gap, rs *ruleset.Ruleset) (Closing, error) {
	c := v.lacking(g)
	if c.Role != "" && c.Acts == nil && c.People > 0 {
		ways, err := rs.Ways(c.Role, v.shown(g, rs))
		if err != nil {
			return c, err
		}
		c.Acts = ways
	}
	if c.Acts == nil {
		c.Acts = []ruleset.Way{}
	}
	return c, nil
}

// lacking is who is lacking for an open gap to close.
func (v view) lacking(g readmodel.Gap) Closing {
	t, one := v.rules.Roles[g.Role], Closing{Role: g.Role, People: 1, Who: Anybody}
	switch g.Kind {
	case events.MissingRole:
		one.People = max(1, t.Minimum-v.holding(g.Role).held())
	case events.ThinRole:
		h := v.holding(g.Role)
		if one.People = max(1, t.Target-h.held()+h.aside(t)); h.aside(t) > 0 {
			one.Who = NotTheManager
		}
	case events.AtRisk:
		one.Who, one.Then, one.When = WhoHeldIt, Lapses, v.holding(g.Role).over
	case events.SupporterLeaving:
		one.Who, one.Then, one.When = WhoStays, TheyGo, v.holding(g.Role).leaves
	case events.DeclaredNotEnacted:
		one.Who = WhoWasNamed
	case events.NoInternalSponsor:
		one.Who = Inside
	case events.SinglePoint:
		return v.lackingBeside(one)
	default:
		return v.lackingAround(g.Kind, one)
	}
	return one
}

// lackingBeside: for a role, another line; else somebody for each role too many of one.
func (v view) lackingBeside(one Closing) Closing {
	if one.Role != "" {
		one.Who = AnotherLine
		return one
	}
	one.Who = SomebodyElse
	for i := range v.roles {
		n, _ := v.holdsAlone(v.roles[i].holder)
		one.People = max(one.People, n-v.rules.SinglePoint+1)
	}
	return one
}

// lackingAround is what a network lacks as a whole.
func (v view) lackingAround(kind events.GapKind, one Closing) Closing {
	switch kind {
	case events.MostlyExternal:
		one.Who, one.People = Inside, v.lackingInside()
	case events.SmallNetwork:
		one.People = max(1, v.rules.SmallNetwork-v.circle.people)
	case events.NarrowNetwork:
		one.Who = AnotherPlace
	case events.OnlyLineManager:
		one.Who = NotTheManager
	case events.StalledPair:
		return Closing{Who: BothOfYou, Acts: meeting, Then: PairOver, When: v.stalled.over}
	case events.OneSided:
		return Closing{Role: one.Role, Who: OtherSide, Acts: speaking}
	case events.Overloaded:
		return Closing{Role: one.Role, People: v.tooMany(one.Role), Who: FewerOfYours, Acts: making}
	}
	return one
}

// lackingInside is how many supporters inside would set the share right.
func (v view) lackingInside() int {
	c, share := v.circle, v.rules.MostlyExternal.Percent
	n := 1
	for share < 100 && (c.internal+n)*100 < share*(c.people+n) {
		n++
	}
	return n
}

// tooMany is for how many more the person plays a role than they have room for.
func (v view) tooMany(role events.RoleName) int {
	room, _ := v.room(role)
	carried := 0
	for _, g := range v.n.Given {
		if carriedSince(g, role) != 0 && !leftBy(g, v.now) {
			carried++
		}
	}
	return max(1, carried-room)
}

// shown is what the acts of who could close a gap come to by now: of a role at risk what is left of
// it, for the one of whom the most is.
func (v view) shown(g readmodel.Gap, rs *ruleset.Ruleset) int64 {
	if g.Kind != events.AtRisk {
		return 0
	}
	var most int64
	for _, tie := range v.n.Ties {
		if r := tie.Roles[g.Role]; r != nil && r.Status == readmodel.RoleAtRisk && !tie.Place.Gone(v.now) {
			most = max(most, readmodel.Decay(r.Score, int64(v.now.Sub(r.Stated)/time.Second), rs.Role(g.Role).HalfLife))
		}
	}
	return most
}
