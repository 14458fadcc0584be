package readmodel

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
)

// Ties is the bucket of role-classifier.
const Ties = "kith_ties"

// TieKey is where the tie of two people stands in Ties, as its recipient may know it.
func TieKey(recipient, supporter events.PersonID) string {
	return "open." + string(recipient) + "." + string(supporter)
}

// TiesOf is the prefix of the keys of everybody who ever supported a recipient.
func TiesOf(recipient events.PersonID) string { return "open." + string(recipient) + "." }

// Of what a role may be besides active, at risk and lapsed.
const (
	RoleNone     RoleStatus = "none"     // acts, but not enough, or none that count for it
	RoleUnproven RoleStatus = "unproven" // declared, never shown by acts
)

// EvidenceLimit is how many acts a fact or an explanation names behind a role.
const EvidenceLimit = 20

// Tie is what lies between two people: the acts behind it, and what they show by the rules. Its
// statuses hold from AsOf until NextChangeAt; StatusAt and ScoreAt of a role say how it stands
// at any time after.
type Tie struct {
	Recipient    events.PersonID `json:"recipient"`
	Supporter    events.PersonID `json:"supporter"`
	AsOf         Unix            `json:"asOf"`
	NextChangeAt Unix            `json:"nextChangeAt,omitempty"` // when time alone changes a role; 0 never
	Away         Absences        `json:"away,omitempty"`         // of either of the two, as far as it matters to Acts: decay pauses
	Roles        []TieRole       `json:"roles,omitempty"`        // those with anything to say, in the order of events.Roles
	Acts         []Act           `json:"acts"`                   // by time, the newest last: at most 128 of Count
	Count        int             `json:"count"`                  // of all acts
	Older        []OlderActs     `json:"older,omitempty"`        // where the acts before Acts stand
	Ruleset      string          `json:"ruleset"`
	RulesetHash  string          `json:"rulesetHash"`
	Rules        string          `json:"rules"` // version of the rules' code
}

// OlderActs names a document with acts that no longer stand in their tie's: they are read again
// only where a late act or a correction changes what followed from them.
type OlderActs struct {
	ID    int           `json:"id"` // the last part of the document's key
	From  Unix          `json:"from"`
	Act   events.FactID `json:"act"` // identity of the first of them
	Count int           `json:"count"`
}

// TieRole is how one role stands on a tie.
type TieRole struct {
	Role         events.RoleName `json:"role"`
	Status       RoleStatus      `json:"status"`
	Subtype      events.Subtype  `json:"subtype,omitempty"`
	Score        int64           `json:"score"`    // millionths, right after the last act that counts for the role
	HalfLife     int64           `json:"halfLife"` // seconds
	Enter        int64           `json:"enter"`    // millionths
	Exit         int64           `json:"exit"`     // millionths
	Since        Unix            `json:"since,omitempty"`
	SilentSince  Unix            `json:"silentSince,omitempty"` // the last act that counts for the role
	AtRiskAt     Unix            `json:"atRiskAt,omitempty"`    // when silence puts it at risk; 0 where it is not played, or never
	LapsesAt     Unix            `json:"lapsesAt,omitempty"`    // when silence ends it; the same
	NextChangeAt Unix            `json:"nextChangeAt,omitempty"`
	Rung         int             `json:"rung,omitempty"`       // the highest among its acts
	Acts         int             `json:"acts,omitempty"`       // how many count for it
	Declared     *Declaration    `json:"declared,omitempty"`   // somebody says that the role is played
	Formal       bool            `json:"formal,omitempty"`     // a formal mentorship runs
	Contested    *Contest        `json:"contested,omitempty"`  // one of the two disagrees
	Request      *Request        `json:"request,omitempty"`    // the recipient asked for it
	AsideUntil   Unix            `json:"asideUntil,omitempty"` // set aside by a person until then
	Stated       RoleStatus      `json:"stated,omitempty"`     // what the last role fact said
	Withheld     bool            `json:"withheld,omitempty"`   // acts would count for it if the supporter had the standing

	LineManager bool `json:"lineManager,omitempty"` // the supporter managed the recipient at the last act: no sponsor besides the manager
}

// Contest is somebody's word that a role is not what the acts show.
type Contest struct {
	By events.ConfirmingSide `json:"by"`
	At time.Time             `json:"at"`

	Until Unix `json:"until,omitempty"` // when it ends by itself; 0 never
}

// Holds reports whether the objection stands at a time.
func (c *Contest) Holds(at time.Time) bool { return c != nil && (c.Until == 0 || UnixOf(at) < c.Until) }

// Request is that somebody was asked to play a role, and what they answered.
type Request struct {
	State string    `json:"state"` // a Request… code
	At    time.Time `json:"at"`    // of the question or the answer
}

// How a request stands.
const (
	RequestAsked    = "asked"
	RequestAccepted = "accepted"
	RequestDeclined = "declined"
)

// How a declaration came about, other than by itself.
const (
	DeclaredAccepted = "accepted" // asked, and accepted
	DeclaredPromoted = "promoted" // the mentor agreed to become a sponsor
)

// Role finds a role; nil where nothing speaks of it.
func (t *Tie) Role(role events.RoleName) *TieRole {
	for i := range t.Roles {
		if t.Roles[i].Role == role {
			return &t.Roles[i]
		}
	}
	return nil
}

// ScoreAt is the role's score at a time, in millionths, between two people who are away as the tie
// says.
func (r *TieRole) ScoreAt(at time.Time, away Absences) int64 {
	return Decay(r.Score, away.Between(r.SilentSince, UnixOf(at)), r.HalfLife)
}

// StatusAt is the role's status at a time after its last act, if nothing else happens.
func (r *TieRole) StatusAt(at time.Time) RoleStatus {
	now := UnixOf(at)
	switch {
	case now < r.AsideUntil:
		return RoleNone
	case r.Since == 0 && r.AtRiskAt == 0:
		return r.Status // nobody plays it
	case r.LapsesAt != 0 && now >= r.LapsesAt:
		return RoleLapsed
	case r.AtRiskAt != 0 && now >= r.AtRiskAt:
		return RoleAtRisk
	}
	return RoleActive
}

// Evidence is the heaviest of the tie's acts for a role, as they weigh at a time: at most
// EvidenceLimit, the heaviest first.
func (t *Tie) Evidence(role events.RoleName, at time.Time) []events.Evidence {
	r := t.Role(role)
	if r == nil {
		return nil
	}
	return Heaviest(t.Acts, RoleIndex(role), r.HalfLife, UnixOf(at), t.Away)
}

// Heaviest is the heaviest of acts for the role at index i, as they weigh at a time.
func Heaviest(acts []Act, i int, halfLife int64, at Unix, away Absences) []events.Evidence {
	var all []events.Evidence
	for k := range acts {
		a := &acts[k]
		if n := a.Counts(i); n > 0 {
			all = append(all, events.Evidence{Act: a.ID, Type: a.Type, Weight: a.Weights[i], Quality: a.Quality,
				Decayed: Decay(n, away.Between(a.At, at), halfLife)})
		}
	}
	return HeaviestOf(all)
}

// HeaviestOf orders evidence, the heaviest first, and keeps EvidenceLimit of it.
func HeaviestOf(all []events.Evidence) []events.Evidence {
	slices.SortFunc(all, func(a, b events.Evidence) int {
		return cmp.Or(cmp.Compare(b.Decayed, a.Decayed), cmp.Compare(a.Act, b.Act))
	})
	return slices.Clip(all[:min(len(all), EvidenceLimit)])
}
