package derive

import (
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
)

// Verification folds the log by one service's rules, into documents of its own, and holds what follows
// against what the service has said, and its documents against those that are read. It goes on where it
// was when it ended. A service's inputs are taken as they stand in the log, timers and the facts of other
// services too: so the services are verified independently of each other.
//
// Where the log says something else than the rules, the documents are left as if the rules had said that:
// one forged fact does not make all behind it look forged.
type Verification struct {
	d       Derivation
	log     *eventlog.Log
	store   VerifiedStore
	live    *projection.Reader // nil where only the log is verified
	s       *session
	owned   []string
	fence   string
	state   *verified
	pending []expected
	claimed string              // the version of the rules that says what comes next
	resumed projection.Progress // what has been folded and heard of when the log was begun to be read
	end     uint64              // inputs up to here are folded
	kept    uint64              // how far the log had been read when all was kept last
	holes   bool                // it is the one that notes what is missing in the log
	documents
}

// VerifiedStore is where a Verification keeps documents: a projection.KV in a bucket that nobody else uses, or
// a projection.Memory.
type VerifiedStore interface {
	projection.Store
	Each(context.Context, func(projection.Record) error) error
	Clear(context.Context) error
}

// expected is a fact that follows from the log, and that has not been met there yet.
type expected struct {
	events.Event
	message events.Message
}

// verified is what is kept between two verifications, in a document beside those of the rules.
type verified struct {
	Version string           `json:"version"` // of the rules' code
	Claimed string           `json:"claimed"`
	Pending []events.Message `json:"pending,omitempty"`
	Left    []uint64         `json:"left,omitempty"` // inputs that cannot be folded
	Heard   uint64           `json:"heard"`          // up to here causes have been heard out; the last of them may be lost
	Forgot  *forgotten       `json:"forgot,omitempty"`
	Findings
}

const verifiedKey = "verified"

// NewVerification returns one that goes on from what the store has. It fails with kind Unavailable.
func NewVerification(ctx context.Context, log *eventlog.Log, d Derivation, store VerifiedStore, live *projection.Reader) (*Verification, error) {
	v := &Verification{d: d, log: log, store: store, live: live, fence: events.FenceSubject(d.Service)}
	return v, v.load(ctx)
}

// Findings is what has been found so far.
func (v *Verification) Findings() Findings {
	f := v.state.Findings
	f.First = slices.Clone(f.First)
	f.Handled = v.s.progress.Handled
	return v.addTo(f)
}

// Docs are the documents as the rules make them of the log.
func (v *Verification) Docs() *projection.Docs { return v.s.docs }

// load begins where the store says that it was, or with the first fact where that means nothing: of another
// log, by other rules, or where a commit was cut short.
func (v *Verification) load(ctx context.Context) error {
	e := New(v.log, v.d.Rules(), v.d.Config())
	v.owned = e.owned()
	v.s = e.session(ctx, v.store)
	p, err := v.store.Progress(ctx)
	if err != nil {
		return err
	}
	whole, err := v.whole(ctx, e, p)
	if err == nil && whole {
		v.state, err = projection.Get[verified](v.s.docs, verifiedKey)
	}
	if err != nil {
		return err
	}
	if !whole || v.state == nil || v.state.Version != v.d.Version {
		return v.begin(ctx)
	}
	v.s.progress, v.claimed, v.pending, v.kept = p, v.state.Claimed, nil, p.Appended
	for _, m := range v.state.Pending {
		e, err := events.Decode(m)
		if err != nil {
			return v.begin(ctx)
		}
		v.pending = append(v.pending, expected{e, m})
	}
	return nil
}

func (v *Verification) whole(ctx context.Context, e *Engine, p projection.Progress) (whole bool, err error) {
	of, err := e.origin(ctx, p)
	if err != nil || of != current {
		return false, err
	}
	whole = true
	err = v.store.Each(ctx, func(r projection.Record) error {
		whole = whole && r.Seq <= p.Handled
		return nil
	})
	return whole, err
}

func (v *Verification) begin(ctx context.Context) error {
	since, err := v.log.Last(ctx)
	if err == nil {
		err = v.store.Clear(ctx)
	}
	if err != nil {
		return err
	}
	v.s = v.s.e.session(ctx, v.store)
	v.s.progress = projection.Progress{Stream: v.log.Identity(), Layout: v.d.Layout}
	v.state = &verified{Version: v.d.Version, Findings: Findings{Service: v.d.Service, Since: since}}
	v.claimed, v.pending, v.kept = "", nil, 0
	return nil
}

// readParked reads what the service leaves out; what it could fold then and the rules cannot now is left
// out as well.
func (v *Verification) readParked(ctx context.Context) error {
	v.s.parked = newParking()
	if err := v.s.readParked(ctx); err != nil {
		return err
	}
	for _, seq := range v.state.Left {
		v.s.parked.park(seq)
	}
	return nil
}

// keptEvery is how much of the log is read at most until that is kept: so much is read again after a crash.
const keptEvery = 10_000

// pendingLimit is how many facts that are expected find room in a document.
const pendingLimit = 500

// full reports whether what has changed makes a commit: one batch, where the store has such. From an input of
// which more follows than can be kept, it waits until most of that was met.
func (v *Verification) full() bool {
	if len(v.pending) > pendingLimit {
		return false
	}
	limit := makingLimit
	if kv, ok := v.store.(interface{ Together() int }); ok {
		limit = kv.Together() - 99
	}
	return v.s.docs.Dirty() >= limit || v.s.docs.Heavy() >= heavy || v.s.progress.Appended >= v.kept+keptEvery
}

// keep commits everything.
func (v *Verification) keep() error {
	v.state.Pending = nil
	for _, e := range v.pending {
		v.state.Pending = append(v.state.Pending, e.message)
	}
	v.s.docs.Begin(v.s.progress.Handled)
	v.s.docs.Put(verifiedKey, v.state)
	v.kept = v.s.progress.Appended
	_, err := v.s.docs.Commit(v.s.progress)
	return err
}
