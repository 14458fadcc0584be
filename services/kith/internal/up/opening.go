package up

import (
	"context"
	"net/http"
	"time"

	"kith.internal/libs/app"
)

// opening is the part of the product that waits until all others are ready, and says so.
type opening struct {
	services []app.Service
	cfg      Config
	at       Addresses
}

func (o *opening) Name() string          { return "kith" }
func (o *opening) Handler() http.Handler { return nil }
func (o *opening) Ready() error          { return nil }

func (o *opening) Run(ctx context.Context) error {
	for !o.allReady() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := o.cfg.OnReady(ctx, o.at); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (o *opening) allReady() bool {
	for _, s := range o.services {
		if s.Ready() != nil {
			return false
		}
	}
	return true
}
