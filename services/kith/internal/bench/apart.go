package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/intake"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/kith/internal/client"
	classifier "kith.internal/services/role-classifier"
)

// apart measures intake, role-classifier and gap-projection one after the other, each with nothing
// else going on: acts come in, then their roles are recognized, then networks and gaps follow.
func apart(ctx context.Context, r *run) error {
	if err := r.product(ctx, nil, r.lived); err != nil {
		return err
	}
	for round := range r.amounts.rounds {
		r.say("intake, classifier and projection by themselves, round %d", round+1)
		base, err := r.rawNow(ctx, fmt.Sprint("raw-intake-", round), r.rawBatches)
		if err != nil {
			return err
		}
		lines := r.org.lines(r.org.newTies(r.amounts.acts))
		err = r.product(ctx, []string{intake.Name}, func(ctx context.Context, s *site) error {
			started := time.Now()
			_, err := s.send(ctx, lines)
			r.beside(base, "intake/ndjson", float64(r.amounts.acts)/time.Since(started).Seconds())
			return err
		})
		if err != nil {
			return err
		}
		if err := r.catchUp(ctx, "catch-up/classifier", classifier.Name, readmodel.Ties); err != nil {
			return err
		}
		if err := r.catchUp(ctx, "catch-up/projection", gaps.Name, readmodel.Networks); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) catchUp(ctx context.Context, row, service, bucket string) error {
	took, err := r.behind(ctx, service, bucket)
	r.rate(row, r.amounts.acts, took)
	return err
}

// rebuilds measures how long documents take to be made again from the whole log.
func rebuilds(ctx context.Context, r *run) error {
	if err := r.product(ctx, nil, r.lived); err != nil {
		return err
	}
	for round := range r.amounts.rounds {
		r.say("rebuild, round %d", round+1)
		if err := r.rebuild(ctx, "rebuild/classifier", classifier.Name); err != nil {
			return err
		}
		if err := r.rebuild(ctx, "rebuild/projection", gaps.Name); err != nil {
			return err
		}
	}
	return nil
}

// rebuild has a service make its documents anew from the whole log, compare them and switch to them.
func (r *run) rebuild(ctx context.Context, row, service string) error {
	base, err := r.rawNow(ctx, "raw-"+row, func(ctx context.Context, e *engine) (float64, error) {
		if _, err := r.rawBatches(ctx, e); err != nil {
			return 0, err
		}
		return r.rawConsume(ctx, e)
	})
	if err != nil {
		return err
	}
	return r.product(ctx, []string{service}, func(ctx context.Context, s *site) error {
		made, err := s.rebuilt(ctx, service)
		if err == nil {
			r.beside(base, row, float64(made.Total)/made.Ended.Sub(made.Started).Seconds())
		}
		return err
	})
}

// rebuilt orders a rebuild and waits for its end.
func (s *site) rebuilt(ctx context.Context, service string) (made client.Rebuild, err error) {
	api := s.api.As("service:bench")
	err = patiently(ctx, func() error {
		made, err = api.StartRebuild(ctx, service, client.RebuildOrder{Switch: true})
		return err
	})
	for err == nil && made.State == derive.Running {
		select {
		case <-ctx.Done():
			return made, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		err = patiently(ctx, func() error {
			made, err = api.Rebuild(ctx, service)
			return err
		})
	}
	if err == nil && made.State != derive.Done {
		err = fmt.Errorf("the rebuild of %s is %s: %s", service, made.State, made.Error)
	}
	return made, err
}

// behind starts a service and measures until its documents include the whole log as it is then.
func (r *run) behind(ctx context.Context, service, bucket string) (took time.Duration, err error) {
	err = r.product(ctx, []string{service}, func(ctx context.Context, s *site) error {
		started := time.Now()
		return s.jetStream(func(js jetstream.JetStream) error {
			documents, err := projection.OpenReader(ctx, js, bucket, 1)
			if err != nil {
				return err
			}
			stream, err := js.Stream(ctx, eventlog.StreamName)
			if err != nil {
				return err
			}
			last, err := lastInput(ctx, stream, service)
			if err == nil {
				_, err = documents.Wait(ctx, last)
			}
			took = time.Since(started)
			return err
		})
	})
	return took, err
}

// lastInput is the last fact that a service reads.
func lastInput(ctx context.Context, stream jetstream.Stream, service string) (last uint64, err error) {
	inputs := classifier.Inputs()
	if service == gaps.Name {
		inputs = gaps.Inputs()
	}
	for _, filter := range inputs {
		if m, err := stream.GetLastMsgForSubject(ctx, filter); err == nil {
			last = max(last, m.Sequence)
		}
	}
	if last == 0 {
		return 0, fmt.Errorf("nothing in the log is for %s", service)
	}
	return last, nil
}

// jetStream calls f with a connection to the product's NATS server.
func (s *site) jetStream(f func(jetstream.JetStream) error) error {
	nc, err := nats.Connect(s.NATS)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	return f(js)
}
