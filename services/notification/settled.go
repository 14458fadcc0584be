package notification

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

const (
	patience = 10 * time.Second // how long a query waits for a fact and all that follows from it
	poll     = 10 * time.Millisecond
)

// settled knows how far each service on the way from an act to an inbox has come.
type settled struct {
	log    *eventlog.Log
	stages []stage
}

// stage is a deriving service and its documents.
type stage struct {
	service string
	docs    *projection.Reader
}

func newSettled(ctx context.Context, log *eventlog.Log, replicas int, own *projection.Reader) (*settled, error) {
	ties, err := projection.OpenReader(ctx, log.JetStream(), readmodel.Ties, replicas)
	if err != nil {
		return nil, err
	}
	networks, err := projection.OpenReader(ctx, log.JetStream(), readmodel.Networks, replicas)
	if err != nil {
		return nil, err
	}
	return &settled{log, []stage{{"role-classifier", ties.Of(log.Identity)}, {"gap-projection", networks.Of(log.Identity)}, {Name, own}}}, nil
}

// wait returns once the inboxes include the fact at seq and all that followed from it. It fails
// with fault.Unavailable where the log has no such fact yet, and once ctx is done.
func (s *settled) wait(ctx context.Context, seq uint64) error {
	awaited := []uint64{seq}
	for _, stage := range s.stages {
		for _, seq := range awaited {
			if err := s.handled(ctx, stage, seq); err != nil {
				return err
			}
		}
		p, err := stage.docs.Progress(ctx)
		if err != nil {
			return behind(err)
		}
		if p.Appended > 0 && !slices.Contains(awaited, p.Appended) {
			awaited = append(awaited, p.Appended)
		}
	}
	return nil
}

// handled returns once a service has handled what it reads up to a fact. The fact itself may be
// none of its inputs: then its consumer having nothing left, twice, says so.
func (s *settled) handled(ctx context.Context, st stage, seq uint64) error {
	for idle := 0; ; {
		p, err := st.docs.Progress(ctx)
		if err != nil {
			return behind(err)
		}
		if p.Handled >= seq {
			return nil
		}
		done, err := s.passed(ctx, st, seq)
		if err != nil {
			return err
		}
		if idle++; !done {
			idle = 0
		} else if idle == 2 {
			return nil
		}
		select {
		case <-ctx.Done():
			return behind(ctx.Err())
		case <-time.After(poll):
		}
	}
}

// passed reports whether a fact is no input of a service and its consumer has come past it, or has nothing
// left: in a cluster the latter may be what a server says that has not heard of the fact yet.
func (s *settled) passed(ctx context.Context, st stage, seq uint64) (bool, error) {
	e, err := s.log.Get(ctx, seq)
	if fault.KindOf(err) == fault.NotFound {
		return false, fault.Wrap(fault.Unavailable, "ahead-of-the-log", "the log has not come as far as that yet", err)
	}
	c, err := s.log.JetStream().Consumer(ctx, eventlog.StreamName, st.service)
	if err != nil {
		return false, nil //nolint:nilerr // the service has not come up yet: wait for it
	}
	info := c.CachedInfo()
	if len(info.Config.FilterSubjects) == 0 && info.Config.FilterSubject == "" { // it reads the log as a whole, and acknowledges what is no input too
		return info.AckFloor.Stream >= seq, nil
	}
	return !reads(info.Config, e) && info.NumPending == 0 && info.NumAckPending == 0, nil
}

// reads reports whether a fact is among a consumer's inputs.
func reads(cfg jetstream.ConsumerConfig, e events.Event) bool {
	switch {
	case e.Context == "":
		return false // a claim of a fence, which nobody reads
	case e.Fact == nil:
		return true // unreadable here: wait for its place
	}
	subject := strings.Split(events.SubjectOf(e.Context, e.Subject, e.Fact.FactName()), ".")
	return slices.ContainsFunc(append(cfg.FilterSubjects, cfg.FilterSubject), func(filter string) bool {
		return matches(strings.Split(filter, "."), subject)
	})
}

func matches(filter, subject []string) bool {
	for i, token := range filter {
		switch {
		case token == ">":
			return true
		case i >= len(subject) || token != "*" && token != subject[i]:
			return false
		}
	}
	return len(filter) == len(subject)
}

func behind(err error) error {
	return fault.Wrap(fault.Unavailable, "behind", "what follows from this fact is not there yet; try again", err)
}
