package notification

import (
	"context"
	"net/http"
	"strings"

	"kith.internal/libs/live"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/readmodel"
)

// events opens the stream of a person's inbox: its first page, now and after each change.
func (s *Service) events(r *http.Request) (live.Source, error) {
	req, err := decodeInbox(r)
	if err != nil {
		return live.Source{}, err
	}
	changed, stop := s.live.Listen(string(req.person))
	return live.Source{
		Changed: changed, Close: stop,
		Answer: func(ctx context.Context, from uint64) (live.Answer, error) { return s.shown(ctx, req, from) },
	}, nil
}

// shown is what the inbox answers, with at least the log up to a sequence.
func (s *Service) shown(ctx context.Context, req inboxRequest, from uint64) (live.Answer, error) {
	if err := s.policy.Read(ctx, req.viewer, access.Network(req.person)); err != nil {
		return live.Answer{}, err
	}
	if err := live.Reached(ctx, s.settled.log, s.inboxes, from); err != nil {
		return live.Answer{}, err
	}
	a, err := s.inbox(ctx, req)
	if err != nil {
		return live.Answer{}, err
	}
	content := a
	content.AsOf = 0
	part, err := live.PartOf("inbox", a, content)
	return live.Answer{AsOf: a.AsOf, Parts: []live.Part{part}}, err
}

// follow wakes those who follow an inbox that has changed.
func (s *Service) follow(ctx context.Context) error {
	return projection.Follow(ctx, s.inboxes, readmodel.InboxKey("*"), func(key string, _ *struct{}) {
		s.live.Ring(strings.TrimPrefix(key, readmodel.InboxKey("")))
	})
}
