package demo

import (
	"fmt"
	"time"

	"kith.internal/events"
)

// person is somebody in the made-up directory.
type person struct {
	n             int
	id            string // the external id
	given, family string
	department    events.Code
	site          site
	level         int  // today
	was           int  // before the last promotion; level where there was none
	promoted      int  // days ago; 0: never in these two years
	start         int  // days ago
	left          int  // days ago; 0: still here
	leaving       bool // is known to leave
	away          int  // days ago the leave began; 0: not away
	back          int  // days ago it ended; 0: still away
	manager       *person
	portrait      portrait
	relation      events.Relation // of an external contact; empty for everybody in the directory
}

// levelAt is the level ago days before now.
func (p *person) levelAt(ago int) int {
	if p.promoted > 0 && ago > p.promoted {
		return p.was
	}
	return p.level
}

// here reports whether p works ago days before now.
func (p *person) here(ago int) bool {
	return ago < p.start && (p.left == 0 || ago > p.left) && (p.away == 0 || ago > p.away || ago < p.back)
}

// department is a part of the organization, with its size.
type department struct {
	code events.Code
	size int
}

var departments = []department{
	{"engineering", 92}, {"product", 26}, {"design", 16}, {"sales", 48}, {"marketing", 24},
	{"customer-success", 34}, {"finance", 18}, {"people-team", 14}, {"legal", 9}, {"operations", 18},
}

// hire makes up the directory: the head of the organization first, then the departments from
// the top down, so that everybody's manager is there before them.
func (s *story) hire() {
	taken := reserved()
	head := s.newcomer(taken, "operations", 8)
	head.start = 9 * 365
	for _, d := range departments {
		for i := range d.size {
			p := s.newcomer(taken, d.code, levelFor(i, d.size))
			p.start = s.startOf(p.level)
			p.manager = s.managerFor(p, head)
		}
	}
	s.cast()
}

// levelFor is the level of the i-th of size people in a department.
func levelFor(i, size int) int {
	switch share := i * 100 / size; {
	case i == 0:
		return 7
	case share < 5:
		return 6
	case share < 14:
		return 5
	case share < 30:
		return 4
	case share < 57:
		return 3
	case share < 84:
		return 2
	}
	return 1
}

func (s *story) newcomer(taken map[string]bool, in events.Code, level int) *person {
	n := 1001 + len(s.people)
	p := &person{n: n, id: fmt.Sprintf("hr:%d", n), department: in, level: level, was: level, site: one(s.dice, sites...)}
	for p.given == "" || taken[p.given+p.family] {
		from := one(s.dice, origins...)
		p.given, p.family = one(s.dice, from.given...), one(s.dice, from.family...)
	}
	taken[p.given+p.family] = true
	s.people = append(s.people, p)
	return p
}

// startOf makes one in ten a new hire of the last half year, one in three a hire of these two years.
func (s *story) startOf(level int) int {
	switch lot := s.n(100); {
	case lot < 4 && level < 5:
		return s.between(4, 40)
	case lot < 11 && level < 6:
		return s.between(60, 180)
	case lot < 34 && level < 6:
		return s.between(181, window-30)
	}
	return window + s.between(30, 300+level*350)
}

// managerFor is somebody of the department, one to three levels up, with few reports.
func (s *story) managerFor(p, head *person) *person {
	best, fewest := head, 1000
	for _, m := range s.people {
		if m.department != p.department || m.level <= max(p.level, 3) || m.level > p.level+3 || m.start < p.start {
			continue
		}
		if reports := s.reports(m); reports < fewest {
			best, fewest = m, reports
		}
	}
	return best
}

func (s *story) reports(m *person) (n int) {
	for _, p := range s.people {
		if p.manager == m {
			n++
		}
	}
	return n
}

// join says that p is in the directory. Who was there before the two years is said to have
// joined then: the directory was loaded on the first day.
func (s *story) join(p *person) {
	from := s.morning(p.start)
	f := &events.PersonJoined{Level: p.levelAt(window + 1), Department: p.department, StartMonth: events.Month(from.Format("2006-01")), EffectiveAt: from}
	if p.manager != nil {
		f.Manager = events.PersonID(p.manager.id)
	}
	years := p.level*3 + s.n(5)
	s.joined = append(s.joined, event{
		ID: s.id(p.n, f.FactName()), Type: events.TypeOf(events.People, f), Subject: p.id, Time: s.morning(min(p.start, window)), Data: f,
		Sealed: events.PersonDetails{
			Name: p.given + " " + p.family, Email: mailOf(p.given, p.family), ExternalIDs: []string{p.id}, Location: p.site.city,
			TimeZone: p.site.zone, StartDate: from.Format(time.DateOnly), YearsOfExperience: &years,
		},
	})
}
