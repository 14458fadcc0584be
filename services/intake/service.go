package intake

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
	"kith.internal/libs/kit"
	"kith.internal/libs/patience"
	"kith.internal/services/internal/access"
)

// Service accepts facts. Any number of replicas may.
type Service struct {
	log       *eventlog.Log
	keys      *keyring.Keyring
	ids       *lookups
	store     jetstream.ObjectStore
	policy    *access.Policy
	tenantKey []byte
	erasures  *erasuresFile
	asked     chan struct{} // for somebody's erasure
	slog      *slog.Logger
	metrics   *metrics
	handler   http.Handler
	now       func() time.Time

	seen      *seen
	directory *directory
	folded    atomic.Uint64 // all of intake's facts up to here are in seen
	saved     int           // how many facts the last snapshot has
	state     atomic.Pointer[error]
	importing sync.Map // names of mappings whose import is running
}

var errStarting = fault.New(fault.Unavailable, "starting", "the log is being read: try again shortly")

// New returns a service that Run starts. It fails where its keys are missing or its buckets
// cannot be reached.
func New(ctx context.Context, env *app.Env) (*Service, error) {
	if env.MasterKey == nil || env.TenantKey == nil {
		return nil, errKeys
	}
	js := env.EventLog.JetStream()
	keys, err := keyring.Open(ctx, js, env.MasterKey, env.Replicas)
	if err != nil {
		return nil, err
	}
	s := &Service{
		log: env.EventLog, keys: keys, policy: access.New(env.EventLog, Name),
		tenantKey: env.TenantKey, slog: env.Log, metrics: newMetrics(env.Registry), now: time.Now,
		seen: newSeen(), directory: newDirectory(), erasures: &erasuresFile{path: env.ErasuresFile}, asked: make(chan struct{}, 1),
	}
	if s.slog == nil {
		s.slog = slog.New(slog.DiscardHandler)
	}
	_, err = patience.Open(ctx, s.slog, "what intake keeps beside the log", func(ctx context.Context) (any, error) {
		return nil, s.open(ctx, js, env)
	})
	if err != nil {
		return nil, err
	}
	s.setState(errStarting)
	s.handler = s.routes(kit.NewMetrics(env.Registry))
	return s, nil
}

// open opens what intake keeps beside the log, making what is not there.
func (s *Service) open(ctx context.Context, js jetstream.JetStream, env *app.Env) (err error) {
	if s.ids, err = openLookups(ctx, js, env.TenantKey, env.Replicas); err != nil {
		return err
	}
	s.store, err = openSnapshots(ctx, js, max(env.Replicas, 1))
	if err != nil {
		return fault.Wrap(fault.Unavailable, "starting", "intake cannot open what it keeps: try again shortly", err)
	}
	return nil
}

// Name implements app.Service.
func (s *Service) Name() string { return Name }

// Handler implements app.Service.
func (s *Service) Handler() http.Handler { return s.handler }

// Ready implements app.Service: it is ready once it knows every fact that is stored.
func (s *Service) Ready() error { return s.writable() }

func (s *Service) setState(err error) { s.state.Store(&err) }

func (s *Service) writable() error { return *s.state.Load() }

// Run implements app.Service: it follows the log until ctx is done, and then saves what it knows
// of it. Of a log that is made anew meanwhile it knows nothing, and begins again.
func (s *Service) Run(ctx context.Context) error {
	for {
		err := s.follow(ctx)
		s.setState(errStarting)
		if !errors.Is(err, errAnotherLog) {
			if saveErr := s.save(); saveErr != nil {
				s.slog.Warn("the fingerprints are not saved; the next start reads more of the log", "error", saveErr)
			}
			return err
		}
		s.slog.Warn("the log was made anew; reading it from its beginning")
		s.seen.forget()
		s.directory.forgetAll()
	}
}

var errAnotherLog = errors.New("the log was made anew")

// identityEvery is how often intake makes sure that the log is still the one that it knows.
const identityEvery = time.Second

// sameLog fails once the log is another one.
func (s *Service) sameLog(ctx context.Context, was string) error {
	for s.log.Identity() == was {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(identityEvery):
		}
	}
	return errAnotherLog
}

