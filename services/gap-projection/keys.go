package gaps

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"kith.internal/events"
	"kith.internal/libs/app"
	"kith.internal/libs/fault"
	"kith.internal/libs/keyring"
)

// Opener opens what somebody sealed of the group that they identify with. It fails with keyring.ErrDestroyed for
// an erased person.
type Opener func(person events.PersonID, sealed events.SealedBytes) (events.Code, error)

// NewOpener opens with the keys of people, for one thing only: groups are counted once a week, in this process's memory.
// It is here, and not in a service of its own, because group crowds must not overlap with the others: whoever counts
// the one has to know of the other, and a second service would have to be told who identifies. Nor does intake, which
// holds the keys, hand groups out: what leaves it in clear would have to cross the network and be kept from whoever
// else asks. Where this process was given no master key there is nothing to open with: nil. It fails where the keys cannot be reached.
func NewOpener(ctx context.Context, env *app.Env) (Opener, error) {
	if env.MasterKey == nil {
		return nil, nil
	}
	keys, err := keyring.Open(ctx, env.EventLog.JetStream(), env.MasterKey, env.Replicas)
	if err != nil {
		return nil, err
	}
	return func(person events.PersonID, sealed events.SealedBytes) (events.Code, error) {
		plain, err := keys.Open(ctx, person, "sealed", sealed)
		if err != nil {
			return "", err
		}
		var d events.GroupDetails
		if json.Unmarshal(plain, &d) != nil {
			return "", keyring.ErrSealed
		}
		return d.Group, nil
	}, nil
}

// openers is how many wait for a key at once.
const openers = 32

// all opens some identities. Those that do not open have no group; erased says whether one of them belongs to
// somebody whose key was destroyed.
func (o Opener) all(identities []*unsealed) (erased bool, err error) {
	destroyed := make([]bool, len(identities))
	var g errgroup.Group
	g.SetLimit(openers)
	for i, one := range identities {
		g.Go(func() error {
			var err error
			if one.group, err = o(one.person, one.Sealed); err == nil && len(one.Counted) > 0 {
				one.was, err = o(one.person, one.Counted)
			}
			destroyed[i] = errors.Is(err, keyring.ErrDestroyed)
			if fault.KindOf(err) == fault.Unavailable {
				return err
			}
			return nil // what does not open now never will
		})
	}
	err = g.Wait()
	return slices.Contains(destroyed, true), err
}
