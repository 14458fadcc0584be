package classifier

import (
	"context"
	"net/http"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/kit"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// Name is the service's name, and that of its fence and its durable consumer.
const Name = "role-classifier"

// layout is the version of the documents' form: another one means a rebuild.
const layout = 3

// inputs are the facts that the rules read.
var inputs = []string{
	events.FilterContext(events.People),
	events.FilterContext(events.Support),
	events.FilterContext(events.Personal),
	events.FilterContext(events.Sealed),
	events.FilterFact(events.Policy, "RulesetActivated"),
	events.FilterFact(events.Clock, "Due"),
	events.FilterFact(events.Clock, "Retry"),
}

// Service recognizes roles.
type Service struct {
	engine  *derive.Engine
	handler http.Handler
	ties    *projection.Reader
	policy  *access.Policy
	initial *InForce // in force where a log has no ruleset
}

// New returns a service that Run starts. It fails where its documents cannot be reached.
func New(ctx context.Context, env *app.Env) (*Service, error) {
	rules, err := NewRules()
	if err != nil {
		return nil, err
	}
	d, err := Derivation()
	if err != nil {
		return nil, err
	}
	ties, err := projection.OpenReader(ctx, env.EventLog.JetStream(), readmodel.Ties, env.Replicas)
	if err != nil {
		return nil, err
	}
	s := &Service{ties: ties.Of(env.EventLog.Identity), policy: access.New(env.EventLog, Name), initial: rules.initial()}
	cfg := d.Config()
	cfg.Whole, cfg.Person, cfg.Replicas, cfg.Registry, cfg.Log = true, keysOf, env.Replicas, env.Registry, env.Log
	s.engine = derive.New(env.EventLog, rules, cfg)
	s.handler = s.routes(kit.NewMetrics(env.Registry), env.Log)
	return s, nil
}

// Name implements app.Service.
func (s *Service) Name() string { return Name }

// Handler implements app.Service.
func (s *Service) Handler() http.Handler { return s.handler }

// Run implements app.Service.
func (s *Service) Run(ctx context.Context) error { return s.engine.Run(ctx) }

// Ready implements app.Service.
func (s *Service) Ready() error { return s.engine.Ready() }

var _ app.Service = (*Service)(nil)

// Inputs are the filters of the facts that the rules read: a replay reads the same.
func Inputs() []string { return slices.Clone(inputs) }
