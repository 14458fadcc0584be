package bench

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"kith.internal/libs/eventlog"
	"kith.internal/services/audit"
	"kith.internal/services/audit/audited"
	"kith.internal/services/internal/replay"
)

// asOf measures how soon it is told what somebody saw, and how fast the whole log is folded for it.
func asOf(ctx context.Context, r *run) error {
	return r.product(ctx, nil, func(ctx context.Context, s *site) error {
		if err := r.lived(ctx, s); err != nil {
			return err
		}
		for round := range r.amounts.rounds {
			r.say("as of now, round %d", round+1)
			if err := r.wholeAsOf(ctx, s); err != nil {
				return err
			}
		}
		return r.peopleAsOf(ctx, s)
	})
}

// wholeAsOf folds the whole log, beside what JetStream delivers in the same minute.
func (r *run) wholeAsOf(ctx context.Context, s *site) error {
	base, err := r.rawNow(ctx, "raw-asof", func(ctx context.Context, e *engine) (float64, error) {
		if _, err := r.rawBatches(ctx, e); err != nil {
			return 0, err
		}
		return r.rawConsume(ctx, e)
	})
	if err != nil {
		return err
	}
	nc, err := nats.Connect(s.NATS)
	if err != nil {
		return err
	}
	defer nc.Close()
	log, err := eventlog.Open(ctx, nc, eventlog.Config{Service: "bench"})
	if err != nil {
		return err
	}
	defer log.Close()
	all, err := audited.Derivations(nil)
	if err != nil {
		return err
	}
	end, err := log.Last(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := audited.Chain(all).Fold(ctx, replay.Cut{At: began, Known: end}, replay.Ahead(audit.Inputs(ctx, log, end))); err != nil {
		return err
	}
	r.beside(base, "asof/organization", float64(end)/time.Since(began).Seconds())
	return nil
}

// peopleAsOf asks for one person after the other, over HTTP.
func (r *run) peopleAsOf(ctx context.Context, s *site) error {
	var took []time.Duration
	for n := range min(r.amounts.queries, r.org.people) {
		p, err := s.api.Person(ctx, r.org.id(n))
		if err != nil {
			return err
		}
		api, now := s.api.As("person:"+string(p.ID)), time.Now().UTC().Format(time.RFC3339Nano)
		if err := timed(ctx, &took, func() error { _, err := api.AsOf(ctx, p.ID, now, ""); return err }); err != nil {
			return err
		}
	}
	r.percentiles("asof/person", took)
	return nil
}
