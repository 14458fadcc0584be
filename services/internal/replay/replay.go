package replay

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
)

// Chain is the services whose work is simulated: the first one's facts are inputs of the second one.
type Chain struct {
	Ties, Networks derive.Derivation

	// Hold holds gaps back in documents of Networks from a time on, and Release ends that.
	Hold    func(*projection.Docs, time.Time) error
	Release func(*projection.Docs) error
	// Leave says which timers of Networks need not fire, by their keys: nobody asks for what they bring about.
	Leave func(key string) bool
}

// Contexts are those whose facts take part: what services derived is derived again, and the rest is of no concern.
var Contexts = []events.Context{events.People, events.Support, events.Personal, events.Policy}

// Cut is which facts take part.
type Cut struct {
	At     time.Time // by when a fact is true
	Known  uint64    // by which sequence it stands in the log
	Parked *Parked   // what the services have left out
}

// Includes reports whether a fact belongs to a cut, but for the first ruleset of a log, which does in any case.
func (c Cut) Includes(e events.Event) bool {
	return e.Seq <= c.Known && slices.Contains(Contexts, e.Context) && !Effective(e).After(c.At)
}

// State is what follows from the facts of a cut, at its time.
type State struct {
	Ties, Networks *projection.Docs
	Facts          int      // that took part
	Rulesets       []string // versions of those that came into force, the last one holds
}

// Fold folds those facts, in the order of the log, that belong to a cut. It fails where one cannot be had,
// or cannot be folded.
func (c Chain) Fold(ctx context.Context, cut Cut, facts iter.Seq2[events.Event, error]) (*State, error) {
	first := &recognition{side: newSide(ctx, c.Ties, nil), cut: cut, facts: facts, state: &State{}}
	second := &picture{side: newSide(ctx, c.Networks, c.Leave), chain: c, cut: cut}
	for t, err := range Ahead(first.turns) {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return nil, err
		}
		if err := second.take(t); err != nil {
			return nil, err
		}
	}
	first.state.Ties, first.state.Networks = first.docs, second.docs
	return first.state, nil
}

// room is the sequences from one turn to the next: what the first service derives in between comes right
// behind it, and the second service's timers in the second half.
const room = 1 << 32

// turn is one fact, or what time brought about, and what the first service derived from it.
type turn struct {
	seq   uint64
	now   time.Time
	fact  *events.Event // nil where time brought it about
	late  bool          // the fact was recorded after the time of the cut
	last  bool          // there is no more, and gaps, which may have been held back, are decided on once more
	roles []events.Event
}

// recognition is the first service: it knows nothing of the second one and need not wait for it.
type recognition struct {
	*side
	cut   Cut
	facts iter.Seq2[events.Event, error]
	state *State
	turn  uint64
}

// turns yields what becomes of each fact, in order.
func (r *recognition) turns(yield func(turn, error) bool) {
	for e, err := range r.facts {
		if err != nil {
			yield(turn{}, err)
			return
		}
		if !r.includes(e) {
			continue
		}
		now, late := e.Recorded, e.Recorded.After(r.cut.At)
		if late {
			now = r.cut.At
		}
		if !r.until(now, yield) || !r.yield(turn{now: now, fact: &e, late: late}, e, yield) {
			return
		}
	}
	if r.until(r.cut.At, yield) { // of roles, all that time has brought about is stated now
		yield(turn{seq: (r.turn + 1) * room, now: r.cut.At, last: true}, nil)
	}
}

// until lets time pass.
func (r *recognition) until(now time.Time, yield func(turn, error) bool) bool {
	for e, ok := r.due(now); ok; e, ok = r.due(now) {
		if !r.yield(turn{now: e.Time}, e, yield) {
			return false
		}
	}
	return true
}

// yield yields a turn with what follows from a fact.
func (r *recognition) yield(t turn, e events.Event, yield func(turn, error) bool) bool {
	r.turn++
	t.seq = r.turn * room
	if r.takes(e) && !r.cut.Parked.leaves(r.Service, e.Seq) {
		var err error
		if t.roles, err = r.step(e, t.seq, t.now); err != nil {
			return yield(t, fmt.Errorf("fold %s at %d: %w", e.ID, e.Seq, err))
		}
	}
	for i := range t.roles {
		t.roles[i].Seq = t.seq + 1 + uint64(i)
	}
	return yield(t, nil)
}

// includes reports whether a fact takes part, and counts it. The first ruleset of a log is the one by which
// all that came before it was judged as well.
func (r *recognition) includes(e events.Event) bool {
	f, judges := e.Fact.(*events.RulesetActivated)
	begins := judges && len(r.state.Rulesets) == 0 && e.Seq <= r.cut.Known
	if !begins && !r.cut.Includes(e) {
		return false
	}
	if judges {
		r.state.Rulesets = append(r.state.Rulesets, f.Version)
	}
	r.state.Facts++
	return true
}

// picture is the second service.
type picture struct {
	*side
	chain Chain
	cut   Cut
	held  bool
	seq   uint64
}

// take folds a turn, after what time has brought about before it.
func (p *picture) take(t turn) error {
	by := t.now
	if t.fact == nil && !t.last {
		by = by.Add(-1) // at the same time, the first service comes first
	}
	if err := p.until(by); err != nil {
		return err
	}
	p.seq = t.seq
	if err := p.hold(t); err != nil {
		return err
	}
	if t.fact != nil && p.takes(*t.fact) && !p.cut.Parked.leaves(p.Service, t.fact.Seq) {
		if _, err := p.step(*t.fact, t.seq, t.now); err != nil {
			return fmt.Errorf("fold %s at %d: %w", t.fact.ID, t.fact.Seq, err)
		}
	}
	return p.follow(t)
}

// hold holds gaps back from the first fact that was recorded too late until all are folded.
func (p *picture) hold(t turn) error {
	switch {
	case t.late && !p.held:
		p.held = true
		return p.chain.Hold(p.docs, p.cut.At)
	case t.last && p.held:
		return p.chain.Release(p.docs)
	}
	return nil
}

// follow folds what the first service derived.
func (p *picture) follow(t turn) error {
	for _, e := range t.roles {
		if !p.takes(e) {
			continue
		}
		if _, err := p.step(e, e.Seq, t.now); err != nil {
			return fmt.Errorf("fold what follows from %s: %w", e.CausationID, err)
		}
	}
	p.seq += room / 2
	if !t.last {
		return nil
	}
	p.seq++
	_, err := p.step(p.dueFact("rebuild", "", t.now), p.seq, t.now)
	return err
}

// until lets time pass.
func (p *picture) until(by time.Time) error {
	for e, ok := p.due(by); ok; e, ok = p.due(by) {
		p.seq++
		if _, err := p.step(e, p.seq, e.Time); err != nil {
			return fmt.Errorf("fold what is due about %s: %w", e.Fact.(*events.Due).About, err)
		}
	}
	return nil
}
