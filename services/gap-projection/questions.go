package gaps

import (
	"slices"
	"strings"

	"kith.internal/events"
	"kith.internal/services/gap-projection/coverage"
)

// question is a metric with the answer of one person. Its place in the list is how crowds remember it.
type question struct {
	coverage.Metric
	yes func(subject) bool
}

// year and season are how far back questions look.
const (
	season = 90 * day
	year   = 365 * day
)

var (
	byAll        = []coverage.Dimension{coverage.Department, coverage.Level, coverage.Tenure}
	andByGroup   = append(slices.Clone(byAll), coverage.Group)
	byTenure     = []coverage.Dimension{coverage.Tenure}
	byDepartment = []coverage.Dimension{coverage.Department}
)

// questions are what is asked of everybody once a week (domain.md section 6.6). Crowds remember answers by their
// place here: a change of it is one of layout.
var questions = allQuestions()

// Metrics are what is asked of everybody for the program view, each by its place.
func Metrics() []coverage.Metric {
	var metrics []coverage.Metric
	for _, q := range questions {
		metrics = append(metrics, q.Metric)
	}
	return metrics
}

func allQuestions() []question {
	var all []question
	for _, role := range events.Roles() {
		all = append(all, covered(role))
	}
	for _, role := range []events.RoleName{events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller} {
		all = append(all, onTarget(role))
	}
	all = append(all, aboutGaps...)
	all = append(all, aboutTies...)
	all = append(all, aboutOutcomes...)
	return append(all, ofKinds()...)
}

func ask(code events.Code, about string, by []coverage.Dimension, yes func(subject) bool) question {
	return question{coverage.Metric{Code: code, About: about, By: by}, yes}
}

func covered(role events.RoleName) question {
	article := "a "
	if role == events.Advocate || role == events.Ally {
		article = "an "
	}
	return ask(events.Code(role), "have "+article+string(role)+" who is active", andByGroup, func(s subject) bool { return s.holding(role).active > 0 })
}

func onTarget(role events.RoleName) question {
	return ask(events.Code("target-"+role), "have as many "+string(role)+"s as a network should have", byAll, func(s subject) bool {
		return s.holding(role).active >= max(1, s.rules.Roles[role].Target)
	})
}

var aboutGaps = []question{
	ask("gap-open", "have something missing in their network", byAll, func(s subject) bool { return len(s.n.Gaps) > 0 }),
	ask("gap-opened", "had a gap open in the week", byAll, func(s subject) bool {
		for _, g := range s.n.Gaps {
			if s.inWeek(g.Opened) {
				return true
			}
		}
		return false
	}),
	ask("gap-closed", "had a gap close in the week", byAll, func(s subject) bool {
		for _, at := range s.n.Closed {
			if s.inWeek(at) {
				return true
			}
		}
		return false
	}),
}

// busiestSponsors is answered with all sponsors in view.
const busiestSponsors events.Code = "busiest-sponsors"

var aboutTies = []question{
	ask("supported", "have at least one supporter", byAll, func(s subject) bool { return s.circle.people > 0 }),
	ask("mostly-internal", "have supporters most of whom are in the organization", byAll, func(s subject) bool { return 2*s.circle.internal > s.circle.people }),
	ask("named", "have named somebody in a role", byAll, func(s subject) bool { return s.names(false) }),
	ask("named-and-seen", "have named somebody in a role, whose acts show it", byAll, func(s subject) bool { return s.names(true) }),
	ask("formal", "were supported in a program in the last 12 months", byAll, func(s subject) bool { return s.within(s.n.Lately.Formal, year) }),
	ask("informal", "were supported without a program in the last 12 months", byAll, func(s subject) bool { return s.within(s.n.Lately.Informal, year) }),
	ask("tie-begun", "have had a supporter's role begin more than 12 months ago", byAll, func(s subject) bool { return s.lasting(false) }),
	ask("tie-alive", "have a supporter who plays a role for them since more than 12 months", byAll, func(s subject) bool { return s.lasting(true) }),
	ask("reverse-mentor", "learn from somebody more junior", byAll, func(s subject) bool { return s.reverse() }),
	ask("mentor-to-sponsor", "have a mentor who became their sponsor", byAll, func(s subject) bool { return s.climbed() }),
	ask("ally-acts", "were acted for by an ally in the last 90 days", byAll, func(s subject) bool { return s.within(s.n.Lately.Ally, season) }),
	ask("spoke-up", "gave feedback to somebody more senior in the last 90 days", byAll, func(s subject) bool { return s.within(s.n.Lately.Spoke, season) }),
	ask("orphaned", "have lost their only mentor or sponsor to a departure in the last 90 days", byAll, func(s subject) bool {
		return s.orphaned(events.Mentor) || s.orphaned(events.Sponsor)
	}),
	ask(busiestSponsors, "are sponsored by one of the busiest tenth of sponsors", nil, func(subject) bool { return false }), // see busiest
}

