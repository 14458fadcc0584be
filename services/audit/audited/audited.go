// Package audited puts the service audit together with those whose work it replays: nothing else imports
// more than one service.
package audited

import (
	"context"
	"errors"

	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/services/audit"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/notification"
	classifier "kith.internal/services/role-classifier"
)

// New returns the service with all that is derived from the log.
func New(ctx context.Context, env *app.Env) (*audit.Service, error) {
	open, err := gaps.NewOpener(ctx, env)
	if err != nil {
		return nil, err
	}
	all, err := Derivations(open)
	if err != nil {
		return nil, err
	}
	return audit.New(ctx, env, all, audit.View{})
}

// Derivations are all there are, in the order in which one derives from another. Groups are counted again with
// what opens them; nil opens none.
func Derivations(open gaps.Opener) ([]derive.Derivation, error) {
	ties, err1 := classifier.Derivation()
	networks, err2 := gaps.Derivation(open)
	inboxes, err3 := notification.Derivation()
	return []derive.Derivation{ties, networks, inboxes}, errors.Join(err1, err2, err3)
}
