package bench

import (
	"context"
	"slices"
	"time"
)

// hire has everybody of the organization join, once.
func (r *run) hire(ctx context.Context, s *site) error {
	if r.org.hired {
		return nil
	}
	r.say("everybody joins")
	r.org.hired = true
	last, err := s.send(ctx, r.org.joins())
	if err != nil {
		return err
	}
	return s.settled(ctx, last)
}

// lived has everybody receive support before it is measured, once: the first act ends a silence of years,
// and what follows from that for everybody would be measured as well. Then it waits until nothing follows any more.
func (r *run) lived(ctx context.Context, s *site) error {
	if err := r.hire(ctx, s); err != nil {
		return err
	}
	if r.org.lively {
		return idle(ctx)
	}
	r.say("everybody is supported")
	r.org.lively = true
	if err := r.path(ctx, s, "", "", r.org.newTies(max(r.org.people, r.amounts.acts))); err != nil {
		return err
	}
	if err := s.still(ctx); err != nil {
		return err
	}
	return idle(ctx)
}

// paths measures the whole product: each act a new tie, and twenty acts a tie.
func paths(ctx context.Context, r *run) error {
	return r.product(ctx, nil, func(ctx context.Context, s *site) error {
		if err := r.lived(ctx, s); err != nil {
			return err
		}
		for round := range r.amounts.rounds {
			r.say("the whole path, round %d", round+1)
			r.org.shown = r.org.newTies(r.amounts.acts)
			if err := r.path(ctx, s, "path/new-ties", "path/new-ties-cpu", r.org.shown); err != nil {
				return err
			}
			twenty := slices.Repeat(r.org.newTies(r.amounts.acts/20), 20)
			if err := r.path(ctx, s, "path/twenty", "path/twenty-cpu", twenty); err != nil {
				return err
			}
		}
		return nil
	})
}

// deep measures ties that grow to very many acts, at both ends.
func deep(ctx context.Context, r *run) error {
	return r.product(ctx, nil, func(ctx context.Context, s *site) error {
		if err := r.lived(ctx, s); err != nil {
			return err
		}
		r.say("ties of %d acts", r.amounts.deepest)
		ties := r.org.newTies(r.amounts.deepTies)
		for from := 0; from < r.amounts.deepest; from += r.amounts.block {
			name := ""
			switch from {
			case 0:
				name = "deep/first"
			case r.amounts.deepest - r.amounts.block:
				name = "deep/last"
			}
			if err := r.path(ctx, s, "", name, slices.Repeat(ties, r.amounts.block)); err != nil {
				return err
			}
		}
		return nil
	})
}

// path sends an act on each tie and waits until all that follows has been derived. It notes how many
// acts a second that was, and how much of the processors' time each took.
func (r *run) path(ctx context.Context, s *site, rate, cost string, ties []pair) error {
	lines := r.org.lines(ties)
	started, busy := time.Now(), processorTime()
	last, err := s.send(ctx, lines)
	if err != nil {
		return err
	}
	if err := s.settled(ctx, last); err != nil {
		return err
	}
	r.rate(rate, len(ties), time.Since(started))
	r.sample(cost, float64((processorTime()-busy).Microseconds())/float64(len(ties)))
	return nil
}
