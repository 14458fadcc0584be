package gaps

import (
	"slices"
	"strings"
	"sync"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// index is what lists and aggregates need of every network, in memory: kept by watching the
// documents, on every replica.
type index struct {
	mu     sync.RWMutex
	people map[events.PersonID]*indexed
}

type indexed struct {
	timeline *readmodel.Network // with nothing but its timeline
	gaps     []cell
}

// cell is what gaps are counted by.
type cell struct {
	gap  events.GapKind
	role events.RoleName
}

func newIndex() *index { return &index{people: map[events.PersonID]*indexed{}} }

func (x *index) put(key string, n *readmodel.Network) {
	person := events.PersonID(strings.TrimPrefix(key, readmodel.NetworkKey("")))
	x.mu.Lock()
	defer x.mu.Unlock()
	if n == nil {
		delete(x.people, person)
		return
	}
	e := &indexed{timeline: &readmodel.Network{Person: person, Timeline: n.Timeline}}
	if n.TakesPart("org-aggregate") {
		for _, g := range n.Gaps {
			e.gaps = append(e.gaps, cell{g.Kind, g.Role})
		}
	}
	x.people[person] = e
}

// Standing implements Directory.
func (x *index) Standing(person events.PersonID, at time.Time) readmodel.Standing {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if e := x.people[person]; e != nil {
		return e.timeline.At(at)
	}
	return readmodel.Standing{}
}

// Count implements Directory.
func (x *index) Count(department events.Code, fromLevel int, at time.Time, but ...events.PersonID) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	for person, e := range x.people {
		s := e.timeline.At(at)
		if s.Presence == readmodel.Present && s.Level >= fromLevel && (department == "" || s.Department == department) && !slices.Contains(but, person) {
			n++
		}
	}
	return n
}

// open counts the open gaps of all who take part in aggregates.
func (x *index) open() map[cell]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	counts := map[cell]int{}
	for _, e := range x.people {
		for _, c := range e.gaps {
			counts[c]++
		}
	}
	return counts
}
