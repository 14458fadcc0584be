package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connect returns when NATS and its JetStream answer, however long that takes: services start in
// any order. It fails when ctx ends, and where NATS refuses the credentials.
func connect(ctx context.Context, service string, s settings, log *slog.Logger) (*nats.Conn, error) {
	log = log.With("url", withoutSecrets(s.natsURL))
	nc, err := nats.Connect(s.natsURL, natsOptions(service, s, log)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	if err := await(ctx, nc, log); err != nil {
		nc.Close()
		return nil, err
	}
	return nc, nil
}

// withoutSecrets is where NATS is looked for, without the tokens and passwords that an address may hold.
func withoutSecrets(urls string) string {
	all := strings.Split(urls, ",")
	for i, one := range all {
		if at := strings.LastIndexByte(one, '@'); at >= 0 {
			scheme, _, _ := strings.Cut(one, "://")
			all[i] = scheme + "://" + one[at+1:]
		}
	}
	return strings.Join(all, ",")
}

func natsOptions(service string, s settings, log *slog.Logger) []nats.Option {
	opts := []nats.Option{
		nats.Name("kith " + service),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(250*time.Millisecond, time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS disconnected", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info("NATS connected", "server", nc.ConnectedServerName()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Error("NATS", "error", err) }),
	}
	if s.natsCreds != "" {
		opts = append(opts, nats.UserCredentials(s.natsCreds))
	}
	return opts
}

// await asks until JetStream answers: in a cluster it does so some seconds after the connection.
func await(ctx context.Context, nc *nats.Conn, log *slog.Logger) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		err := ask(ctx, js)
		switch {
		case err == nil:
			return nil
		case nc.IsClosed():
			return fmt.Errorf("connect to NATS: %w", nc.LastError())
		case tries%10 == 0:
			log.Warn("waiting for NATS", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func ask(ctx context.Context, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := js.AccountInfo(ctx)
	return err
}
