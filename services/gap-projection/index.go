package gaps

import (
	"slices"
	"strings"
	"sync"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/isoweek"
	"kith.internal/services/internal/readmodel"
)

// index is what lists need of every network, in memory: kept by watching the
// documents, on every replica.
type index struct {
	mu     sync.RWMutex
	people map[events.PersonID]*indexed
}

type indexed struct {
	timeline []readmodel.Change
	capacity map[events.RoleName]int
	given    []carried // to whom one is a mentor or a sponsor
}

// listed is of a network what lists need: read as it, the ties need not be made.
type listed struct {
	Timeline []readmodel.Change                  `json:"timeline"`
	Capacity map[events.RoleName]int             `json:"capacity"`
	Given    map[events.PersonID]readmodel.Given `json:"given"`
}

// carried is since when somebody plays a role.
type carried struct {
	role  events.RoleName
	since readmodel.Unix
}

func newIndex() *index { return &index{people: map[events.PersonID]*indexed{}} }

func (x *index) put(key string, n *listed) {
	person := events.PersonID(strings.TrimPrefix(key, readmodel.NetworkKey("")))
	x.mu.Lock()
	defer x.mu.Unlock()
	if n == nil {
		delete(x.people, person)
		return
	}
	x.people[person] = &indexed{timeline: slices.Clip(n.Timeline), capacity: n.Capacity, given: carriedBy(n)}
}

// network is one with nothing but the timeline. It is made where it is asked: to keep one for everybody
// takes more memory than all the rest.
func (e *indexed) network() *readmodel.Network { return &readmodel.Network{Timeline: e.timeline} }

// Standing implements Directory.
func (x *index) Standing(person events.PersonID, at time.Time) readmodel.Standing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e := x.people[person]; e != nil {
		return e.network().At(at)
	}
	return readmodel.Standing{}
}

// Stays implements Directory.
func (x *index) Stays(person events.PersonID, at time.Time) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e := x.people[person]
	if e == nil || e.network().At(at).Presence != readmodel.Present {
		return false
	}
	place := e.network().PlaceAt(at)
	return !place.Leaving()
}

// Room implements Directory: it is that of the beginning of the week.
func (x *index) Room(person events.PersonID, role events.RoleName, usual int, at time.Time) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e := x.people[person]
	if e == nil {
		return true
	}
	room, said := e.capacity[role]
	if !said {
		room = usual
	}
	for _, g := range e.given {
		if g.role == role && g.since < readmodel.UnixOf(isoweek.Monday(at)) {
			room--
		}
	}
	return room > 0
}

// carriedBy is whom somebody looks after, but for those who are going to leave.
func carriedBy(n *listed) (all []carried) {
	for _, g := range n.Given {
		for _, role := range []events.RoleName{events.Mentor, events.Sponsor} {
			if since := carriedSince(g, role); since != 0 && g.Leaves.IsZero() {
				all = append(all, carried{role, since})
			}
		}
	}
	return all
}

// Count implements Directory.
func (x *index) Count(department events.Code, fromLevel int, at time.Time, but ...events.PersonID) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	for person, e := range x.people {
		s := e.network().At(at)
		if s.Presence == readmodel.Present && s.Level >= fromLevel && (department == "" || s.Department == department) && !slices.Contains(but, person) {
			n++
		}
	}
	return n
}
