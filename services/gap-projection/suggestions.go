package gaps

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// What a person could do next, computed when they ask and never stated: suggestions name people,
// and facts about gaps must not. Everybody named is one of the person's own ties.
//
//   - promote-mentor: a mentor who has the standing of a sponsor, the readiest first: rungs
//     climbed on the way from advice to advocacy, then how much the two work together.
//   - rekindle: a role that is at risk, or a pair that waits.
//   - ask-feedback, ask: somebody the person works with often, or who supports them in another way,
//     for a role that is missing or thin; where the gap is about where people are, somebody elsewhere.
//   - introduce: a supporter who works where at least five people are senior enough.
//   - hand-over: who is going to leave may say whom to turn to.
//   - review: somebody who was named in a role that no acts show, or a pair of which one side is silent.
//   - declare: say who is there, where nobody is known yet.
//   - make-room: for who carries too much.
//
// Good news comes with them: somebody whom acts show in a role in which they were not named.
//
// What is told of others is what everybody may know: where they stand, that they are away or going to
// leave, and whether they have room, which they say themselves or which the rules have for everybody.
// Room is that of the beginning of the week: nobody sees the day on which somebody took on one more.
// Never told is a tie of theirs, and never who declined. A decline is kept with the tie of the two and
// nowhere else: it takes the one out of what is suggested to the other, for that role and for half a
// year, and changes nothing else, no order, no count and nothing that any third person is shown. That
// somebody is not suggested tells nothing: they may be away, be about to leave, have no room, stand too
// near, or come fourth where three are shown.

// SuggestionsAnswer is what a person could do next, by gap, the most severe first.
type SuggestionsAnswer struct {
	Person      events.PersonID `json:"person"`
	AsOf        uint64          `json:"asOf"`
	Importing   bool            `json:"importing,omitempty"`
	Suggestions []Suggestion    `json:"suggestions"`
	News        []News          `json:"news"` // nothing is missing there
}

// Suggestion is one thing to do, and why.
type Suggestion struct {
	Action     events.NudgeAction `json:"action"`
	Gap        events.GapKind     `json:"gap"`
	Fact       events.FactID      `json:"fact"` // the GapOpened
	Role       events.RoleName    `json:"role,omitempty"`
	Supporter  events.PersonID    `json:"supporter,omitempty"`  // whom to ask
	Via        events.PersonID    `json:"via,omitempty"`        // who could introduce
	Department events.Code        `json:"department,omitempty"` // to whom, with Via: somebody there
	FromLevel  int                `json:"fromLevel,omitempty"`  // at this level or above
	Reasons    []Reason           `json:"reasons"`
	Readiness  int                `json:"readiness,omitempty"` // 0 to 100, of a mentor to become a sponsor
}

// Reason is why something is suggested, as a code that clients translate.
type Reason string

// The reasons.
const (
	SeniorEnough     Reason = "senior-enough"
	SharesStrategy   Reason = "shares-strategy"       // rung 2
	OpensDoors       Reason = "opens-doors"           // rung 3
	GivesChances     Reason = "gives-opportunities"   // rung 4
	SpeaksForYou     Reason = "speaks-for-you"        // rung 5
	WorksWithYou     Reason = "works-with-you"        // often
	SupportsAlready  Reason = "supports-you-already"  // in another role
	FadingRole       Reason = "quiet-for-a-while"     // at risk
	SupportedBefore  Reason = "supported-you-before"  // lapsed
	WorksWhereNeeded Reason = "works-where-it-counts" // where people are senior enough
	YouNamedThem     Reason = "you-named-them"
	NobodyKnown      Reason = "nobody-known-yet"
	WorksElsewhere   Reason = "works-elsewhere"   // in another department, or outside
	GoesSoon         Reason = "is-going-to-leave" // and knows who could take over
	PairWaits        Reason = "your-pair-waits"
	OneSideSpeaks    Reason = "one-of-you-is-silent"
	CarriesTooMuch   Reason = "more-people-than-room"
)

// Directory is what everybody may know of others.
type Directory interface {
	// Standing is where somebody stands at a time.
	Standing(person events.PersonID, at time.Time) readmodel.Standing
	// Count is how many present people of a department, "" for all, are at a level or above,
	// not counting some.
	Count(department events.Code, fromLevel int, at time.Time, but ...events.PersonID) int
	// Stays reports whether somebody is there and not known to leave.
	Stays(person events.PersonID, at time.Time) bool
	// Room reports whether somebody could play a role for one more, usual being for how many one can.
	Room(person events.PersonID, role events.RoleName, usual int, at time.Time) bool
}

const (
	suggestionsPerGap = 3
	discreet          = 5                    // so many people stand behind "somebody in that department"
	letBe             = 180 * 24 * time.Hour // nobody who declined is suggested again before
)

