package gaps

import (
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/ruleset"
)

// countPair counts what a pair of two people shows: that it waits, and who speaks of it.
func (v *view) countPair(tie *readmodel.NetworkTie) {
	if tie.Place.Gone(v.now) {
		return
	}
	if s, waits := v.waits(tie); waits && (v.stalled.opens.IsZero() || s.opens.Before(v.stalled.opens)) {
		v.stalled = s
	}
	if m := tie.Roles[events.Mentor]; held(m) && v.lopsided(tie.Rated) {
		v.oneSided = earlier(v.oneSided, tie.Rated.Last)
	}
}

// waits is since when a running pair has not met, and when that is too long. A leave of either is no
// silence. A pair that was silent for very long is over, whether somebody said so or not.
func (v *view) waits(tie *readmodel.NetworkTie) (silence, bool) {
	if !tie.Pair.Runs() || tie.Place != nil && tie.Place.Away || v.rules.Pair.First == 0 {
		return silence{}, false
	}
	s := silence{since: tie.Pair.Started}
	limit := v.rules.Pair.First.Duration()
	if s.met = tie.LastAct.After(s.since); s.met {
		s.since, limit = tie.LastAct, v.rules.Pair.Running.Duration()
	}
	s.over = s.since.Add(v.rules.Pair.Over.Duration())
	if tie.Place != nil {
		s.since = later(s.since, tie.Place.Returned)
	}
	s.since = later(s.since, v.standing.Returned)
	s.opens = s.since.Add(limit)
	return s, s.over.After(v.now)
}

// lopsided reports whether only one of two has rated their sessions, often enough to tell.
func (v *view) lopsided(r *readmodel.Rated) bool {
	enough := v.rules.OneSided
	if enough == 0 || r == nil || r.Learned {
		return false
	}
	mine, theirs := len(r.Recipient), len(r.Supporter)
	return mine >= enough && theirs == 0 || theirs >= enough && mine == 0
}

// foldPair enters what somebody made of two people, and what they say of their sessions.
func foldPair(n *readmodel.Network, in events.Event) bool {
	switch f := in.Fact.(type) {
	case *events.PairMatched:
		begin(n.Tie(f.Supporter), in)
	case *events.PairEnded:
		end(n.Tie(f.Supporter), in.Time)
	case *events.SessionRated:
		rate(n.Tie(f.Supporter), f, in.Time)
	default:
		return false
	}
	return true
}

// begin starts a pair: the latest start counts, and who made it.
func begin(tie *readmodel.NetworkTie, in events.Event) {
	if tie.Pair == nil {
		tie.Pair = &readmodel.Pair{}
	}
	if p := tie.Pair; in.Time.After(p.Started) {
		p.Started, p.Program = in.Time, programOf(in.Fact)
	}
}

func end(tie *readmodel.NetworkTie, at time.Time) {
	if tie.Pair == nil {
		tie.Pair = &readmodel.Pair{}
	}
	tie.Pair.Ended = later(tie.Pair.Ended, at)
}

func ratedOf(tie *readmodel.NetworkTie) *readmodel.Rated {
	if tie.Rated == nil {
		tie.Rated = &readmodel.Rated{}
	}
	return tie.Rated
}

// rate keeps which sessions a side has rated: a few, the same ones whatever the order.
func rate(tie *readmodel.NetworkTie, f *events.SessionRated, at time.Time) {
	r := ratedOf(tie)
	side := &r.Recipient
	if f.By == "supporter" {
		side = &r.Supporter
	}
	if i, known := slices.BinarySearch(*side, f.Act); !known {
		*side = slices.Insert(*side, i, f.Act)
		*side = (*side)[:min(len(*side), ruleset.MostRated)]
	}
	r.Last = later(r.Last, at)
}
