package demo

import "kith.internal/events"

// state is how a tie is to look today.
type state int

const (
	active   state = iota
	atRisk         // fades for want of acts
	lapsed         // over for want of acts
	unproven       // begun or declared, but too few acts
	declared       // named by the person, no act at all
	sealed         // only acts the recipient does not know of
)

// portrait is how somebody's network is to look today: a state for each tie, role by role.
type portrait struct {
	mentors, reverse, peers     []state
	advocates, sponsors         []state
	tellers, allies             []state
	friend, outside             bool // a friend or family who tells the truth, somebody of the industry outside
	quiet                       int  // no act for that person is more recent than this many days
	goal                        events.GoalKind
	optedOut, surveyed, dispute bool
	fixed                       bool // a persona: chance leaves it alone
	corner                      corner
}

// paint draws the portraits of everybody who is no persona. Most people have a mentor and
// advocates, few have a sponsor: no sponsor is the normal state (domain.md section 0).
func (s *story) paint() {
	for _, p := range s.people {
		if !p.portrait.fixed {
			p.portrait = s.draw(p)
		}
	}
}

func (s *story) draw(p *person) portrait {
	if p.department == "legal" {
		return portrait{surveyed: true}
	}
	return portrait{
		mentors: s.mentorsOf(p), reverse: s.some(p.level >= 6, 45, active, atRisk), peers: s.some(p.level <= 4, 14, active, lapsed),
		advocates: s.several([]int{13, 24, 30, 22, 11}, 78, 14),
		sponsors:  s.sponsorsOf(p),
		tellers:   s.several([]int{40, 42, 18}, 74, 15),
		allies:    s.some(true, 20, active, active, atRisk, lapsed),
		friend:    s.in100(9), outside: s.in100(6),
		quiet: s.quietFor(), goal: s.goalOf(p),
		optedOut: s.in100(2), dispute: s.in100(4),
	}
}

func (s *story) mentorsOf(p *person) []state {
	lots := []int{40, 12, 13, 13, 6, 6, 10}
	if p.level >= 7 {
		lots = []int{10, 0, 5, 15, 0, 0, 70}
	}
	return [][]state{{active}, {active, active}, {atRisk}, {lapsed}, {unproven}, {declared}, nil}[s.weighted(lots...)]
}

func (s *story) sponsorsOf(p *person) []state {
	if p.level < 2 || p.level > 6 {
		return nil
	}
	return [][]state{{active}, {active, active, active}, {atRisk}, {lapsed}, {sealed}, {unproven}, {active, atRisk}, nil}[s.weighted(19, 3, 6, 5, 4, 4, 2, 57)]
}

// several draws how many ties there are, and whether each is active, at risk or lapsed.
func (s *story) several(howMany []int, percentActive, percentAtRisk int) (states []state) {
	for range s.weighted(howMany...) {
		states = append(states, []state{active, atRisk, lapsed}[s.weighted(percentActive, percentAtRisk, 100-percentActive-percentAtRisk)])
	}
	return states
}

// some is one tie in percent of the people who may have it.
func (s *story) some(may bool, percent int, choices ...state) []state {
	if !s.in100(percent) || !may {
		return nil
	}
	return []state{one(s.dice, choices...)}
}

func (s *story) quietFor() int {
	if s.in100(6) {
		return s.between(68, 160)
	}
	return 0
}

func (s *story) goalOf(p *person) events.GoalKind {
	switch {
	case !s.in100(35):
		return ""
	case p.start < 120:
		return "settle-in"
	case p.level <= 2:
		return one[events.GoalKind](s.dice, "learn", "learn", "advance")
	}
	return one[events.GoalKind](s.dice, "advance", "advance", "move", "learn", "lead")
}