// adviser suggests to one person at one time.
type adviser struct {
	view
	people Directory
}

func (a adviser) suggest() []Suggestion {
	all := []Suggestion{}
	for _, g := range a.mostSevere() {
		some := a.forGap(g.Kind, g.Role)
		for i := range some {
			some[i].Gap, some[i].Fact, some[i].Role = g.Kind, g.Fact, cmp.Or(some[i].Role, g.Role)
		}
		all = append(all, some[:min(len(some), suggestionsPerGap)]...)
	}
	return all
}

func (a adviser) forGap(kind events.GapKind, role events.RoleName) []Suggestion {
	switch kind {
	case events.MissingRole, events.ThinRole:
		return a.fill(role, anybody)
	case events.AtRisk:
		return a.rekindle(role)
	case events.SupporterLeaving:
		return append(a.handOver(role), a.fill(role, anybody)...)
	case events.DeclaredNotEnacted:
		return a.review(role)
	case events.Isolation:
		return a.reconnect()
	case events.NoInternalSponsor:
		return a.fill(role, a.inside)
	case events.OverMentored:
		return a.fill(role, anybody)
	case events.StalledPair:
		return a.resume()
	case events.OneSided:
		return a.both()
	case events.Overloaded:
		return []Suggestion{{Action: "make-room", Reasons: []Reason{CarriesTooMuch}}}
	}
	return a.widen(kind, role)
}

// widen is for gaps that are about who the supporters are, whatever their role.
func (a adviser) widen(kind events.GapKind, role events.RoleName) []Suggestion {
	if kind == events.SinglePoint {
		return a.fill(cmp.Or(role, a.alone()), a.beside)
	}
	role = a.wanted()
	switch kind {
	case events.MostlyExternal:
		return a.fill(role, a.inside)
	case events.NarrowNetwork:
		return a.fill(role, a.elsewhere)
	case events.OnlyLineManager:
		return a.fill(role, func(id events.PersonID, _ *readmodel.NetworkTie) bool { return id != a.standing.Manager })
	}
	return a.fill(role, func(_ events.PersonID, tie *readmodel.NetworkTie) bool { return !supports(tie) })
}

// fill finds whom to turn to for a role, among some.
func (a adviser) fill(role events.RoleName, among among) []Suggestion {
	some := append(a.promote(role, among), a.rekindle(role)...)
	if some = append(some, a.ask(role, among)...); len(some) == 0 {
		some = a.introduce(role)
	}
	return some
}

// promote ranks the mentors who could become a sponsor.
func (a adviser) promote(role events.RoleName, among among) []Suggestion {
	if role != events.Sponsor {
		return nil
	}
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		mentor := tie.Roles[events.Mentor]
		if mentor == nil || mentor.Status != readmodel.RoleActive || !a.may(supporter, tie, role) || !among(supporter, tie) {
			continue
		}
		s := Suggestion{Action: "promote-mentor", Supporter: supporter, Reasons: []Reason{SeniorEnough}}
		rung := highestRung(tie)
		if r, ok := rungs[rung]; ok {
			s.Reasons = append(s.Reasons, r)
		}
		if often(tie) {
			s.Reasons = append(s.Reasons, WorksWithYou)
		}
		s.Readiness = 40 + 8*rung + min(20, exposure(tie))
		some = append(some, s)
	}
	return ranked(some, func(s Suggestion) int { return s.Readiness })
}

var rungs = map[int]Reason{2: SharesStrategy, 3: OpensDoors, 4: GivesChances, 5: SpeaksForYou}

func highestRung(tie *readmodel.NetworkTie) int {
	rung := 0
	for _, r := range tie.Roles {
		rung = max(rung, r.Rung)
	}
	return rung
}

// exposure is how well somebody knows the person's work, in about weeks.
func exposure(tie *readmodel.NetworkTie) int {
	if tie.Together == nil {
		return 0
	}
	return max(tie.Together.Times, tie.Together.Weeks)
}

func often(tie *readmodel.NetworkTie) bool { return exposure(tie) >= 4 }

// rekindle finds who still holds a role, at risk.
func (a adviser) rekindle(role events.RoleName) []Suggestion {
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		if r := tie.Roles[role]; r != nil && r.Status == readmodel.RoleAtRisk && a.here(supporter) {
			some = append(some, Suggestion{Action: "rekindle", Supporter: supporter, Reasons: []Reason{FadingRole}})
		}
	}
	return ranked(some, func(s Suggestion) int { return int(a.n.Ties[s.Supporter].LastAct.Unix() / 86400) })
}

