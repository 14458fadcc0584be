package demo

import (
	"slices"

	"kith.internal/events"
)

// Persona is somebody of the demo worth looking at first.
type Persona struct {
	Name, ID string
	Shows    string // what is to be seen in their network, as the end of "shows …"
}

// role of a persona: who of the made-up people is given the name and the portrait.
type casting struct {
	given, family string
	department    events.Code
	level         int
	newHire       bool
	shows         string
	portrait      portrait
}

var castings = []casting{
	{"Amara", "Okafor", "engineering", 4, false, "a mentor two levels up, and nobody who speaks for her yet: a sponsor is missing", portrait{
		mentors: []state{active}, advocates: []state{active, active}, tellers: []state{active}, goal: "advance"}},
	{"Mei", "Chen", "product", 5, false, "a network with everybody in it", portrait{
		mentors: []state{active, active}, advocates: []state{active, active, active}, sponsors: []state{active, active, active},
		tellers: []state{active, active}, allies: []state{active}, goal: "lead"}},
	{"Tomás", "Rivera", "sales", 3, false, "silence: no act of support for months", portrait{
		mentors: []state{lapsed}, advocates: []state{lapsed}, tellers: []state{lapsed}, quiet: 95}},
	{"Farah", "Haddad", "marketing", 3, false, "a mentor she named, and no act behind it", portrait{
		mentors: []state{declared}, advocates: []state{active, atRisk}, friend: true, goal: "advance"}},
	{"Kenji", "Tanaka", "finance", 4, false, "roles at risk, each with the date it lapses", portrait{
		mentors: []state{atRisk}, advocates: []state{atRisk}, sponsors: []state{atRisk}, tellers: []state{atRisk}}},
	{"Ingrid", "Lindqvist", "engineering", 7, false, "a reverse mentor, and the many people she supports", portrait{
		reverse: []state{active}, advocates: []state{active, active}, tellers: []state{active}}},
	{"Jonas", "Weber", "customer-success", 2, true, "a new hire: nothing is missing in the first weeks", portrait{
		mentors: []state{unproven}, goal: "settle-in"}},
	{"Elena", "Petrova", "sales", 4, false, "a mentor who is going to leave in three weeks", portrait{
		advocates: []state{active, active}, tellers: []state{active}, corner: goingToLeave}},
	{"Samir", "Khalil", "operations", 3, false, "nobody but the line manager", portrait{corner: onlyManager}},
	{"Yuki", "Sato", "product", 4, false, "good advice for more than a year, and nobody who speaks up where it is decided", portrait{
		advocates: []state{active}, corner: muchAdvised, goal: "advance"}},
	{"Lucía", "Romero", "design", 3, false, "support from outside: a former boss who sponsors her, and a friend", portrait{
		friend: true, corner: fromOutside}},
	{"Rohan", "Mehta", "engineering", 3, false, "one person who is mentor, advocate and truth-teller at once", portrait{corner: allInOne}},
	{"Hanna", "Virtanen", "finance", 3, false, "two sponsors, one of whom reports to the other", portrait{
		mentors: []state{active}, tellers: []state{active}, corner: oneLine}},
}

// Personas are the people to look at first, in a good order, and what their networks show.
func (d *Demo) Personas() (list []Persona) {
	for _, c := range castings {
		i := slices.IndexFunc(d.people, func(p *person) bool { return p.given == c.given && p.family == c.family })
		list = append(list, Persona{Name: c.given + " " + c.family, ID: d.people[i].id, Shows: c.shows})
	}
	return list
}

// cast gives each persona the place of somebody in its department and at its level.
func (s *story) cast() {
	for _, c := range castings {
		i := slices.IndexFunc(s.people, c.fits)
		if i < 0 {
			i = slices.IndexFunc(s.people, func(p *person) bool { return !p.portrait.fixed && p.level == c.level })
		}
		p := s.people[i]
		p.given, p.family, p.portrait = c.given, c.family, c.portrait
		p.portrait.fixed = true
		p.start = window + 400
		if c.newHire {
			p.start = 26
		}
	}
}

func (c casting) fits(p *person) bool {
	return !p.portrait.fixed && p.department == c.department && p.level == c.level
}

// reserved are the names that nobody but a persona has.
func reserved() map[string]bool {
	taken := map[string]bool{}
	for _, c := range castings {
		taken[c.given+c.family] = true
	}
	return taken
}
