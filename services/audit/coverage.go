package audit

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/replay"
)

// OrganizationQuery asks how the whole organization was covered at a time, by what was known at another.
type OrganizationQuery struct {
	AsOfQuery
	By string // department, level or tenure, beside everybody; empty: nothing
}

// organizationAnswer is what the program view would have published, and what that rests on.
type organizationAnswer struct {
	AsOf
	Coverage any `json:"coverage"`
}

// organizationAsOf folds the whole log. Nobody learns more of anybody by asking often: what was true is that of
// the Monday before, what was known is that of the last publication, and the floor is that of then or of today,
// whichever is higher. It fails with fault.NotFound where nothing was published by then.
func (s *Service) organizationAsOf(ctx context.Context, q OrganizationQuery) (organizationAnswer, error) {
	if q.Viewer.Kind != access.Auditor {
		if err := s.policy.Operate(ctx, q.Viewer); err != nil {
			return organizationAnswer{}, err
		}
	}
	end, err := s.end(ctx)
	if err != nil {
		return organizationAnswer{}, err
	}
	cut, err := s.cut(ctx, q.AsOfQuery, end)
	if err != nil {
		return organizationAnswer{}, err
	}
	cut.At = monday(cut.At)
	if cut.Known, err = s.published(ctx, cut.Known); err != nil {
		return organizationAnswer{}, err
	}
	floor, err := s.floorAt(ctx, end)
	if err != nil {
		return organizationAnswer{}, err
	}
	state, err := s.foldAll(ctx, cut)
	if err != nil {
		return organizationAnswer{}, err
	}
	seen, suppressed, err := s.view.Coverage(state.Networks, cut.At, floor, q.By)
	if err != nil {
		return organizationAnswer{}, err
	}
	filters := []events.Code{"as-of", events.Code("at-" + cut.At.Format(time.DateOnly)), events.Code("known-" + strconv.FormatUint(cut.Known, 10))}
	if q.By != "" {
		filters = append(filters, events.Code("by-"+q.By))
	}
	return organizationAnswer{basisOf(cut, state), seen}, s.policy.Aggregate(ctx, q.Viewer, filters, suppressed)
}

// monday is when the week of a time began.
func monday(at time.Time) time.Time {
	at = at.UTC().Truncate(24 * time.Hour)
	return at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
}

// published is the last sequence at or before another by which a week was published.
func (s *Service) published(ctx context.Context, known uint64) (last uint64, err error) {
	err = s.log.Read(ctx, 1, []string{events.FilterContext(events.Coverage)}, func(e events.Event, err error) error {
		if err == nil && e.Seq <= known {
			last = e.Seq
		}
		return nil
	})
	if err == nil && last == 0 {
		err = fault.New(fault.NotFound, "not-measured", "nothing had been measured by then: a week is, on the Monday after it")
	}
	return last, err
}

// foldAll folds every fact of a cut. The memory of a server holds one such fold at a time.
func (s *Service) foldAll(ctx context.Context, cut replay.Cut) (*replay.State, error) {
	if !s.trying.TryLock() {
		return nil, errBusy
	}
	defer s.trying.Unlock()
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

// Inputs are the facts of a log up to a sequence that networks rest on; others are not even decoded. One that cannot be
// read is left out.
func Inputs(ctx context.Context, log *eventlog.Log, known uint64) iter.Seq2[events.Event, error] {
	return func(yield func(events.Event, error) bool) {
		err := log.Messages(ctx, 1, known, func(m eventlog.Stored) error {
			if !isInput(m.Subject) {
				return nil
			}
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

func isInput(subject string) bool {
	context, _, _ := strings.Cut(strings.TrimPrefix(subject, "kith."), ".")
	switch events.Context(context) {
	case events.People, events.Support, events.Personal, events.Policy:
		return true
	}
	return false
}

func decodeOrganization(r *http.Request) (OrganizationQuery, error) {
	q, err := decodeAsOf(r)
	return OrganizationQuery{q, r.URL.Query().Get("by")}, err
}