// ask finds who could take a role on: first who works with the person most, then who supports
// them already. A mentor who may be promoted is not asked as well. Of a truth-teller nothing is asked but
// the truth.
func (a adviser) ask(role events.RoleName, among among) []Suggestion {
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		if !a.may(supporter, tie, role) || !among(supporter, tie) || role == events.Sponsor && held(tie.Roles[events.Mentor]) {
			continue
		}
		s := Suggestion{Action: "ask", Role: role, Supporter: supporter, Reasons: a.nearness(supporter, tie)}
		if role == events.TruthTeller {
			s.Action = "ask-feedback"
		}
		if len(s.Reasons) > 0 {
			some = append(some, s)
		}
	}
	return ranked(some, func(s Suggestion) int {
		return 10*exposure(a.n.Ties[s.Supporter]) + len(s.Reasons)
	})
}

// nearness is what somebody has to do with the person already.
func (a adviser) nearness(supporter events.PersonID, tie *readmodel.NetworkTie) (why []Reason) {
	if tie.Together != nil {
		why = append(why, WorksWithYou)
	}
	if supports(tie) {
		why = append(why, SupportsAlready)
	}
	if len(why) > 0 && a.elsewhere(supporter, tie) {
		why = append(why, WorksElsewhere)
	}
	return why
}

// may reports whether somebody is free to be asked for a role, and has what it takes.
func (a adviser) may(supporter events.PersonID, tie *readmodel.NetworkTie, role events.RoleName) bool {
	at, declined := tie.Declined[role]
	if held(tie.Roles[role]) || declined && a.now.Sub(at) < letBe || personal(tie) && role != events.TruthTeller {
		return false
	}
	return a.here(supporter) && a.standingFor(supporter, role) && a.hasRoom(supporter, role)
}

// hasRoom reports whether somebody could play a role for one more.
func (a adviser) hasRoom(supporter events.PersonID, role events.RoleName) bool {
	usual, limited := a.rules.Load[role]
	return !limited || supporter.External() || a.people.Room(supporter, role, usual, a.now)
}

// here reports whether somebody can be asked: outside the directory, only the person knows.
func (a adviser) here(supporter events.PersonID) bool {
	return supporter.External() || a.people.Stays(supporter, a.now)
}

// standingFor reports whether somebody is senior enough for a role.
func (a adviser) standingFor(supporter events.PersonID, role events.RoleName) bool {
	level := a.people.Standing(supporter, a.now).Level
	return level >= a.levelFor(role) || role == events.Mentor && supporter.External()
}

// levelFor is the level at which somebody can hold a role for the person: two levels above or
// senior leadership for a sponsor, one above for a mentor.
func (a adviser) levelFor(role events.RoleName) int {
	switch role {
	case events.Sponsor:
		return min(a.standing.Level+2, a.rules.SeniorFrom)
	case events.Mentor:
		return a.standing.Level + 1
	}
	return 0
}

// introduce finds supporters who work where somebody else could hold the role. It looks at where
// they work, never at whom they know.
func (a adviser) introduce(role events.RoleName) []Suggestion {
	level := a.levelFor(role)
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		at := a.people.Standing(supporter, a.now)
		if !supports(tie) || !a.people.Stays(supporter, a.now) || level == 0 || at.Department == a.standing.Department {
			continue
		}
		if a.people.Count(at.Department, level, a.now, a.n.Person, supporter) >= discreet {
			some = append(some, Suggestion{Action: "introduce", Via: supporter, Department: at.Department, FromLevel: level,
				Reasons: []Reason{WorksWhereNeeded}})
		}
	}
	return ranked(some, func(s Suggestion) int { return a.people.Standing(s.Via, a.now).Level })
}

// review names those whom the person named, and whose acts do not show it.
func (a adviser) review(role events.RoleName) []Suggestion {
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		if _, ok := unproven(tie, role); ok && a.here(supporter) {
			some = append(some, Suggestion{Action: "review", Supporter: supporter, Reasons: []Reason{YouNamedThem}})
		}
	}
	return ranked(some, func(Suggestion) int { return 0 })
}

// reconnect is for whom nobody has supported lately: who did before, who is near, or at first
// to say who is there.
func (a adviser) reconnect() []Suggestion {
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		if !tie.LastAct.IsZero() && a.here(supporter) {
			some = append(some, Suggestion{Action: "rekindle", Supporter: supporter, Reasons: []Reason{SupportedBefore}})
		}
	}
	if len(some) == 0 {
		return []Suggestion{{Action: "declare", Reasons: []Reason{NobodyKnown}}}
	}
	return ranked(some, func(s Suggestion) int { return int(a.n.Ties[s.Supporter].LastAct.Unix() / 86400) })
}

// ranked puts what ranks highest first, and what ranks the same in a fixed order.
func ranked(some []Suggestion, rank func(Suggestion) int) []Suggestion {
	slices.SortFunc(some, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a.Supporter, b.Supporter), cmp.Compare(a.Via, b.Via))
	})
	return some
}
