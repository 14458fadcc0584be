package readmodel

import (
	"slices"
	"time"

	"kith.internal/events"
)

// ChangeKind is what a change of somebody's standing is.
type ChangeKind string

// The kinds of changes.
const (
	Joined   ChangeKind = "joined"
	Moved    ChangeKind = "moved" // level, department or manager
	OnLeave  ChangeKind = "on-leave"
	Returned ChangeKind = "returned"
	Left     ChangeKind = "left"
)

// Change is what holds from a time on, past or future: only what changed is set.
type Change struct {
	At         time.Time       `json:"at"`
	Kind       ChangeKind      `json:"kind"`
	Level      int             `json:"level,omitempty"`
	Department events.Code     `json:"department,omitempty"`
	Manager    events.PersonID `json:"manager,omitempty"`
	Said       time.Time       `json:"said,omitzero"` // when it was, of a leaving
}

// Presence is whether somebody is there.
type Presence string

// Presences. Unknown is somebody of whom the directory has said nothing yet.
const (
	Unknown Presence = ""
	Present Presence = "present"
	Away    Presence = "away"
	Gone    Presence = "gone"
)

// Standing is where somebody stands in the organization at one time.
type Standing struct {
	Presence   Presence
	Start      time.Time // of employment
	Returned   time.Time // from the last leave; zero where there was none
	Level      int
	Department events.Code
	Manager    events.PersonID
}

// Add files a change by its time, after those of the same time.
func (n *Network) Add(c Change) {
	i := len(n.Timeline)
	for i > 0 && n.Timeline[i-1].At.After(c.At) {
		i--
	}
	n.Timeline = slices.Insert(n.Timeline, i, c)
}

// At is the person's standing at a time; before their first change, the first one holds.
func (n *Network) At(t time.Time) Standing {
	var s Standing
	for i, c := range n.Timeline {
		if i > 0 && c.At.After(t) {
			break
		}
		s.apply(c)
	}
	return s
}

// NextChange is the first change after t; zero where none is known.
func (n *Network) NextChange(t time.Time) time.Time {
	for _, c := range n.Timeline {
		if c.At.After(t) {
			return c.At
		}
	}
	return time.Time{}
}

func (s *Standing) apply(c Change) {
	switch c.Kind {
	case Joined:
		if s.Presence == Unknown || s.Presence == Gone {
			s.Start, s.Returned = c.At, time.Time{}
		}
		s.Presence = Present
	case OnLeave:
		s.turn(Present, Away)
	case Returned:
		if s.turn(Away, Present) {
			s.Returned = c.At
		}
	case Left:
		s.Presence = Gone
	}
	s.move(c)
}

func (s *Standing) turn(from, to Presence) bool {
	if s.Presence != from {
		return false
	}
	s.Presence = to
	return true
}

func (s *Standing) move(c Change) {
	if c.Level != 0 {
		s.Level = c.Level
	}
	if c.Department != "" {
		s.Department = c.Department
	}
	if c.Manager != "" {
		s.Manager = c.Manager
	}
}
