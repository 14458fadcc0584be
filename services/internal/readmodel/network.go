package readmodel

import (
	"time"

	"kith.internal/events"
)

// Networks is the bucket of gap-projection.
const Networks = "kith_networks"

// NetworkKey is where the network of a person stands in Networks.
func NetworkKey(person events.PersonID) string { return "network." + string(person) }

// Network is what is known of one person's support: where they stand in the organization, who
// supports them and how, and what is missing. It rests on what its person may know: sealed acts
// and the roles that only they show are not in it.
type Network struct {
	Person   events.PersonID                 `json:"person"`
	Timeline []Change                        `json:"timeline,omitempty"` // by time, then in log order
	Place    Place                           `json:"place,omitzero"`     // what the networks of others hold of the person
	Merged   events.PersonID                 `json:"merged,omitempty"`   // the entry that stands for this one now
	Erased   bool                            `json:"erased,omitempty"`
	Out      []events.Purpose                `json:"out,omitempty"` // what the person does not take part in
	Goals    map[events.Code]Goal            `json:"goals,omitempty"`
	Capacity map[events.RoleName]int         `json:"capacity,omitempty"` // for how many the person has room
	Ties     map[events.PersonID]*NetworkTie `json:"ties,omitempty"`     // by supporter
	Given    map[events.PersonID]Given       `json:"given,omitempty"`    // by recipient: whose networks the person stands in

	LastAct time.Time            `json:"lastAct,omitzero"`  // of the latest act of support received, of any kind
	Recent  []RecentAct          `json:"recent,omitempty"`  // the latest acts received, the newest first
	Surveys []time.Time          `json:"surveys,omitempty"` // the first two dates of surveys that told of support
	Gaps    []Gap                `json:"gaps,omitempty"`    // open now, in the order in which they opened
	Closed  map[string]time.Time `json:"closed,omitempty"`  // when gaps closed lately, by GapKey
	Lately  Lately               `json:"lately,omitzero"`
}

// Lately is when there last was what the program view asks for.
type Lately struct {
	Stretch  time.Time `json:"stretch,omitzero"`  // an opportunity
	Ally     time.Time `json:"ally,omitzero"`     // an act of an ally
	Formal   time.Time `json:"formal,omitzero"`   // support in a program
	Informal time.Time `json:"informal,omitzero"` // support without one
	Spoke    time.Time `json:"spoke,omitzero"`    // feedback that the person gave somebody more senior
}

// GapKey tells the gaps of one person apart.
func GapKey(kind events.GapKind, role events.RoleName) string {
	return string(kind) + " " + string(role)
}

// Given is what the person is to one recipient of their support: as much as load and leaving take.
type Given struct {
	Mentor  Unix      `json:"mentor,omitempty"`  // since when they are a mentor; 0 where they are none
	Sponsor Unix      `json:"sponsor,omitempty"` // since when they are a sponsor
	Leaves  time.Time `json:"leaves,omitzero"`   // from when the recipient is no longer there
}

// Goal is a career goal that is set and not reached.
type Goal struct {
	Kind events.GoalKind `json:"kind"`
	Set  time.Time       `json:"set"`
}

// NetworkTie is what one supporter is to the person of the network.
type NetworkTie struct {
	Roles     map[events.RoleName]*NetworkRole `json:"roles,omitempty"`
	Declared  map[events.RoleName]Declaration  `json:"declared,omitempty"`
	Place     *Place                           `json:"place,omitempty"`     // where the supporter stands; nil of one outside
	Relation  events.Relation                  `json:"relation,omitempty"`  // of an external contact
	Confirmed time.Time                        `json:"confirmed,omitzero"`  // when the person first said themselves that this one supports them
	Declined  map[events.RoleName]time.Time    `json:"declined,omitempty"`  // when the supporter last declined to take on a role
	Acts      int                              `json:"acts,omitempty"`      // acts of support received, but for answers of surveys
	Answers   int                              `json:"answers,omitempty"`   // answers of surveys that told of support
	LastAct   time.Time                        `json:"lastAct,omitzero"`    // of either
	Withdrawn []events.FactID                  `json:"withdrawn,omitempty"` // acts that count no longer
	Together  *Together                        `json:"together,omitempty"`
	Pair      *Pair                            `json:"pair,omitempty"`  // that somebody made of the two
	Rated     *Rated                           `json:"rated,omitempty"` // their sessions
}

