package notification

import (
	"context"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/kit"
	"kith.internal/libs/live"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// layout is the version of the inbox's form: another one means a rebuild.
const layout = 1

// inputs are the facts that the rules read.
var inputs = []string{
	events.FilterContext(events.Gap),
	events.FilterContext(events.Reply),
	events.FilterFact(events.Personal, "ParticipationChanged"),
	events.FilterFact(events.People, "PersonJoined"),
	events.FilterFact(events.People, "PersonLeft"),
	events.FilterFact(events.People, "PersonMerged"),
	events.FilterFact(events.People, "PersonErased"),
	events.FilterFact(events.Clock, "Due"),
	events.FilterFact(events.Clock, "Retry"),
}

// Service plans nudges and serves inboxes.
type Service struct {
	engine  *derive.Engine
	handler http.Handler
	inboxes *projection.Reader
	policy  *access.Policy
	settled *settled
	live    *live.Live
}

// New returns a service that Run starts. It fails where its documents cannot be reached.
func New(ctx context.Context, env *app.Env) (*Service, error) {
	d, err := Derivation()
	if err != nil {
		return nil, err
	}
	inboxes, err := projection.OpenReader(ctx, env.EventLog.JetStream(), readmodel.Inboxes, env.Replicas)
	if err != nil {
		return nil, err
	}
	s := &Service{inboxes: inboxes.Of(env.EventLog.Identity), policy: access.New(env.EventLog, Name), live: live.New(env.Registry, env.Log)}
	if s.settled, err = newSettled(ctx, env.EventLog, env.Replicas, inboxes); err != nil {
		return nil, err
	}
	cfg := d.Config()
	cfg.Whole, cfg.Replicas, cfg.Registry, cfg.Log = true, env.Replicas, env.Registry, env.Log
	cfg.Person = func(p events.PersonID) []string { return []string{readmodel.InboxKey(p)} }
	s.engine = derive.New(env.EventLog, counted{newMetrics(env.Registry)}, cfg)
	s.handler = s.routes(kit.NewMetrics(env.Registry), env.Log)
	return s, nil
}

// Name implements app.Service.
func (s *Service) Name() string { return Name }

// Handler implements app.Service.
func (s *Service) Handler() http.Handler { return s.handler }

// Run implements app.Service.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.engine.Run(ctx) })
	g.Go(func() error { return s.live.Keep(ctx, s.follow) })
	return g.Wait()
}

// Ready implements app.Service.
func (s *Service) Ready() error { return s.engine.Ready() }

var _ app.Service = (*Service)(nil)

// Inputs are the filters of the facts that the rules read: a replay reads the same.
func Inputs() []string { return slices.Clone(inputs) }
