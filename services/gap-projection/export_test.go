package gaps

import (
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// Wait sets how long queries wait for ?after.
func (s *Service) Wait(d time.Duration) { s.wait = d }

// OpenWith gives the rules what opens groups.
func (r *Rules) OpenWith(o Opener) { r.open = o }

// Suggest is what is suggested for a network at a time, by the default ruleset.
func (r *Rules) Suggest(n *readmodel.Network, people Directory, now time.Time) []Suggestion {
	return adviser{newView(n, r.initial, now), people}.suggest()
}

// Answer is a network as its person sees it, by the default ruleset.
func (r *Rules) Answer(n *readmodel.Network, now time.Time) NetworkAnswer {
	return answerNetwork(newView(n, r.initial, now))
}

// Closing is what would close each open gap of a network, by the default ruleset.
func (r *Rules) Closing(n *readmodel.Network, now time.Time) (ListAnswer, error) {
	rs, err := ruleset.Default()
	if err != nil {
		return ListAnswer{}, err
	}
	return answerGaps(newView(n, r.initial, now), rs)
}

// News is what good there is to say, by the default ruleset.
func (r *Rules) News(n *readmodel.Network, people Directory, now time.Time) []News {
	return adviser{newView(n, r.initial, now), people}.news()
}

// RoomOf is whether the index says of the person of a network that they have room.
func RoomOf(n *readmodel.Network, role events.RoleName, usual int, at time.Time) bool {
	x := newIndex()
	x.put(readmodel.NetworkKey(n.Person), &listed{Timeline: n.Timeline, Capacity: n.Capacity, Given: n.Given})
	return x.Room(n.Person, role, usual, at)
}
