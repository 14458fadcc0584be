// Package audited puts the service audit together with those whose work it replays: nothing else imports
// more than one service.
package audited

import (
	"context"
	"errors"
	"time"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	"kith.internal/services/audit"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/replay"
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
	shown, err := Derivations(nil) // what people are shown needs no group
	if err != nil {
		return nil, err
	}
	return audit.New(ctx, env, all, audit.View{
		Chain: Chain(shown),
		Seen: func(ties, networks *projection.Docs, p events.PersonID, at time.Time) (any, error) {
			return gaps.Seen(ties, networks, p, at)
		},
		Told: func(told []events.Event, at time.Time, floors map[string]int, floor int, by string) (any, int, bool, error) {
			a, known, err := gaps.CoverageTold(told, at, floors, floor, by)
			return a, a.Suppressed, known, err
		},
		Before: func(first, then *projection.Docs, at time.Time, floor int, by string, out func(events.PersonID) bool) (any, int, error) {
			a, err := gaps.CoverageBefore(first, then, at, floor, by, out)
			return a, a.Suppressed, err
		},
		Counter: counter,
	})
}

func counter(networks *projection.Docs, at time.Time, floor int, out func(events.PersonID) bool) (audit.Counter, error) {
	c, err := gaps.NewCounter(networks, at, floor, out)
	return func(yes map[events.PersonID]bool) (cells []audit.ChangeCell) {
		for _, n := range c.Count(yes) {
			cell := audit.ChangeCell{Department: n.Department, AtLeast: n.Low, AtMost: n.High, People: n.People, Suppressed: n.People == 0}
			cells = append(cells, cell)
		}
		return cells
	}, err
}

// Chain is how networks come about, of all derivations.
func Chain(all []derive.Derivation) replay.Chain {
	return replay.Chain{Ties: all[0], Networks: all[1], Hold: gaps.Hold, Release: gaps.Release, Leave: gaps.Weekly}
}

// Derivations are all there are, in the order in which one derives from another. Groups are counted again with
// what opens them; nil opens none.
func Derivations(open gaps.Opener) ([]derive.Derivation, error) {
	ties, err1 := classifier.Derivation()
	networks, err2 := gaps.Derivation(open)
	inboxes, err3 := notification.Derivation()
	return []derive.Derivation{ties, networks, inboxes}, errors.Join(err1, err2, err3)
}
