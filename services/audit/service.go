package audit

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/keyring"
	"kith.internal/libs/kit"
	"kith.internal/libs/projection"
	"kith.internal/services/audit/postings"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/replay"
)

// Name is the service's name.
const Name = "audit"

// View is how people and programs are shown what a fold of the log says, by the service that shows it
// every day.
type View struct {
	// Chain is whose rules make what is shown.
	Chain replay.Chain
	// Seen is what a person sees at a time: their network, their gaps, and why.
	Seen func(ties, networks *projection.Docs, p events.PersonID, at time.Time) (any, error)
	// Told is what was published of the last week that had ended by a time, and how many cells of that are suppressed;
	// false where none had. It is made of the facts that tell weeks, of the floors that facts have set, and of today's.
	Told func(told []events.Event, at time.Time, floors map[string]int, floor int, by string) (any, int, bool, error)
	// Before is what the people of the first published week answer at a time before it, who are not out.
	Before func(first, then *projection.Docs, at time.Time, floor int, by string, out func(events.PersonID) bool) (any, int, error)
	// Counter counts of how many people something is true, as the program view counts them: those who are there at a
	// time, under a floor at least, and none of a crowd with somebody who is out.
	Counter func(networks *projection.Docs, at time.Time, floor int, out func(events.PersonID) bool) (Counter, error)
}

// Counter tells of how many something is true: of everybody first, then of departments.
type Counter func(yes map[events.PersonID]bool) []ChangeCell

// Service answers for the log. Any replica answers.
type Service struct {
	log     *eventlog.Log
	all     []derive.Derivation // in the order in which they derive
	view    View
	policy  *access.Policy
	handler http.Handler
	logger  *slog.Logger
	now     func() time.Time

	keys     *keyring.Keyring // nil where the installation has given none
	postings *postings.Index

	replicas int
	verifier *verifier
	notary   *sealing.Notary

	tenantKey []byte
	trying    sync.Mutex // held while it is tried what would follow from a ruleset
}

// New returns a service that Run starts. What is derived is handed to it: no service imports another.
func New(ctx context.Context, env *app.Env, all []derive.Derivation, view View) (*Service, error) {
	s := &Service{log: env.EventLog, all: all, view: view, policy: access.New(env.EventLog, Name), logger: env.Log, now: time.Now}
	s.replicas, s.tenantKey = max(env.Replicas, 1), env.TenantKey
	s.verifier = &verifier{s: s, sheet: sheet{env.EventLog.JetStream()}, name: rand.Text(), started: s.now(), metrics: newVerifyMetrics(env.Registry)}
	s.notary = sealing.New(env, s.now)
	var err error
	if s.postings, err = postings.Open(ctx, s.log, s.replicas, s.logger); err != nil {
		return nil, err
	}
	if env.MasterKey != nil {
		if s.keys, err = keyring.Open(ctx, env.EventLog.JetStream(), env.MasterKey, s.replicas); err != nil {
			return nil, err
		}
	}
	s.handler = s.routes(kit.NewMetrics(env.Registry))
	return s, nil
}

// Name implements app.Service.
func (s *Service) Name() string { return Name }

// Handler implements app.Service.
func (s *Service) Handler() http.Handler { return s.handler }

// Ready implements app.Service: it is ready once it knows where in the log everybody is named.
func (s *Service) Ready() error { return s.postings.Ready() }

// Run implements app.Service.
func (s *Service) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.postings.Run(ctx) })
	g.Go(func() error { return s.verifier.keepVerifying(ctx) })
	g.Go(func() error { return s.notary.Run(ctx) })
	return g.Wait()
}

var _ app.Service = (*Service)(nil)
