package gaps

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// among says who is meant where not everybody is.
type among func(supporter events.PersonID, tie *readmodel.NetworkTie) bool

func anybody(events.PersonID, *readmodel.NetworkTie) bool { return true }

func (a adviser) inside(supporter events.PersonID, _ *readmodel.NetworkTie) bool {
	return !supporter.External()
}

// elsewhere: outside, or in another department.
func (a adviser) elsewhere(supporter events.PersonID, _ *readmodel.NetworkTie) bool {
	if supporter.External() {
		return true
	}
	department := a.people.Standing(supporter, a.now).Department
	return department != "" && department != a.standing.Department
}

// beside: not one who holds a role alone, nor of the line in which all sponsors stand.
func (a adviser) beside(supporter events.PersonID, _ *readmodel.NetworkTie) bool {
	if n, _ := a.holdsAlone(supporter); a.rules.SinglePoint > 0 && n >= a.rules.SinglePoint {
		return false
	}
	manager := a.people.Standing(supporter, a.now).Manager
	return !slices.ContainsFunc(a.sponsors, func(s sponsor) bool { return s.manager == supporter || s.id == manager })
}

// alone is the first of the roles of which one supporter alone holds too many.
func (a adviser) alone() events.RoleName {
	for i, role := range allRoles {
		if n, _ := a.holdsAlone(a.roles[i].holder); n >= a.rules.SinglePoint {
			return role
		}
	}
	return a.wanted()
}

// wanted is the role of which the person has too little, and else one that anybody can play.
func (a adviser) wanted() events.RoleName {
	for _, lacks := range []events.GapKind{events.MissingRole, events.ThinRole} {
		for _, role := range allRoles {
			if a.n.Open(lacks, role) != nil {
				return role
			}
		}
	}
	return events.Advocate
}

// handOver finds who holds a role and is going to leave.
func (a adviser) handOver(role events.RoleName) []Suggestion {
	return a.each(func(supporter events.PersonID, tie *readmodel.NetworkTie) (Suggestion, bool) {
		goes := held(tie.Roles[role]) && tie.Place.Leaving() && !tie.Place.Gone(a.now)
		return Suggestion{Action: "hand-over", Supporter: supporter, Reasons: []Reason{GoesSoon}}, goes
	})
}

// resume finds the pairs that wait.
func (a adviser) resume() []Suggestion {
	return a.each(func(supporter events.PersonID, tie *readmodel.NetworkTie) (Suggestion, bool) {
		s, waits := a.waits(tie)
		return Suggestion{Action: "rekindle", Supporter: supporter, Reasons: []Reason{PairWaits}}, waits && !s.opens.After(a.now) && a.here(supporter)
	})
}

// both finds the mentors of whom only one side speaks.
func (a adviser) both() []Suggestion {
	return a.each(func(supporter events.PersonID, tie *readmodel.NetworkTie) (Suggestion, bool) {
		return Suggestion{Action: "review", Supporter: supporter, Reasons: []Reason{OneSideSpeaks}}, held(tie.Roles[events.Mentor]) && a.lopsided(tie.Rated) && a.here(supporter)
	})
}

// each suggests something of each tie of which a function says so.
func (a adviser) each(fn func(events.PersonID, *readmodel.NetworkTie) (Suggestion, bool)) []Suggestion {
	var some []Suggestion
	for supporter, tie := range a.n.Ties {
		if s, ok := fn(supporter, tie); ok {
			some = append(some, s)
		}
	}
	return ranked(some, func(Suggestion) int { return 0 })
}

// News is something good that the person may not know.
type News struct {
	News      NewsKind           `json:"news"`
	Role      events.RoleName    `json:"role"`
	Supporter events.PersonID    `json:"supporter"`
	Since     time.Time          `json:"since"`
	Action    events.NudgeAction `json:"action"` // what one could do: thank
}

// NewsKind is a kind of news.
type NewsKind string

// EnactedNotDeclared is somebody whom acts show in a role in which the person has not named them.
const EnactedNotDeclared NewsKind = "enacted-not-declared"

// news is what somebody who has taken stock of their supporters has left out: of who has said nothing of
// anybody, nothing is news.
func (a adviser) news() []News {
	all := []News{}
	if !a.tookStock() {
		return all
	}
	for supporter, tie := range a.n.Ties {
		for _, role := range allRoles {
			if r := tie.Roles[role]; r != nil && r.Status == readmodel.RoleActive && !named(tie, role) && a.here(supporter) {
				all = append(all, News{EnactedNotDeclared, role, supporter, begun(r), "thank"})
			}
		}
	}
	slices.SortFunc(all, func(x, y News) int {
		return cmp.Or(y.Since.Compare(x.Since), cmp.Compare(x.Supporter, y.Supporter), cmp.Compare(x.Role, y.Role))
	})
	return all[:min(len(all), suggestionsPerGap)]
}

func (a adviser) tookStock() bool {
	for _, tie := range a.n.Ties {
		for role := range tie.Declared {
			if named(tie, role) {
				return true
			}
		}
	}
	return false
}

func named(tie *readmodel.NetworkTie, role events.RoleName) bool {
	by := tie.Declared[role].By
	return by == "recipient" || by == "both"
}
