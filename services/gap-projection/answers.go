package gaps

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// NetworkAnswer is a person's network as they see it. People are pseudonyms: names are joined by
// the client, from intake's directory.
type NetworkAnswer struct {
	Person    events.PersonID   `json:"person"`
	AsOf      uint64            `json:"asOf"`                // the log up to here is in it
	Importing bool              `json:"importing,omitempty"` // a file import holds gaps back
	Out       bool              `json:"out,omitempty"`       // the person takes no part: nothing is watched
	Standing  StandingView      `json:"standing"`
	Roles     []RoleView        `json:"roles"` // every role, in the order of events.Roles
	Given     []events.PersonID `json:"given"` // whom the person supports: only that they do
	Health    Health            `json:"health"`
	Basis     Basis             `json:"basis"`
}

// StandingView is where the person stands.
type StandingView struct {
	Presence   readmodel.Presence `json:"presence"` // present, away, gone; empty: not in the directory
	Level      int                `json:"level,omitempty"`
	Stage      string             `json:"stage,omitempty"` // of their career, by level
	Department events.Code        `json:"department,omitempty"`
	Manager    events.PersonID    `json:"manager,omitempty"`
	Start      time.Time          `json:"start,omitzero"`
}

// RoleView is who plays one role for the person.
type RoleView struct {
	Role       events.RoleName `json:"role"`
	Expected   bool            `json:"expected"` // by the person's stage and goals
	Minimum    int             `json:"minimum,omitempty"`
	Target     int             `json:"target,omitempty"`
	Held       int             `json:"held"` // supporters who count: active or at risk
	Supporters []SupporterView `json:"supporters"`
	Declared   []DeclaredView  `json:"declaredNotEnacted"` // named, and not shown by acts
}

// SupporterView is one who plays, or played, a role.
type SupporterView struct {
	Supporter    events.PersonID      `json:"supporter"`
	Status       readmodel.RoleStatus `json:"status"` // active, at-risk, lapsed
	Subtype      events.Subtype       `json:"subtype"`
	Counts       bool                 `json:"counts"` // false for a peer mentor the person has not confirmed, and for who has left
	Since        time.Time            `json:"since,omitzero"`
	NextChangeAt time.Time            `json:"nextChangeAt,omitzero"` // when silence alone will change it
	LastAct      time.Time            `json:"lastAct,omitzero"`
	Strength     int                  `json:"strength"`         // percent of the most that acts can give
	Declared     bool                 `json:"declared"`         // the person named them in this role
	Mutual       bool                 `json:"mutual,omitempty"` // the person is theirs, too
	LineManager  bool                 `json:"lineManager,omitempty"`
	Leaves       time.Time            `json:"leaves,omitzero"` // from when they are no longer there, past or future
	Fact         events.FactID        `json:"fact"`            // the last fact about the role
}

// DeclaredView is one who was named in a role that no acts show.
type DeclaredView struct {
	Supporter events.PersonID   `json:"supporter"`
	By        events.DeclaredBy `json:"by"`
	Since     time.Time         `json:"since"`
}

// Health sums a network up.
type Health struct {
	Supporters    int       `json:"supporters"` // people who play at least one role
	Active        int       `json:"active"`     // roles
	AtRisk        int       `json:"atRisk"`     // roles
	RolesExpected int       `json:"rolesExpected"`
	RolesCovered  int       `json:"rolesCovered"`  // expected and held by the minimum
	InternalShare int       `json:"internalShare"` // percent of supporters in the organization
	Arenas        int       `json:"arenas"`        // the own department, other departments, outside, friends and family: in how many there are any
	LastAct       time.Time `json:"lastAct,omitzero"`
	OpenGaps      int       `json:"openGaps"`
}

// Basis says what the roles rest on.
type Basis struct {
	Kind BasisKind `json:"kind"`
	AsOf time.Time `json:"asOf,omitzero"` // of the survey, where it was one
}

// BasisKind is what kind of evidence stands behind a network's roles.
type BasisKind string

// The kinds of basis.
const (
	BasisNone      BasisKind = "none"       // there are no roles
	BasisActs      BasisKind = "acts"       // acts as they happened
	BasisOneSurvey BasisKind = "one-survey" // the answers of one survey, and nothing since
	BasisMixed     BasisKind = "mixed"      // acts and answers, or several surveys
)

