package demo

import "kith.internal/events"

// span is a stretch of time, in days before now: from is the longer ago.
type span struct{ from, to int }

// choose finds somebody to play role for p over a span: of six who fit, the one who plays it
// for the fewest people. It returns nil where nobody fits.
func (s *story) choose(p *person, role events.RoleName, over span, fits func(c *person) bool) *person {
	var best *person
	if over.from < over.to {
		return nil // p came too late for it
	}
	patience := 400
	if p.portrait.fixed {
		patience = 4000 // what a persona is to show depends on no luck
	}
	for tries, found := 0, 0; tries < patience && found < 6; tries++ {
		c := one(s.dice, s.people...)
		if p.portrait.fixed && (c.left > 0 || c.away > 0 || c.leaving) {
			continue // what a persona shows does not depend on who else comes and goes
		}
		if c == p || s.tied[tie{p, c}] || !c.here(over.from) || !c.here(max(over.to, 1)) || !fits(c) {
			continue
		}
		found++
		if best == nil || s.busy[busyKey{c, role}] < s.busy[busyKey{best, role}] {
			best = c
		}
	}
	if best != nil {
		s.tied[tie{p, best}] = true
		s.busy[busyKey{best, role}]++
	}
	return best
}

// since cuts a span to the time p has been there.
func (p *person) since(over span) span {
	over.from = min(over.from, p.start-2)
	if p.left > 0 {
		over.to = max(over.to, p.left+1)
	}
	return over
}

// days are the days of a series over a span, the oldest first: a step of low to high days
// between two of them, and the last one on the last day of the span.
func (s *story) days(over span, low, high int) (days []int) {
	for ago := over.to; ago <= over.from; ago += s.between(low, high) {
		days = append([]int{ago}, days...)
	}
	return days
}

// higher reports whether by is low to high levels above p.
func higher(p, by *person, low, high int) bool {
	return by.level >= p.level+low && by.level <= p.level+high
}

// near prefers the own department in most throws.
func (s *story) near(p, c *person, percent int) bool {
	return (p.department == c.department) == s.in100(percent)
}