// Pair is a mentorship that was agreed on, or a pair that a program made.
type Pair struct {
	Started time.Time        `json:"started,omitzero"`
	Ended   time.Time        `json:"ended,omitzero"`
	Program events.ProgramID `json:"program,omitempty"` // whose pair it is; empty where the two agreed among themselves
}

// Runs reports whether the pair has begun and not ended since.
func (p *Pair) Runs() bool { return p != nil && p.Started.After(p.Ended) }

// Rated is who of the two has said what they make of their sessions, or what they learned.
type Rated struct {
	Recipient []events.FactID `json:"recipient,omitempty"` // sessions that the person has rated: enough of them to tell
	Supporter []events.FactID `json:"supporter,omitempty"` // sessions that the supporter has rated
	Last      time.Time       `json:"last,omitzero"`       // when one was last rated
	Learned   bool            `json:"learned,omitempty"`   // the supporter has learned from the person
}

// Together is how often two people worked together: no support, but a reason to ask for it.
type Together struct {
	Times int       `json:"times"`
	Weeks int       `json:"weeks,omitempty"`
	Last  time.Time `json:"last"`
}

// Declaration is somebody's word that a role is played; it makes no role active.
type Declaration struct {
	By  events.DeclaredBy `json:"by"`
	At  time.Time         `json:"at"`
	How string            `json:"how,omitempty"` // a Declared… code: how it came about, other than by itself
}

// RoleStatus is how a recognized role stands.
type RoleStatus string

// The statuses of a role.
const (
	RoleActive RoleStatus = "active"
	RoleAtRisk RoleStatus = "at-risk"
	RoleLapsed RoleStatus = "lapsed"
)

// Played reports whether somebody has the role.
func (s RoleStatus) Played() bool { return s == RoleActive || s == RoleAtRisk }

// NetworkRole is a role as the last fact about it states it.
type NetworkRole struct {
	Status       RoleStatus     `json:"status"`
	Subtype      events.Subtype `json:"subtype"`
	Since        time.Time      `json:"since,omitzero"` // since when it is played; zero where it was never seen active
	Turned       time.Time      `json:"turned"`         // since when it has its status
	Stated       time.Time      `json:"stated"`         // when Score was right
	NextChangeAt time.Time      `json:"nextChangeAt,omitzero"`
	Score        int64          `json:"score"`           // millionths
	Enter        int64          `json:"enter,omitempty"` // millionths
	Rung         int            `json:"rung,omitempty"`  // of Ibarra's ladder; 0 none
	Fact         events.FactID  `json:"fact"`            // the last fact about it
}

// RecentAct is an act of support received: remembered so that it can be taken back.
type RecentAct struct {
	ID        events.FactID   `json:"id"`
	Supporter events.PersonID `json:"supporter"`
	At        time.Time       `json:"at"`
}

// Gap is an open gap, as the fact that opened it states it.
type Gap struct {
	Kind     events.GapKind   `json:"gap"`
	Role     events.RoleName  `json:"role,omitempty"`
	Since    time.Time        `json:"since"`  // since when the condition holds
	Opened   time.Time        `json:"opened"` // when it was stated
	Fact     events.FactID    `json:"fact"`   // the GapOpened
	Severity int              `json:"severity"`
	Reason   events.GapReason `json:"reason"`
}

// Open finds an open gap; nil where it is not open.
func (n *Network) Open(kind events.GapKind, role events.RoleName) *Gap {
	for i := range n.Gaps {
		if g := &n.Gaps[i]; g.Kind == kind && g.Role == role {
			return g
		}
	}
	return nil
}

// TakesPart reports whether the person's data may be used for a purpose.
func (n *Network) TakesPart(in events.Purpose) bool {
	for _, p := range n.Out {
		if p == in {
			return false
		}
	}
	return true
}

// Tie finds the tie to a supporter, making it where there is none.
func (n *Network) Tie(supporter events.PersonID) *NetworkTie {
	if n.Ties == nil {
		n.Ties = map[events.PersonID]*NetworkTie{}
	}
	if n.Ties[supporter] == nil {
		n.Ties[supporter] = &NetworkTie{}
	}
	return n.Ties[supporter]
}
