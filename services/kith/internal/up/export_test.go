package up

import (
	"context"
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/natsembed"
)

// Routes are those of all services.
func Routes(ctx context.Context, dir string) (routes []string, err error) {
	log := slog.New(slog.DiscardHandler)
	env, err := keys(Config{DataDir: dir})
	if err != nil {
		return nil, err
	}
	server, err := natsembed.Start(natsembed.Config{Dir: dir, Log: log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	for _, b := range services() {
		own, err := open(ctx, server, *env, b.name, prometheus.NewRegistry(), log)
		if err != nil {
			return nil, err
		}
		defer own.NATS.Close()
		defer own.EventLog.Close()
		s, err := b.make(ctx, own)
		if err != nil {
			return nil, err
		}
		routes = append(routes, s.Handler().(interface{ Patterns() []string }).Patterns()...)
	}
	return routes, nil
}
