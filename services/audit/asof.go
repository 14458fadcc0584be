package audit

import (
	"context"
	"fmt"
	"iter"
	"time"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/replay"
)

// AsOfQuery asks what was known of a time by another.
type AsOfQuery struct {
	Viewer  access.Viewer
	Person  events.PersonID
	At      time.Time // what was true then
	Known   uint64    // the last sequence that was known, if it is known; 0: by KnownAt
	KnownAt time.Time // zero: all that is known now
}

// AsOf is what an answer rests on.
type AsOf struct {
	At       time.Time `json:"at"`       // what was true then
	Known    uint64    `json:"known"`    // of what stands in the log up to here
	Facts    int       `json:"facts"`    // that were folded
	Rulesets []string  `json:"rulesets"` // that came into force, the last one held
}

// PersonAsOf is what a person saw, or would have seen, at a time.
type PersonAsOf struct {
	AsOf
	Person  events.PersonID `json:"person"`
	Sources []Source        `json:"sources"` // the acts that it rests on, in log order
}

// Source is where in the log an act stands, and since when it does.
type Source struct {
	Act      events.FactID `json:"act"`
	Seq      uint64        `json:"seq"`
	Recorded time.Time     `json:"recorded"`
}

// personAnswer is what a person saw together with what it rests on.
type personAnswer struct {
	PersonAsOf
	Seen any `json:"seen"`
}

// personAsOf folds what a person's network rests on, as it was known. It fails with fault.NotFound where
// nothing was known of the person then, or where they were erased since, and as access.Policy.Read does.
func (s *Service) personAsOf(ctx context.Context, q AsOfQuery) (personAnswer, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.History(q.Person)); err != nil {
		return personAnswer{}, err
	}
	end, err := s.log.Last(ctx)
	if err != nil {
		return personAnswer{}, err
	}
	cut, err := s.cut(ctx, q, end)
	if err != nil {
		return personAnswer{}, err
	}
	facts, err := s.restsOn(ctx, q.Person, end)
	if err != nil {
		return personAnswer{}, err
	}
	if erased(facts, q.Person) {
		return personAnswer{}, fault.New(fault.NotFound, "erased", "the person was erased, and all that was kept of them")
	}
	state, seen, err := s.seen(ctx, q.Person, cut, facts)
	if state == nil {
		return personAnswer{}, err
	}
	return personAnswer{PersonAsOf{basisOf(cut, state), q.Person, sources(facts, cut, q.Person)}, seen}, err
}

// seen is what a person sees by the facts that their network rests on.
func (s *Service) seen(ctx context.Context, p events.PersonID, cut replay.Cut, facts []events.Event) (*replay.State, any, error) {
	cut.Parked = parkedAmong(facts)
	state, err := s.view.Chain.Fold(ctx, cut, each(facts))
	if err != nil {
		return nil, nil, err
	}
	seen, err := s.view.Seen(state.Ties, state.Networks, p, cut.At)
	if fault.KindOf(err) == fault.NotFound {
		err = fault.New(fault.NotFound, "not-known-then", "nothing was known of this person then")
	}
	return state, seen, err
}

// cut is which facts a query is about. It fails with fault.Invalid for a time that has not come.
func (s *Service) cut(ctx context.Context, q AsOfQuery, end uint64) (replay.Cut, error) {
	cut := replay.Cut{At: q.At.UTC(), Known: min(q.Known, end)}
	now := s.now()
	if q.Known > end {
		return cut, fault.New(fault.Invalid, "not-yet", fmt.Sprintf("the log ends at %d: what will be known at %d is not known", end, q.Known))
	}
	if q.At.After(now) || q.KnownAt.After(now) {
		return cut, fault.New(fault.Invalid, "not-yet", "that time has not come: what will be true, and known, is not known")
	}
	if !q.KnownAt.IsZero() {
		known, err := s.log.Before(ctx, q.KnownAt)
		cut.Known = min(known, end)
		return cut, err
	}
	if q.Known == 0 {
		cut.Known = end
	}
	return cut, nil
}

func basisOf(cut replay.Cut, state *replay.State) AsOf {
	return AsOf{At: cut.At, Known: cut.Known, Facts: state.Facts, Rulesets: append([]string{}, state.Rulesets...)}
}

// erased reports whether a person was erased, whenever that was.
func erased(facts []events.Event, p events.PersonID) bool {
	for _, e := range facts {
		if _, is := e.Fact.(*events.PersonErased); is && e.Person() == p {
			return true
		}
	}
	return false
}

func parkedAmong(facts []events.Event) *replay.Parked {
	parked := replay.NewParked()
	for _, e := range facts {
		parked.Take(e)
	}
	return parked
}

func each(facts []events.Event) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		for _, e := range facts {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// sources are the acts of support that a person received, of those that took part.
func sources(facts []events.Event, cut replay.Cut, p events.PersonID) []Source {
	all := []Source{}
	for _, e := range facts {
		if e.Person() == p && events.ActOf(e.Fact) != nil && cut.Includes(e) {
			all = append(all, Source{e.ID, e.Seq, e.Recorded})
		}
	}
	return all
}