// answerNetwork is a network as its person sees it at a time. Strength is that of the role facts;
// the service puts today's in its place where it can read the tie.
func answerNetwork(v view) NetworkAnswer {
	a := NetworkAnswer{Person: v.n.Person, Out: v.out(), Standing: v.standingView(), Given: []events.PersonID{}, Basis: v.basis()}
	for _, role := range events.Roles() {
		a.Roles = append(a.Roles, v.roleView(role))
	}
	a.Health = v.health(a.Roles)
	return a
}

func (v view) standingView() StandingView {
	s := v.standing
	view := StandingView{Presence: s.Presence, Level: s.Level, Department: s.Department, Manager: s.Manager, Start: s.Start}
	if s.Level > 0 {
		view.Stage = v.rules.StageAt(s.Level).Name
	}
	return view
}

func (v view) roleView(role events.RoleName) RoleView {
	t := v.rules.Roles[role]
	r := RoleView{Role: role, Expected: v.expected(role), Minimum: t.Minimum, Target: t.Target, Held: v.holding(role).held(),
		Supporters: []SupporterView{}, Declared: []DeclaredView{}}
	for _, supporter := range slices.Sorted(maps.Keys(v.n.Ties)) {
		tie := v.n.Ties[supporter]
		if tie.Roles[role] != nil {
			r.Supporters = append(r.Supporters, v.supporterView(supporter, tie, role))
		}
		if since, ok := unproven(tie, role); ok {
			r.Declared = append(r.Declared, DeclaredView{Supporter: supporter, By: tie.Declared[role].By, Since: since})
		}
	}
	slices.SortStableFunc(r.Supporters, func(a, b SupporterView) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(b.Strength, a.Strength)) // active, at-risk, lapsed
	})
	return r
}

func (v view) supporterView(supporter events.PersonID, tie *readmodel.NetworkTie, role events.RoleName) SupporterView {
	r := tie.Roles[role]
	view := SupporterView{
		Supporter: supporter, Status: r.Status, Subtype: r.Subtype, Counts: counts(tie, role), Since: r.Since,
		LineManager:  supporter == v.standing.Manager,
		NextChangeAt: r.NextChangeAt, LastAct: tie.LastAct, Strength: strength(r.Score, r.Enter),
		Declared: named(tie, role), Fact: r.Fact,
		Mutual: held(r) && carriedSince(v.n.Given[supporter], role) != 0,
	}
	if held(r) && tie.Place.Leaving() { // what is over does not follow where they stand
		view.Leaves, view.Counts = tie.Place.Leaves, view.Counts && !tie.Place.Gone(v.now)
	}
	return view
}

// strength is a score in percent of its cap, which is twice what a role takes to begin.
func strength(score, enter int64) int {
	if enter <= 0 {
		return 0
	}
	return int(min(100, score*50/enter))
}

func held(r *readmodel.NetworkRole) bool {
	return r != nil && (r.Status == readmodel.RoleActive || r.Status == readmodel.RoleAtRisk)
}

// supports reports whether a tie's supporter plays any role.
func supports(tie *readmodel.NetworkTie) bool {
	for _, r := range tie.Roles {
		if held(r) {
			return true
		}
	}
	return false
}

func (v view) health(roles []RoleView) Health {
	h := Health{LastAct: v.n.LastAct, OpenGaps: len(v.n.Gaps), Supporters: v.circle.people, Arenas: v.circle.arenas.count()}
	if h.Supporters > 0 {
		h.InternalShare = v.circle.internal * 100 / h.Supporters
	}
	for _, r := range roles {
		h.count(r)
	}
	return h
}

func (h *Health) count(r RoleView) {
	for _, s := range r.Supporters {
		switch {
		case !s.Counts:
		case s.Status == readmodel.RoleActive:
			h.Active++
		case s.Status == readmodel.RoleAtRisk:
			h.AtRisk++
		}
	}
	if !r.Expected {
		return
	}
	h.RolesExpected++
	if r.Held >= r.Minimum {
		h.RolesCovered++
	}
}

