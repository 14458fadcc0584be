package gaps

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

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

// layout is the version of the network's form: another one means a rebuild.
const layout = 5

// patienceOfQueries is how long a query waits for ?after.
const patienceOfQueries = 10 * time.Second

// Service keeps networks and answers queries about them. Any replica answers; one of them works.
type Service struct {
	engine  *derive.Engine
	handler http.Handler
	reader  reader
	policy  *access.Policy
	index   *index
	latest  *latest
	live    *live.Live
	log     *slog.Logger
	wait    time.Duration // how long a query waits for ?after
	now     func() time.Time
	initial *Ruleset
	parsed  sync.Map // *ruleset.Ruleset by text: compiled once
}

// New returns a service that Run starts. It fails where its documents cannot be reached.
func New(ctx context.Context, env *app.Env) (*Service, error) {
	rules, err := NewRules()
	if err != nil {
		return nil, err
	}
	if rules.open, err = NewOpener(ctx, env); err != nil {
		return nil, err
	}
	s := &Service{policy: access.New(env.EventLog, Name), index: newIndex(), log: env.Log, now: time.Now, initial: rules.initial, wait: patienceOfQueries}
	s.reader.log = env.EventLog
	js := env.EventLog.JetStream()
	if s.reader.networks, err = projection.OpenReader(ctx, js, readmodel.Networks, env.Replicas); err != nil {
		return nil, err
	}
	if s.reader.ties, err = projection.OpenReader(ctx, js, readmodel.Ties, env.Replicas); err != nil {
		return nil, err
	}
	s.reader.networks.Of(env.EventLog.Identity)
	s.reader.ties.Of(env.EventLog.Identity)
	cfg := rules.derivation().Config()
	cfg.Whole, cfg.Replicas, cfg.Registry, cfg.Log = true, env.Replicas, env.Registry, env.Log
	cfg.Person = func(p events.PersonID) []string { return []string{readmodel.NetworkKey(p)} }
	s.engine = derive.New(env.EventLog, rules, cfg)
	s.latest = newLatest()
	if err := env.Registry.Register(s.latest); err != nil {
		return nil, err
	}
	s.live = live.New(env.Registry, env.Log)
	s.handler = s.routes(kit.NewMetrics(env.Registry))
	return s, nil
}

// Name implements app.Service.
func (s *Service) Name() string { return Name }

// Handler implements app.Service.
func (s *Service) Handler() http.Handler { return s.handler }

// Ready implements app.Service.
func (s *Service) Ready() error { return s.engine.Ready() }

// Run implements app.Service.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.engine.Run(ctx) })
	g.Go(func() error { return s.live.Keep(ctx, s.followNetworks) })
	g.Go(func() error { return s.live.Keep(ctx, s.followRuleset) })
	g.Go(func() error { return s.live.Keep(ctx, s.followImports) })
	g.Go(func() error { return s.live.Keep(ctx, s.followPolicy) })
	g.Go(func() error { return s.live.Keep(ctx, s.followWeeks) })
	return g.Wait()
}

// Inputs are the filters of the facts that the rules read: a replay reads the same.
func Inputs() []string { return slices.Clone(inputs) }