// follow follows the log until ctx is done or the log is another one.
func (s *Service) follow(ctx context.Context) error {
	was := s.log.Identity()
	from, err := s.restore(ctx)
	if err != nil {
		return err
	}
	reached := make(chan struct{})
	var folding atomic.Int32
	folding.Store(2)
	caught := func() {
		if folding.Add(-1) == 0 {
			close(reached)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return (&tail{nil, from + 1, true, func(m jetstream.Msg, seq uint64) { s.foldID(ctx, m, seq) }, caught}).follow(ctx, s.log.JetStream())
	})
	g.Go(func() error {
		return (&tail{peopleFilters(), 1, false, func(m jetstream.Msg, seq uint64) { s.foldPerson(ctx, m, seq) }, caught}).follow(ctx, s.log.JetStream())
	})
	g.Go(func() error { return s.begin(ctx, reached) })
	g.Go(func() error { return s.eraseAll(ctx, reached) })
	g.Go(func() error { return s.sameLog(ctx, was) })
	return g.Wait()
}

// begin opens for business once both folds have reached the end of the log.
func (s *Service) begin(ctx context.Context, reached <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return nil
	case <-reached:
	}
	_, err := patience.Open(ctx, s.slog, "the first ruleset", func(ctx context.Context) (any, error) { return nil, s.firstRuleset(ctx) })
	if err != nil {
		return err
	}
	s.setState(nil)
	s.slog.Info("accepting facts", "facts", s.seen.len())
	return nil
}

func (s *Service) restore(ctx context.Context) (uint64, error) {
	end, err := patience.Open(ctx, s.slog, "the log's end", s.log.Last)
	if err != nil {
		return 0, err
	}
	last, err := s.seen.load(ctx, s.store, s.log.Identity(), end)
	if err != nil {
		s.slog.Warn("the saved fingerprints cannot be read; reading the whole log", "error", err)
		s.seen = newSeen()
		last = 0
	}
	s.saved = s.seen.len()
	s.folded.Store(last)
	return last, nil
}

func (s *Service) foldID(ctx context.Context, m jetstream.Msg, seq uint64) {
	if c, _, _ := strings.Cut(strings.TrimPrefix(m.Subject(), "kith."), "."); slices.Contains(own, events.Context(c)) {
		s.seen.put(events.FactID(m.Headers().Get(headerID)), seq)
	}
	s.folded.Store(seq)
	if s.seen.len()-s.saved < snapshotEvery {
		return
	}
	s.saved = s.seen.len()
	if err := s.seen.save(ctx, s.store, s.log.Identity(), seq); err != nil {
		s.slog.Warn("the fingerprints are not saved", "error", err)
	}
}

func (s *Service) save() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	last := s.folded.Load()
	if last == 0 || s.seen.len() == s.saved {
		return nil
	}
	return s.seen.save(ctx, s.store, s.log.Identity(), last)
}

func (s *Service) foldPerson(ctx context.Context, m jetstream.Msg, seq uint64) {
	e, err := events.Decode(events.Message{Subject: m.Subject(), Header: m.Headers(), Body: m.Data()})
	if err != nil {
		s.slog.Error("a fact about people cannot be read", "seq", seq, "id", e.ID, "error", err)
		return
	}
	e.Seq = seq
	s.directory.fold(e, s.details(ctx, e))
	s.erasureFolded(e)
}

// details opens what a fact about a person seals. Of somebody who was erased, nothing can be.
func (s *Service) details(ctx context.Context, e events.Event) *events.PersonDetails {
	var sealed events.SealedBytes
	switch f := e.Fact.(type) {
	case *events.PersonJoined:
		sealed = f.Details
	case *events.PersonChanged:
		sealed = f.Details
	case *events.ExternalContactAdded:
		return s.nickname(ctx, e, f.Details)
	}
	if len(sealed) == 0 {
		return nil
	}
	details := &events.PersonDetails{}
	s.unseal(ctx, e, sealed, details)
	return details
}

// nickname is how a person calls somebody outside.
func (s *Service) nickname(ctx context.Context, e events.Event, sealed events.SealedBytes) *events.PersonDetails {
	var d events.ContactDetails
	if len(sealed) > 0 {
		s.unseal(ctx, e, sealed, &d)
	}
	return &events.PersonDetails{Name: d.Nickname}
}

func (s *Service) unseal(ctx context.Context, e events.Event, sealed events.SealedBytes, into any) {
	plain, err := s.keys.Open(ctx, e.Person(), "sealed", sealed)
	if err == nil {
		err = json.Unmarshal(plain, into)
	}
	if err != nil && !errors.Is(err, keyring.ErrDestroyed) && ctx.Err() == nil {
		s.slog.Error("what a fact seals cannot be opened", "seq", e.Seq, "id", e.ID, "error", err)
	}
}
