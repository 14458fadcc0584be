package replay

import (
	"container/heap"
	"context"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/projection"
)

// side is one service of the simulation: its documents, and the timers that it has set.
type side struct {
	derive.Derivation
	rules derive.Rules
	docs  *projection.Docs
	reads map[kind]bool
	leave func(key string) bool // timers that are not to fire
	set   timers
}

// kind is what a service decides by whether it reads a fact.
type kind struct {
	context events.Context
	name    string
}

func newSide(ctx context.Context, d derive.Derivation, leave func(string) bool) *side {
	return &side{Derivation: d, rules: d.Rules(), docs: projection.Scratch(ctx), reads: map[kind]bool{}, leave: leave}
}

// takes reports whether a fact is among the service's inputs.
func (s *side) takes(e events.Event) bool {
	k := kind{e.Context, e.Fact.FactName()}
	does, known := s.reads[k]
	if !known {
		subject := events.SubjectOf(k.context, events.Nobody, k.name)
		for _, filter := range s.Inputs {
			does = does || events.Matches(subject, filter)
		}
		s.reads[k] = does
	}
	return does
}

// step folds a fact at a sequence of the simulation and a time.
func (s *side) step(e events.Event, seq uint64, now time.Time) ([]events.Event, error) {
	e.Seq = seq
	out, err := derive.Step(s.docs, s.rules, s.Service, e, now)
	if err != nil {
		return nil, err
	}
	for _, t := range s.docs.Woken() {
		if !t.At.IsZero() && (s.leave == nil || !s.leave(t.Key)) {
			heap.Push(&s.set, t)
		}
	}
	for i := range out {
		out[i].Recorded = now
	}
	return out, nil
}

// due is the next timer that comes by a time, as the fact that says so; false where there is none.
func (s *side) due(by time.Time) (events.Event, bool) {
	if len(s.set) == 0 || s.set[0].At.After(by) {
		return events.Event{}, false
	}
	t := heap.Pop(&s.set).(projection.Timer)
	return s.dueFact(t.Key, t.Person, t.At), true
}

func (s *side) dueFact(about string, p events.PersonID, at time.Time) events.Event {
	e := eventlog.DueFact(eventlog.Timer{Service: s.Service, About: about, Person: p, At: at})
	e.Recorded = at
	return e
}

// timers are those that are set, the next one first. One that was set again, or taken back, stays: of
// nothing due nothing follows.
type timers []projection.Timer

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (t timers) Len() int { return len(t) }

// Less orders by time.
func (t timers) Less(i, j int) bool {
	if t[i].At.Equal(t[j].At) {
		return t[i].Key < t[j].Key
	}
	return t[i].At.Before(t[j].At)
}

// Swap exchanges two.
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }

// Push adds one.
func (t *timers) Push(x any) { *t = append(*t, x.(projection.Timer)) }

// Pop takes the last one off.
func (t *timers) Pop() any {
	all := *t
	last := all[len(all)-1]
	*t = all[:len(all)-1]
	return last
}
