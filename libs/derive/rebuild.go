package derive

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// Order is what somebody wants made anew, and when it may replace what is there.
type Order struct {
	Person events.PersonID `json:"person,omitempty"` // whose documents; empty: everybody's
	DryRun bool            `json:"dryRun,omitempty"` // only compare
	Switch bool            `json:"switch,omitempty"` // also where documents differ
}

// RebuildState is how a rebuild stands.
type RebuildState string

// The states of a rebuild: the first two are of one that goes on.
const (
	Running   RebuildState = "running"
	Paused    RebuildState = "paused"
	Done      RebuildState = "done"      // nothing differed, or it was to switch in any case
	Different RebuildState = "different" // documents differ, and nothing was replaced
	Cancelled RebuildState = "cancelled"
	Failed    RebuildState = "failed"
)

// Rebuild is a rebuild of a service's documents: what was ordered, how far it is, and what came of it.
// It stands in the service's bucket: any replica takes an order, the one that works carries it out, and
// where that one ends, the next one begins anew.
type Rebuild struct {
	ID      string `json:"id"`
	Service string `json:"service"`
	Order
	State    RebuildState `json:"state"`
	Phase    string       `json:"phase"`           // waiting, folding, comparing, switching; how it ended otherwise
	Facts    uint64       `json:"facts"`           // of the log that are folded
	Total    uint64       `json:"total"`           // of the log
	Rate     int          `json:"rate"`            // facts a second
	Started  time.Time    `json:"started"`         // when it was ordered
	Ended    time.Time    `json:"ended,omitzero"`  // when it was over
	Switched bool         `json:"switched"`        // the documents made anew are the ones that are read
	Restated bool         `json:"restated"`        // the rules do not say what the log does: the difference is stated
	Error    string       `json:"error,omitempty"` // why it failed
	Report   *Report      `json:"report,omitempty"`
}

// goesOn reports whether a rebuild is not over.
func (r Rebuild) goesOn() bool { return r.State == Running || r.State == Paused }

// rebuildKey is where the last rebuild stands in the bucket, beside the documents.
const rebuildKey = "rebuild"

// Rebuild is the rebuild that goes on, or the last one. It fails with kind NotFound where there was none,
// and with kind Unavailable.
func (e *Engine) Rebuild(ctx context.Context) (Rebuild, error) {
	r, revision, err := e.loadRebuild(ctx)
	if err == nil && revision == 0 {
		err = fault.New(fault.NotFound, "no-rebuild", "nothing has been rebuilt here")
	}
	return r, err
}

// Start orders a rebuild. It fails with kind Conflict while one goes on, with kind Invalid where the
// documents of one person alone cannot be made anew, and with kind Unavailable.
func (e *Engine) Start(ctx context.Context, o Order) (Rebuild, error) {
	if o.Person != "" && e.cfg.Person == nil {
		return Rebuild{}, fault.New(fault.Invalid, "no-person", e.cfg.Service+" keeps no documents of one person alone")
	}
	if err := e.begun(ctx); err != nil {
		return Rebuild{}, err
	}
	return e.changeRebuild(ctx, func(r *Rebuild) error {
		if r.goesOn() {
			return fault.New(fault.Conflict, "rebuild-goes-on", "a rebuild of "+e.cfg.Service+" goes on: wait for it, or cancel it")
		}
		*r = Rebuild{ID: rand.Text(), Service: e.cfg.Service, Order: o, State: Running, Phase: "waiting", Started: time.Now().UTC()}
		return nil
	})
}

// begun fails where nobody has worked yet: whoever is the first empties the bucket.
func (e *Engine) begun(ctx context.Context) error {
	store, err := projection.OpenKV(ctx, e.log.Conn(), e.cfg.Bucket, e.cfg.Replicas)
	if err != nil {
		return err
	}
	if p, err := store.Progress(ctx); err != nil || p == (projection.Progress{}) {
		return cmp.Or(err, error(fault.New(fault.Unavailable, "not-begun", e.cfg.Service+" has not begun to work: there is nothing to rebuild yet")))
	}
	return nil
}

// Pause has the rebuild wait. It fails with kind Conflict where none is running, and with Unavailable.
func (e *Engine) Pause(ctx context.Context) (Rebuild, error) {
	return e.turnRebuild(ctx, Paused, Running)
}

// Resume has the rebuild go on. It fails with kind Conflict where none is paused, and with Unavailable.
func (e *Engine) Resume(ctx context.Context) (Rebuild, error) {
	return e.turnRebuild(ctx, Running, Paused)
}

// Cancel ends the rebuild, of which nothing is left. It fails with kind Conflict where none goes on, and
// with kind Unavailable.
func (e *Engine) Cancel(ctx context.Context) (Rebuild, error) {
	return e.turnRebuild(ctx, Cancelled, Running, Paused)
}

func (e *Engine) turnRebuild(ctx context.Context, to RebuildState, from ...RebuildState) (Rebuild, error) {
	return e.changeRebuild(ctx, func(r *Rebuild) error {
		if !slices.Contains(from, r.State) {
			return fault.New(fault.Conflict, "rebuild-state", "no rebuild of "+e.cfg.Service+" is "+string(from[0]))
		}
		if r.State = to; to == Cancelled {
			r.Phase, r.Ended = string(Cancelled), time.Now().UTC()
		}
		return nil
	})
}

// changeRebuild changes what stands there, again where somebody else was faster.
func (e *Engine) changeRebuild(ctx context.Context, change func(*Rebuild) error) (Rebuild, error) {
	return backoff.Retry(ctx, func() (Rebuild, error) {
		r, revision, err := e.loadRebuild(ctx)
		if err == nil {
			err = change(&r)
		}
		if err != nil {
			return r, backoff.Permanent(err)
		}
		_, err = e.saveRebuild(ctx, r, revision)
		return r, err
	}, backoff.WithMaxElapsedTime(10*time.Second))
}

// loadRebuild returns what stands there, and its revision: 0 where nothing does.
func (e *Engine) loadRebuild(ctx context.Context) (r Rebuild, revision uint64, err error) {
	bucket, err := e.log.JetStream().KeyValue(ctx, e.cfg.Bucket)
	if err != nil {
		return r, 0, noSheet(err)
	}
	entry, err := bucket.Get(ctx, rebuildKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return r, 0, nil
	}
	if err != nil {
		return r, 0, noSheet(err)
	}
	return r, entry.Revision(), json.Unmarshal(entry.Value(), &r)
}

// saveRebuild replaces what stood there at a revision. It fails with kind Unavailable where somebody else
// has replaced it, too: then look again.
func (e *Engine) saveRebuild(ctx context.Context, r Rebuild, revision uint64) (uint64, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	bucket, err := e.log.JetStream().KeyValue(ctx, e.cfg.Bucket)
	if err != nil {
		return 0, noSheet(err)
	}
	if revision, err = bucket.Update(ctx, rebuildKey, body, revision); err != nil {
		return 0, noSheet(err)
	}
	return revision, nil
}

func noSheet(err error) error {
	return fault.Wrap(fault.Unavailable, "rebuild-unavailable", "what is known of the rebuild cannot be reached: try again shortly", err)
}
