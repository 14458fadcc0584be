package audit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/isoweek"
	"kith.internal/services/internal/replay"
)

// OrganizationQuery asks how the whole organization was covered at a time, by what was known at another.
type OrganizationQuery struct {
	AsOfQuery
	By string // department, level, tenure or group, beside everybody; empty: nothing
}

// organizationAnswer is what the program view told, or would have, and what that rests on.
type organizationAnswer struct {
	AsOf
	Published bool `json:"published"` // rather than counted anew
	Coverage  any  `json:"coverage"`
}

// organizationAsOf answers what was published of the last week before a time, if it was published by what was known.
// Of a time before the first published week it counts its people anew, by what was known when that was published: nobody
// learns more by asking for one time and for another. The floor is that of then or of today, whichever is higher.
// It fails with fault.NotFound where nothing was published by what was known.
func (s *Service) organizationAsOf(ctx context.Context, q OrganizationQuery) (organizationAnswer, error) {
	if q.Viewer.Kind != access.Auditor {
		if err := s.policy.Operate(ctx, q.Viewer); err != nil {
			return organizationAnswer{}, err
		}
	}
	end, err := s.log.Last(ctx)
	if err != nil {
		return organizationAnswer{}, err
	}
	cut, err := s.cut(ctx, q.AsOfQuery, end)
	if err != nil {
		return organizationAnswer{}, err
	}
	cut.At = isoweek.Monday(cut.At)
	a, suppressed, err := s.coverageAt(ctx, cut, end, q.By)
	if err != nil {
		return organizationAnswer{}, err
	}
	filters := []events.Code{"as-of", events.Code("at-" + cut.At.Format(time.DateOnly)), events.Code("known-" + strconv.FormatUint(a.Known, 10))}
	if q.By != "" {
		filters = append(filters, events.Code("by-"+q.By))
	}
	return a, s.policy.Aggregate(ctx, q.Viewer, filters, suppressed)
}

// coverageAt is what was published, or the people of the first published week counted anew.
func (s *Service) coverageAt(ctx context.Context, cut replay.Cut, end uint64, by string) (a organizationAnswer, suppressed int, err error) {
	told, err := s.published(ctx, cut.Known)
	if err != nil {
		return a, 0, err
	}
	floors, floor, err := s.floorsAt(ctx, end)
	if err != nil {
		return a, 0, err
	}
	a.AsOf = AsOf{At: cut.At, Known: told[len(told)-1].Seq, Facts: len(told), Rulesets: []string{}}
	a.Coverage, suppressed, a.Published, err = s.view.Told(told, cut.At, floors, floor, by)
	if a.Published || err != nil {
		return a, suppressed, err
	}
	cut.Known = told[0].CausationSeq
	return s.before(ctx, cut, end, floor, by)
}

// published is what was published by a sequence, in the order in which it was.
func (s *Service) published(ctx context.Context, known uint64) (told []events.Event, err error) {
	err = s.log.Read(ctx, 1, []string{events.FilterFact(events.Coverage, "CoverageMeasured")}, func(e events.Event, err error) error {
		if err == nil && e.Seq <= known {
			told = append(told, e)
		}
		return nil
	})
	if err == nil && len(told) == 0 {
		err = fault.New(fault.NotFound, "not-measured", "nothing had been measured by then: a week is, on the Monday after it")
	}
	return told, err
}

// before counts the people of the first published week at a time before it. The cut is known up to what had it measured.
// The memory of a server holds one such fold at a time.
func (s *Service) before(ctx context.Context, cut replay.Cut, end uint64, floor int, by string) (a organizationAnswer, suppressed int, err error) {
	if !s.trying.TryLock() {
		return a, 0, errBusy
	}
	defer s.trying.Unlock()
	out, err := s.out(ctx, end)
	if err != nil {
		return a, 0, err
	}
	first, err := derive.NewShadow(ctx, s.log, s.deriving(events.Coverage), cut.Known, func(uint64) error { return ctx.Err() })
	if err != nil {
		return a, 0, err
	}
	state, err := s.foldAll(ctx, cut)
	if err != nil {
		return a, 0, err
	}
	a.AsOf = basisOf(cut, state)
	a.Coverage, suppressed, err = s.view.Before(first.Docs, state.Networks, cut.At, floor, by, func(p events.PersonID) bool { return out[p] })
	return a, suppressed, err
}

// out is who must not be counted any more, whatever was known when: whoever takes no part, or was erased.
func (s *Service) out(ctx context.Context, end uint64) (map[events.PersonID]bool, error) {
	out := map[events.PersonID]bool{}
	filters := []string{events.FilterFact(events.Personal, "ParticipationChanged"), events.FilterFact(events.People, "PersonErased")}
	err := s.log.Read(ctx, 1, filters, func(e events.Event, err error) error {
		switch f := e.Fact.(type) {
		case *events.PersonErased:
			out[e.Person()] = true
		case *events.ParticipationChanged:
			if f.Purpose == "org-aggregate" && e.Seq <= end {
				out[e.Person()] = f.Participation == "out"
			}
		}
		return nil
	})
	return out, err
}

// floorsAt are the floors that were ever set up to a sequence, by the fact that did, and the one in force.
func (s *Service) floorsAt(ctx context.Context, end uint64) (floors map[string]int, floor int, err error) {
	floors, floor = map[string]int{}, leastFloor
	err = s.log.Read(ctx, 1, []string{events.FilterFact(events.Policy, "PolicyChanged")}, func(e events.Event, err error) error {
		if f, ok := e.Fact.(*events.PolicyChanged); ok && err == nil && e.Seq <= end {
			floor = max(f.Floor, leastFloor)
			floors[string(e.ID)] = floor
		}
		return nil
	})
	return floors, floor, err
}

// foldAll folds every fact of a cut.
func (s *Service) foldAll(ctx context.Context, cut replay.Cut) (*replay.State, error) {
	cut.Parked = replay.NewParked()
	parked := []string{events.FilterFact(events.Clock, "Parked"), events.FilterFact(events.Clock, "Retry")}
	err := s.log.Read(ctx, 1, parked, func(e events.Event, err error) error {
		if err == nil {
			cut.Parked.Take(e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.view.Chain.Fold(ctx, cut, replay.Ahead(Inputs(ctx, s.log, cut.Known)))
}

var errEnough = errors.New("enough")

// Inputs are the facts of a log up to a sequence that networks rest on; others are not even read. One that cannot be
// read is left out.
func Inputs(ctx context.Context, log *eventlog.Log, known uint64) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		err := log.Contexts(ctx, known, replay.Contexts, func(m eventlog.Stored) error {
			if e, err := m.Event(); err == nil && !yield(e, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(events.Event{}, err)
		}
	}
}

func decodeOrganization(r *http.Request) (OrganizationQuery, error) {
	q, err := decodeAsOf(r)
	return OrganizationQuery{q, r.URL.Query().Get("by")}, err
}