var aboutOutcomes = []question{
	ask("stretch-with-sponsor", "have a sponsor, and were given an opportunity in the last 12 months", byAll, func(s subject) bool {
		return s.sponsored() && s.within(s.n.Lately.Stretch, year)
	}),
	ask("stretch-without-sponsor", "have no sponsor, and were given an opportunity in the last 12 months", byAll, func(s subject) bool {
		return !s.sponsored() && s.within(s.n.Lately.Stretch, year)
	}),
	ask("promoted-with-sponsor", "have a sponsor, and were promoted in the last 12 months", byAll, func(s subject) bool { return s.sponsored() && s.promoted() }),
	ask("promoted-without-sponsor", "have no sponsor, and were promoted in the last 12 months", byAll, func(s subject) bool { return !s.sponsored() && s.promoted() }),
	ask("senior", "are senior enough to be a sponsor", byDepartment, func(s subject) bool { return s.standing.Level >= s.rules.SeniorFrom }),
	ask("senior-sponsoring", "are senior enough to be a sponsor, and are one", byDepartment, func(s subject) bool {
		return s.standing.Level >= s.rules.SeniorFrom && s.sponsoring()
	}),
	{coverage.Metric{Code: "mentor-in-90-days", About: "found a mentor within 90 days of joining", By: byTenure, Only: firstYear, Parts: true}, func(s subject) bool {
		return s.tenure == firstYear && s.soon()
	}},
}

// ofKinds asks for each kind of gap, of everybody alone: what is missing most.
func ofKinds() []question {
	var all []question
	for _, k := range gapMetrics {
		all = append(all, ask(k.code, "have this gap: "+strings.TrimSuffix(string(k.kind)+", "+string(k.role), ", "), nil,
			func(s subject) bool { return s.n.Open(k.kind, k.role) != nil }))
	}
	return all
}

// gapMetric is the metric of a kind of gap.
type gapMetric struct {
	code events.Code
	kind events.GapKind
	role events.RoleName
}

var gapMetrics = allGapMetrics()

func allGapMetrics() []gapMetric {
	var all []gapMetric
	for _, code := range events.GapKind("").Codes() {
		kind := events.GapKind(code)
		roles, named := ofRoles[kind]
		if !named {
			roles = []events.RoleName{""}
		}
		for _, role := range roles {
			name := strings.TrimSuffix("gap-"+code+"-"+string(role), "-")
			all = append(all, gapMetric{events.Code(name), kind, role})
		}
	}
	return all
}

// GapOf is the kind of gap that a metric counts; false where it counts something else.
func GapOf(metric events.Code) (events.GapKind, events.RoleName, bool) {
	for _, k := range gapMetrics {
		if k.code == metric {
			return k.kind, k.role, true
		}
	}
	return "", "", false
}

// ofRoles are the kinds of gaps that are about a role.
var ofRoles = map[events.GapKind][]events.RoleName{
	events.MissingRole:        {events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller},
	events.ThinRole:           {events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller},
	events.AtRisk:             {events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller},
	events.SupporterLeaving:   {events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller},
	events.DeclaredNotEnacted: {events.Mentor, events.Advocate, events.Sponsor, events.TruthTeller, events.Ally},
	events.Overloaded:         {events.Mentor, events.Sponsor},
	events.NoInternalSponsor:  {events.Sponsor},
	events.OverMentored:       {events.Sponsor},
	events.SinglePoint:        {"", events.Sponsor},
	events.OneSided:           {events.Mentor},
}
