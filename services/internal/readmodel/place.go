package readmodel

import (
	"time"

	"kith.internal/events"
)

// Place is what the networks of others hold of a person: where they stand now, and until when they
// are there. It changes only when the directory says something, or what it said comes true.
type Place struct {
	Department events.Code     `json:"department,omitempty"`
	Manager    events.PersonID `json:"manager,omitempty"`
	Away       bool            `json:"away,omitempty"`    // on leave
	Returned   time.Time       `json:"returned,omitzero"` // from the last leave
	Since      time.Time       `json:"since,omitzero"`    // since when all of this holds
	Leaves     time.Time       `json:"leaves,omitzero"`   // from when they are no longer there, past or future; zero: nobody says so
	Said       time.Time       `json:"said,omitzero"`     // when that was said
}

// Gone reports whether the person is no longer there at a time.
func (p *Place) Gone(at time.Time) bool { return p.Leaving() && !p.Leaves.After(at) }

// Leaving reports whether the person has left or is going to.
func (p *Place) Leaving() bool { return p != nil && !p.Leaves.IsZero() }

// Equal reports whether two places are the same, wherever their times were written down.
func (p Place) Equal(q Place) bool {
	same := p.Since.Equal(q.Since) && p.Leaves.Equal(q.Leaves) && p.Said.Equal(q.Said) && p.Returned.Equal(q.Returned)
	return same && p.Department == q.Department && p.Manager == q.Manager && p.Away == q.Away
}

// PlaceAt is the person's place at a time; before their first change, the first one holds.
func (n *Network) PlaceAt(t time.Time) Place {
	var p Place
	var s Standing
	for i, c := range n.Timeline {
		if i > 0 && c.At.After(t) {
			p.announce(c)
			continue
		}
		was := s
		s.apply(c)
		p.follow(was, s, c)
	}
	return p
}

// follow takes over what a change has brought about.
func (p *Place) follow(was, is Standing, c Change) {
	if is.Presence != was.Presence || is.Department != was.Department || is.Manager != was.Manager {
		p.Since = c.At
	}
	p.Department, p.Manager, p.Away, p.Returned = is.Department, is.Manager, is.Presence == Away, is.Returned
	switch {
	case is.Presence != Gone:
		p.Leaves, p.Said = time.Time{}, time.Time{}
	case was.Presence != Gone:
		p.Leaves, p.Said = c.At, c.Said
	}
}

// announce takes note of the first leaving that lies ahead.
func (p *Place) announce(c Change) {
	if c.Kind == Left && p.Leaves.IsZero() {
		p.Leaves, p.Said = c.At, c.Said
	}
}
