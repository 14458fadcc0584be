package gaps

import (
	"cmp"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// allRoles are events.Roles, in the order of which holdings are kept.
var allRoles = events.Roles()

// tally is a network counted once: all that the conditions ask of its ties. Whatever the order in
// which ties are counted, it comes out the same.
type tally struct {
	roles      [5]holding
	sponsors   []sponsor // who holds that role, by id
	circle     circle
	unproven   [5]time.Time   // since when a role is declared and not shown; zero: it is not
	stalled    silence        // the pair that has waited longest
	oneSided   time.Time      // since when sessions of a mentor were rated by one side only; zero: none are
	carried    [5][]time.Time // since when the person plays a role for others, the first first
	nextLeaves time.Time      // when the next one leaves on either side; zero: nobody is going to
}

// sponsor is where somebody stands in the reporting lines.
type sponsor struct{ id, manager events.PersonID }

// circle is everybody who holds a role, each counted once.
type circle struct {
	people   int
	internal int
	manager  bool        // the line manager is among them
	arenas   arenas      // in which they are
	first    []time.Time // since when the first of them have held one, as many as a rule asks for
	outside  time.Time   // since when the latest one outside has
	lost     time.Time   // when somebody last ceased to hold any
	moved    time.Time   // when one of them last moved
}

// silence is how long a pair has waited for a meeting.
type silence struct {
	since, opens, over time.Time
	met                bool
}

// holding is how one role is held in a network.
type holding struct {
	active, atRisk int
	outside        int             // of both: not in the organization
	manager        int             // of both: the line manager
	leaving        int             // of both: they are going to leave
	holder         events.PersonID // the only one, where there is one
	since, second  time.Time       // since when the first of the holders has had it, and the second
	lost           time.Time       // when somebody who held it last ceased to
	left           time.Time       // when somebody who held it last left the organization
	risk           time.Time       // since when all who hold it are at risk, if they are
	grace          time.Time       // when the grace of all holders at risk is over
	over           time.Time       // when the last of those at risk has lapsed, unless something happens
	leaves, said   time.Time       // when the last of those who are leaving leaves, and when that was known
	latest         events.FactID   // the latest role fact about a holder
	stated         time.Time
}

func (h *holding) held() int { return h.active + h.atRisk }

// aside is how many of those who hold a role do not count for its target.
func (h *holding) aside(t ruleset.Target) int {
	if t.BesideManager {
		return h.manager
	}
	return 0
}

// count fills the tally in one pass over the ties.
func (v *view) count() {
	for supporter, tie := range v.n.Ties {
		v.countTie(supporter, tie)
	}
	for i := range v.roles {
		h := &v.roles[i]
		h.risk = later(h.risk, h.lost)
	}
	v.countGiven()
	slices.SortFunc(v.sponsors, func(a, b sponsor) int { return cmp.Compare(a.id, b.id) })
}

func (v *view) countTie(supporter events.PersonID, tie *readmodel.NetworkTie) {
	if tie.Place.Leaving() && !tie.Place.Gone(v.now) {
		v.nextLeaves = earlier(v.nextLeaves, tie.Place.Leaves)
	}
	for role := range tie.Declared {
		if at, ok := unproven(tie, role); ok {
			i := readmodel.RoleIndex(role)
			v.unproven[i] = earlier(v.unproven[i], at)
		}
	}
	var since, ended time.Time // of all roles together
	for role, r := range tie.Roles {
		if !counts(tie, role) {
			continue
		}
		if held, at := v.countRole(readmodel.RoleIndex(role), supporter, tie, r); held {
			since = earlier(since, at)
		} else {
			ended = later(ended, at)
		}
	}
	switch {
	case !since.IsZero():
		v.countSupporter(supporter, tie, since)
	case !ended.IsZero():
		v.circle.lost = later(v.circle.lost, ended)
	}
	v.countPair(tie)
}

// countRole counts one role of a tie: whether it is held, and since when it is or is not.
func (v *view) countRole(i int, supporter events.PersonID, tie *readmodel.NetworkTie, r *readmodel.NetworkRole) (held bool, at time.Time) {
	h := &v.roles[i]
	if end, ended := endOf(tie, r, v.now); ended {
		h.lost = later(h.lost, end)
		if r.Status != readmodel.RoleLapsed {
			h.left = later(h.left, end)
		}
		return false, end
	}
	since := begun(r)
	h.add(r, since, v.rules.PairGrace.Duration())
	h.place(supporter, tie, supporter == v.standing.Manager)
	if allRoles[i] == events.Sponsor {
		s := sponsor{id: supporter}
		if tie.Place != nil {
			s.manager = tie.Place.Manager
		}
		v.sponsors = append(v.sponsors, s)
	}
	return true, since
}

// endOf is when somebody ceased to hold a role: it lapsed, or they left.
func endOf(tie *readmodel.NetworkTie, r *readmodel.NetworkRole, now time.Time) (end time.Time, ended bool) {
	if r.Status == readmodel.RoleLapsed {
		return r.Turned, true
	}
	if tie.Place.Gone(now) {
		return tie.Place.Leaves, true
	}
	return time.Time{}, false
}

// add counts somebody who holds the role.
func (h *holding) add(r *readmodel.NetworkRole, since time.Time, pairGrace time.Duration) {
	if r.Status == readmodel.RoleActive {
		h.active++
	} else {
		h.atRisk++
		h.risk, h.over = later(h.risk, r.Turned), later(h.over, r.NextChangeAt)
		if !r.Since.IsZero() {
			h.grace = later(h.grace, r.Since.Add(pairGrace))
		}
	}
	switch {
	case h.since.IsZero() || since.Before(h.since):
		h.since, h.second = since, h.since
	case h.second.IsZero() || since.Before(h.second):
		h.second = since
	}
	if r.Stated.After(h.stated) || r.Stated.Equal(h.stated) && r.Fact > h.latest {
		h.stated, h.latest = r.Stated, r.Fact
	}
}

// place counts where a holder stands.
func (h *holding) place(supporter events.PersonID, tie *readmodel.NetworkTie, manager bool) {
	if h.holder = supporter; h.held() > 1 {
		h.holder = ""
	}
	if supporter.External() {
		h.outside++
	}
	if manager {
		h.manager++
	}
	if tie.Place.Leaving() {
		h.leaving++
		h.leaves, h.said = later(h.leaves, tie.Place.Leaves), later(h.said, tie.Place.Said)
	}
}

// countSupporter counts somebody who holds at least one role since a time.
func (v *view) countSupporter(supporter events.PersonID, tie *readmodel.NetworkTie, since time.Time) {
	c := &v.circle
	c.people++
	c.arenas |= v.arenaOf(supporter, tie)
	c.first = insert(c.first, since, max(1, v.rules.SmallNetwork))
	if supporter.External() {
		c.outside = later(c.outside, since)
		return
	}
	c.internal++
	c.manager = c.manager || supporter == v.standing.Manager
	if tie.Place != nil {
		c.moved = later(c.moved, tie.Place.Since)
	}
}

// insert keeps the earliest of some times, in their order.
func insert(first []time.Time, t time.Time, keep int) []time.Time {
	i, _ := slices.BinarySearchFunc(first, t, time.Time.Compare)
	if i >= keep {
		return first
	}
	first = slices.Insert(first, i, t)
	return first[:min(len(first), keep)]
}

// arenas are the parts of a life in which supporters are, as a set.
type arenas uint8

// The arenas.
const (
	ownDepartment arenas = 1 << iota
	otherDepartment
	outsideWork // of the industry or elsewhere
	private     // friends and family
)

func (a arenas) count() (n int) {
	for ; a != 0; a &= a - 1 {
		n++
	}
	return n
}

// arenaOf is where a supporter is; of one who stands nowhere the own department is assumed.
func (v *view) arenaOf(supporter events.PersonID, tie *readmodel.NetworkTie) arenas {
	switch {
	case supporter.External() && personal(tie):
		return private
	case supporter.External():
		return outsideWork
	case tie.Place == nil || tie.Place.Department == "" || tie.Place.Department == v.standing.Department:
		return ownDepartment
	}
	return otherDepartment
}

// personal reports whether a supporter is a friend or of the family.
func personal(tie *readmodel.NetworkTie) bool {
	return tie.Relation == "friend" || tie.Relation == "family"
}

// earlier is the earlier of two times, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
