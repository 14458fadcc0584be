package classifier

import (
	"strings"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
)

// move makes a change on the evaluations of a tie that see it, the open one first.
func (s *step) move(c change) error {
	said := [5]belief{}
	if !c.sealed {
		open, err := s.evaluation(c, false)
		if err != nil {
			return err
		}
		if open != nil {
			if said, err = s.advance(open, c); err != nil {
				return err
			}
		}
	}
	all, err := s.evaluation(c, true)
	if err != nil || all == nil {
		return err
	}
	all.hear(said)
	_, err = s.advance(all, c)
	return err
}

// evaluation loads one of the two evaluations, or begins it: the open one with the first fact
// about the tie, the full one with the first sealed one, from what the open one knows.
func (s *step) evaluation(c change, sealed bool) (*history, error) {
	h, err := load(s, c.pair, sealed)
	if err != nil || h != nil || !c.makes || sealed && !c.sealed {
		return h, err
	}
	h = &history{s: s, rs: s.rs, pair: c.pair, sealed: sealed, key: tieKey(c.pair, sealed)}
	if sealed {
		if h.t, err = s.copyOfOpen(h); err != nil {
			return nil, err
		}
	}
	if h.t == nil {
		h.t = newTie(c.pair)
	}
	if err := s.give(sealed, c.pair); err != nil {
		return nil, err
	}
	for _, who := range []events.PersonID{c.pair.recipient, c.pair.supporter} {
		t, err := timelineOf(s.d, who)
		if err != nil {
			return nil, err
		}
		if !t.Tied {
			t.Tied = true
			s.d.Put(recognition.PersonKey(who), t)
		}
	}
	return h, h.meet()
}

// advance states the turns that are due, makes the change and states how the present differs. It
// returns what it stated last, by role. An input that the document includes already changes
// nothing; its timer is set again.
func (s *step) advance(h *history, c change) ([5]belief, error) {
	defer h.wake()
	if s.d.Seq(h.key) >= s.in.Seq {
		return [5]belief{}, nil
	}
	st := &statements{s: s, h: h}
	if err := st.turns(s.now); err != nil {
		return st.said, err
	}
	if c.under != nil {
		h.rs = c.under
	}
	if err := c.apply(h); err != nil {
		return st.said, err
	}
	return st.said, st.present(s.now, s.time)
}

// hear notes what the open evaluation has just stated.
func (h *history) hear(said [5]belief) {
	for i, b := range said {
		if b.Status != "" {
			h.t.believe(i, b)
		}
	}
}

// wake asks for a Due when time alone changes the tie.
func (h *history) wake() {
	h.s.d.Wake(h.key, h.pair.recipient, h.t.NextChangeAt.Time())
}

// due states the turns that have come by then. Of nothing due nothing follows.
func (s *step) due(f *events.Due) error {
	if f.For != "role-classifier" {
		return nil
	}
	s.now, s.time = readmodel.UnixOf(f.At), f.At
	if f.About == "rebuild" {
		return s.rebuilt()
	}
	p, sealed, ok := pairOf(f.About)
	if !ok {
		return nil
	}
	said, last, err := s.dueIn(p, sealed)
	if err != nil || sealed || last == 0 {
		return err
	}
	return s.afterOpen(p, said, last)
}

// dueIn states what is due in one evaluation, and returns what it stated and the last turn.
func (s *step) dueIn(p pair, sealed bool) (said [5]belief, last readmodel.Unix, err error) {
	h, err := load(s, p, sealed)
	if err != nil || h == nil {
		return said, 0, err
	}
	defer h.wake()
	if s.d.Seq(h.key) >= s.in.Seq {
		return said, 0, nil
	}
	st := &statements{s: s, h: h}
	if err := st.turns(s.now); err != nil || st.last == 0 {
		return said, 0, err
	}
	s.d.Put(h.key, h.t)
	return st.said, st.last, nil
}

// afterOpen lets the full evaluation answer what the open one has just stated.
func (s *step) afterOpen(p pair, said [5]belief, at readmodel.Unix) error {
	h, err := load(s, p, true)
	if err != nil || h == nil || s.d.Seq(h.key) >= s.in.Seq {
		return err
	}
	defer h.wake()
	h.hear(said)
	st := &statements{s: s, h: h}
	if err := st.turns(at); err != nil {
		return err
	}
	return st.present(at, at.Time())
}

// rebuilt states each difference between a document and what was last stated.
func (s *step) rebuilt() error {
	pairs, err := pairsOf(s.d, "open.", "all.")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := s.move(change{pair: p, apply: func(*history) error { return nil }}); err != nil {
			return err
		}
	}
	return nil
}

// copyOfOpen is what the open evaluation knows, for a full one to begin with; nil where there is
// no open one.
func (s *step) copyOfOpen(all *history) (*tie, error) {
	open, err := projection.Get[tie](s.d, tieKey(all.pair, false))
	if err != nil || open == nil {
		return nil, err
	}
	t, err := deepCopy(open)
	if err != nil {
		return nil, err
	}
	for _, o := range t.Older {
		from := strings.Replace(all.olderKey(o.ID), ".all.", ".open.", 1)
		doc, err := projection.Get[older](s.d, from)
		if err != nil {
			return nil, err
		}
		if doc, err = deepCopy(doc); err != nil {
			return nil, err
		}
		s.d.Put(all.olderKey(o.ID), doc)
	}
	return t, nil
}
