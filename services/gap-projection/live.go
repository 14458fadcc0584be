package gaps

import (
	"context"
	"net/http"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/live"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// events opens the stream of a person's network and gaps: what the queries would answer, now and after
// each change. Whom the person supports is no reason for an event, and is as of the last one.
func (s *Service) events(r *http.Request) (live.Source, error) {
	q, err := decode(r)
	if err != nil {
		return live.Source{}, err
	}
	changed, stop := s.live.Listen(string(q.Person))
	return live.Source{
		Changed: changed, Close: stop,
		Answer: func(ctx context.Context, from uint64) (live.Answer, error) { return s.shown(ctx, q, from) },
	}, nil
}

// shown is what a person sees, with at least the log up to a sequence. It fails as Network does.
func (s *Service) shown(ctx context.Context, q Query, from uint64) (live.Answer, error) {
	if err := s.policy.Read(ctx, q.Viewer, access.Network(q.Person)); err != nil {
		return live.Answer{}, err
	}
	if err := live.Reached(ctx, s.reader.log, s.reader.networks, from); err != nil {
		return live.Answer{}, err
	}
	s.reader.strengths(ctx, q.Person)
	network, err := endpoint(s.Network)(ctx, q)
	if err != nil {
		return live.Answer{}, err
	}
	list, err := endpoint(s.Gaps)(ctx, q)
	return live.Answer{AsOf: network.asOf, Parts: []live.Part{
		{Name: "network", Body: network.body, Tag: network.tag},
		{Name: "gaps", Body: list.body, Tag: list.tag},
	}}, err
}

// strengthsWait is how long an answer waits for role-classifier: who is late is seen at the next change.
const strengthsWait = time.Second

// strengths waits until ties include what last changed a person's network: both services read an act, and
// the network may be there first.
func (r *reader) strengths(ctx context.Context, person events.PersonID) {
	ctx, cancel := context.WithTimeout(ctx, strengthsWait)
	defer cancel()
	_, seq, err := projection.Read[struct{}](ctx, r.networks, readmodel.NetworkKey(person))
	if err != nil || seq == 0 {
		return
	}
	if e, err := r.fact(ctx, seq); err == nil && e.Context == events.Role {
		_, _ = r.ties.Wait(ctx, e.CausationSeq) // the fact is stated before the tie is written
		return
	}
	_ = r.tie(ctx, seq)
}

// followNetworks keeps the index, and wakes those who follow a network that has changed.
func (s *Service) followNetworks(ctx context.Context) error {
	return projection.Follow(ctx, s.reader.networks, readmodel.NetworkKey("*"), func(key string, n *listed) {
		s.index.put(key, n)
		s.live.Ring(strings.TrimPrefix(key, readmodel.NetworkKey("")))
	})
}

// followRuleset and followImports wake everybody: these documents are part of every answer.
func (s *Service) followRuleset(ctx context.Context) error {
	return projection.Follow(ctx, s.reader.networks, rulesetKey, func(string, *struct{}) { s.live.RingAll() })
}

func (s *Service) followImports(ctx context.Context) error {
	return projection.Follow(ctx, s.reader.networks, importsKey, func(string, *struct{}) { s.live.RingAll() })
}