// basis looks at every tie with a role that is played.
func (v view) basis() Basis {
	acts, answers := 0, 0
	for _, tie := range v.n.Ties {
		if supports(tie) {
			acts, answers = acts+tie.Acts, answers+tie.Answers
		}
	}
	switch {
	case acts+answers == 0:
		return Basis{Kind: BasisNone}
	case answers == 0:
		return Basis{Kind: BasisActs}
	case acts == 0 && len(v.n.Surveys) == 1:
		return Basis{Kind: BasisOneSurvey, AsOf: v.n.Surveys[0]}
	}
	return Basis{Kind: BasisMixed}
}

// ListAnswer is what is missing in a person's network.
type ListAnswer struct {
	Person    events.PersonID `json:"person"`
	AsOf      uint64          `json:"asOf"`
	Importing bool            `json:"importing,omitempty"`
	Out       bool            `json:"out,omitempty"` // the person takes no part: nothing is watched
	Gaps      []GapView       `json:"gaps"`          // the most severe first
}

// GapView is one open gap.
type GapView struct {
	Gap      events.GapKind   `json:"gap"`
	Role     events.RoleName  `json:"role,omitempty"`
	Severity int              `json:"severity"` // 0 to 100, as of now: what lasts weighs more
	Reason   events.GapReason `json:"reason"`
	Plain    string           `json:"plain"` // the reason in plain words, as a code that clients translate
	Since    time.Time        `json:"since"` // since when it is so
	Opened   time.Time        `json:"opened"`
	Fact     events.FactID    `json:"fact"` // the GapOpened

	WouldClose Closing `json:"wouldClose"`
}

// plain says each reason in a way that blames nobody (domain.md section 5.10).
var plain = map[events.GapReason]string{
	"none-active":           "nobody-seen-in-this-role",
	"below-target":          "one-more-would-help",
	"at-risk-only-holder":   "quiet-for-a-while",
	"silent":                "no-support-seen-lately",
	"declared-without-acts": "named-but-not-seen-yet",
	"supporter-left":        "who-was-there-has-left",
	"supporter-leaves":      "who-is-there-is-going-to-leave",
	"only-outside":          "sponsored-from-outside-only",
	"mostly-outside":        "most-support-comes-from-outside",
	"one-holds-many":        "much-rests-on-one-person",
	"one-line":              "all-sponsors-stand-in-one-line",
	"one-arena":             "everybody-is-in-the-same-place",
	"few-supporters":        "a-few-more-would-help",
	"manager-only":          "only-the-line-manager-so-far",
	"mentors-only":          "advised-and-not-yet-spoken-for",
	"not-met-yet":           "not-met-yet",
	"not-met-lately":        "not-met-for-a-while",
	"one-side-only":         "only-one-of-you-says-what-it-is-worth",
	"over-capacity":         "more-people-than-room",
}

// answerGaps is what is open in a network, and what would close it by the ruleset in force.
func answerGaps(v view, rs *ruleset.Ruleset) (ListAnswer, error) {
	a := ListAnswer{Person: v.n.Person, Out: v.out(), Gaps: []GapView{}}
	for _, g := range v.mostSevere() {
		closing, err := v.closing(g, rs)
		if err != nil {
			return a, err
		}
		a.Gaps = append(a.Gaps, GapView{Gap: g.Kind, Role: g.Role, Severity: g.Severity, Reason: g.Reason,
			Plain: plain[g.Reason], Since: g.Since, Opened: g.Opened, Fact: g.Fact, WouldClose: closing})
	}
	return a, nil
}

// mostSevere is what is open in a network, with its severity as of now, the most severe first.
func (v view) mostSevere() []readmodel.Gap {
	open := slices.Clone(v.n.Gaps)
	for i := range open {
		if now := v.severityOf(open[i]); now > 0 {
			open[i].Severity = now
		}
	}
	slices.SortStableFunc(open, func(a, b readmodel.Gap) int { return cmp.Compare(b.Severity, a.Severity) })
	return open
}

// severityOf is what opening a gap that is open would state now.
func (v view) severityOf(g readmodel.Gap) int {
	severity := v.weight(g.Kind)
	switch g.Kind {
	case events.MissingRole:
		severity = v.severity(g.Role)
	case events.ThinRole:
		severity = v.severity(g.Role) / 2
	}
	return severity * persistence(v.now.Sub(g.Since)) / 100
}
