package audit

import (
	"cmp"
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/fault"
)

var (
	errUnknown = fault.New(fault.NotFound, "unknown-person", "nothing is known of this person")
	errNoKeys  = fault.New(fault.Unavailable, "no-keys", "this installation has given the service no keys: what is sealed cannot be opened")
)

// named is all that the log says of one human, who may have several entries in the directory: somebody who
// came back.
type named struct {
	entries []events.PersonID
	all     []events.Event // in log order
}

func (n *named) is(p events.PersonID) bool { return slices.Contains(n.entries, p) }

// naming reads all facts that name a person. It fails with fault.NotFound where there is none, or where the
// person was erased.
func (s *Service) naming(ctx context.Context, p events.PersonID) (*named, error) {
	n, err := s.gather(ctx, p)
	if err == nil && n.erased() != nil {
		return nil, fault.New(fault.NotFound, "erased", "this person has been erased")
	}
	return n, err
}

// gather reads all facts that name a person, erased or not. It fails with fault.NotFound where there is none.
func (s *Service) gather(ctx context.Context, p events.PersonID) (*named, error) {
	if _, err := s.postings.ToEnd(ctx); err != nil {
		return nil, err
	}
	n := &named{entries: []events.PersonID{p}}
	for i := 0; i < len(n.entries); i++ {
		facts, err := s.read(ctx, s.postings.Everything(n.entries[i]))
		if err != nil {
			return nil, err
		}
		n.take(facts)
	}
	slices.SortFunc(n.all, func(a, b events.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	n.all = slices.CompactFunc(n.all, func(a, b events.Event) bool { return a.Seq == b.Seq })
	if len(n.all) == 0 {
		return nil, errUnknown
	}
	return n, nil
}

// take adds facts, and the entries that they say are the same human.
func (n *named) take(facts []events.Event) {
	n.all = append(n.all, facts...)
	for _, e := range facts {
		f, merged := e.Fact.(*events.PersonMerged)
		if old := e.Person(); merged && n.is(f.Into) && !n.is(old) && !old.External() {
			n.entries = append(n.entries, old)
		}
	}
}

// erased is the fact that the person is, of several entries the last one; nil where the first one is not.
func (n *named) erased() (last *events.Event) {
	whole := false
	for i, e := range n.all {
		if _, ok := e.Fact.(*events.PersonErased); ok && n.is(e.Person()) {
			last, whole = &n.all[i], whole || e.Person() == n.entries[0]
		}
	}
	if !whole {
		return nil
	}
	return last
}
