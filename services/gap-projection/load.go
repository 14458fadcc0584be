package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// The person as a supporter: for whom they are a mentor or a sponsor.

// countGiven counts for whom the person plays a role: since when, up to one more than there is room
// for. Few give so much that all of it has to be looked at.
func (v *view) countGiven() {
	for i, role := range allRoles {
		room, limited := v.room(role)
		if !limited || len(v.n.Given) <= room {
			continue
		}
		for _, g := range v.n.Given {
			v.countCarried(i, g, room)
		}
	}
}

func (v *view) countCarried(i int, g readmodel.Given, room int) {
	since := carriedSince(g, allRoles[i])
	if since == 0 || leftBy(g, v.now) {
		return
	}
	v.carried[i] = insert(v.carried[i], since.Time(), room+1)
	v.nextLeaves = earlier(v.nextLeaves, g.Leaves)
}

// overloaded: the person plays a role for more people than they have room for.
func (v view) overloaded(role events.RoleName) *condition {
	room, limited := v.room(role)
	begun := v.carried[readmodel.RoleIndex(role)]
	if !limited || len(begun) <= room {
		return nil
	}
	return v.afterHold(events.Overloaded, later(begun[room], v.standing.Start), "over-capacity")
}

// room is for how many people the person can play a role: as they say, or as the rules have it.
func (v view) room(role events.RoleName) (people int, limited bool) {
	if people, limited = v.n.Capacity[role]; limited {
		return people, true
	}
	people, limited = v.rules.Load[role]
	return people, limited
}

func carriedSince(g readmodel.Given, role events.RoleName) readmodel.Unix {
	switch role {
	case events.Mentor:
		return g.Mentor
	case events.Sponsor:
		return g.Sponsor
	}
	return 0
}

func leftBy(g readmodel.Given, now time.Time) bool { return !g.Leaves.IsZero() && !g.Leaves.After(now) }
