package classifier

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
	"kith.internal/services/internal/recognition"
	"kith.internal/services/internal/ruleset"
)

// A tie's document keeps its newest acts, at most actLimit, so that it stays far below what a
// document may hold; the ones before stand in documents of their own, each with the fold of what
// came before it. They are read again only where a late act or a correction falls into them, so
// nothing is ever folded approximately, and the usual act at the end costs one step of the fold.
const (
	actLimit   = 128 // acts in a tie's document; half of it moves out when there are more
	olderLimit = 512 // acts in an older document; it is cut in two when late acts make it larger
)

// older is a document of acts that no longer stand in their tie's.
type older struct {
	Acts   []readmodel.Act  `json:"acts"`
	Before recognition.Fold `json:"before"`
}

var errNoOlder = errors.New("a document of older acts is missing")

// history is one evaluation of a tie at work.
type history struct {
	s      *step
	rs     *ruleset.Ruleset
	pair   pair
	sealed bool // the full evaluation
	key    string
	t      *tie
	people recognition.People
}

// load returns an evaluation of a tie, nil where there is none.
func load(s *step, p pair, sealed bool) (*history, error) {
	h := &history{s: s, rs: s.rs, pair: p, sealed: sealed, key: tieKey(p, sealed)}
	var err error
	if h.t, err = projection.Get[tie](s.d, h.key); err != nil || h.t == nil {
		return nil, err
	}
	return h, h.meet()
}

func (h *history) meet() (err error) {
	h.people.RecipientID, h.people.SupporterID = h.pair.recipient, h.pair.supporter
	if h.people.Recipient, err = timelineOf(h.s.d, h.pair.recipient); err != nil {
		return err
	}
	if h.people.Supporter, err = timelineOf(h.s.d, h.pair.supporter); err != nil {
		return err
	}
	h.people.Meet()
	return nil
}

func (h *history) weigh(act *readmodel.Act) error {
	return h.rs.Weigh(act, h.people.At(act.At), h.t.Declared())
}

func (h *history) olderKey(id int) string { return "older." + h.key + "." + strconv.Itoa(id) }

// part is the acts of the i-th document, the last of which is the tie's own.
func (h *history) part(i int) (acts *[]readmodel.Act, before *recognition.Fold, err error) {
	if i == len(h.t.Older) {
		return &h.t.Acts, &h.t.Before, nil
	}
	o, err := projection.Get[older](h.s.d, h.olderKey(h.t.Older[i].ID))
	if err != nil {
		return nil, nil, err
	}
	if o == nil {
		return nil, nil, fmt.Errorf("%s: %w", h.olderKey(h.t.Older[i].ID), errNoOlder)
	}
	return &o.Acts, &o.Before, nil
}

// place finds the document that an act belongs to.
func (h *history) place(act *readmodel.Act) int {
	if len(h.t.Older) == 0 || len(h.t.Acts) > 0 && !act.Before(&h.t.Acts[0]) {
		return len(h.t.Older)
	}
	i := sort.Search(len(h.t.Older), func(i int) bool {
		o := &h.t.Older[i]
		return act.At < o.From || act.At == o.From && act.Identity() < o.Act
	})
	return max(0, i-1)
}

// insert files an act. Of an act that is there already only what a disclosure adds is taken over.
func (h *history) insert(act readmodel.Act) error {
	act.Marks = act.Add(h.takeAwaited(&act))
	i := h.place(&act)
	acts, _, err := h.part(i)
	if err != nil {
		return err
	}
	at, found := slices.BinarySearchFunc(*acts, &act, func(a readmodel.Act, b *readmodel.Act) int {
		if a.Before(b) {
			return -1
		}
		if b.Before(&a) {
			return 1
		}
		return 0
	})
	if found {
		return h.join(i, &(*acts)[at], act)
	}
	if err := h.weigh(&act); err != nil {
		return err
	}
	*acts = slices.Insert(*acts, at, act)
	h.t.Count++
	if i == len(h.t.Older) && at == len(*acts)-1 {
		return h.append()
	}
	if err := h.cut(i); err != nil {
		return err
	}
	return h.refold(i)
}

// join takes the place of a sealed act by the one that discloses it.
func (h *history) join(part int, there *readmodel.Act, act readmodel.Act) error {
	if there.Discloses != "" || act.Discloses == "" {
		return nil
	}
	act.Marks = act.Add(there.Marks)
	*there = act
	if err := h.weigh(there); err != nil {
		return err
	}
	return h.refold(part)
}

// mark notes what is said about an act, now or when it comes.
func (h *history) mark(id events.FactID, m readmodel.Marks) error {
	for i := len(h.t.Older); i >= 0; i-- {
		acts, _, err := h.part(i)
		if err != nil {
			return err
		}
		for k := len(*acts) - 1; k >= 0; k-- {
			act := &(*acts)[k]
			if act.ID != id && act.Discloses != id {
				continue
			}
			act.Marks = act.Add(m)
			if err := h.weigh(act); err != nil {
				return err
			}
			return h.refold(i)
		}
	}
	h.await(id, m)
	return nil
}

func (h *history) await(id events.FactID, m readmodel.Marks) {
	for i := range h.t.Awaited {
		if a := &h.t.Awaited[i]; a.Act == id {
			a.Marks = a.Marks.Add(m)
			return
		}
	}
	h.t.Awaited = append(h.t.Awaited, awaitedAct{id, m})
	if extra := len(h.t.Awaited) - awaitedLimit; extra > 0 {
		h.t.Awaited = h.t.Awaited[extra:]
	}
}

func (h *history) takeAwaited(act *readmodel.Act) readmodel.Marks {
	var m readmodel.Marks
	h.t.Awaited = slices.DeleteFunc(h.t.Awaited, func(a awaitedAct) bool {
		if a.Act != act.ID && a.Act != act.Discloses {
			return false
		}
		m = m.Add(a.Marks)
		return true
	})
	return m
}

// reweigh weighs every act again, because something that all of them depend on has changed.
func (h *history) reweigh() error {
	for i := range len(h.t.Older) + 1 {
		acts, _, err := h.part(i)
		if err != nil {
			return err
		}
		for k := range *acts {
			if err := h.weigh(&(*acts)[k]); err != nil {
				return err
			}
		}
	}
	return h.refold(0)
}

// append folds the newest act only.
func (h *history) append() error {
	if err := h.fold(&h.t.Fold, len(h.t.Older), h.t.Acts, len(h.t.Acts)-1); err != nil {
		return err
	}
	h.t.Fold.SetTurns(h.rs, h.people.Away)
	return h.spill()
}

// refold folds the acts from the i-th document on.
func (h *history) refold(i int) error {
	_, before, err := h.part(i)
	if err != nil {
		return err
	}
	f := before.Clone()
	for ; i <= len(h.t.Older); i++ {
		acts, before, err := h.part(i)
		if err != nil {
			return err
		}
		*before = f.Clone()
		for k := range *acts {
			if err := h.fold(&f, i, *acts, k); err != nil {
				return err
			}
		}
		if err := h.keep(i); err != nil {
			return err
		}
	}
	h.t.Fold = f
	h.t.Fold.SetTurns(h.rs, h.people.Away)
	return h.spill()
}

func (h *history) fold(f *recognition.Fold, part int, acts []readmodel.Act, k int) error {
	act := &acts[k]
	return f.Add(h.rs, act, h.people.Away, func(role int) (bool, error) { return h.pass(role, part, acts[:k+1], act.At) })
}

// pass reports whether the gates of a role pass at the last of acts, which stand in the given
// document.
func (h *history) pass(role, part int, acts []readmodel.Act, at readmodel.Unix) (bool, error) {
	var e ruleset.Evidence
	for {
		for k := len(acts) - 1; k >= 0; k-- {
			if !e.Add(h.rs, role, &acts[k], h.people.Away.Between(acts[k].At, at)) {
				part = 0
				break
			}
		}
		if part == 0 {
			return h.rs.Pass(role, &e, h.t.Said(role).Declared())
		}
		part--
		earlier, _, err := h.part(part)
		if err != nil {
			return false, err
		}
		acts = *earlier
	}
}

// spill moves the older half of the acts into a document of their own when there are too many.
func (h *history) spill() error {
	t := h.t
	if len(t.Acts) <= actLimit {
		return nil
	}
	o := &older{Acts: slices.Clone(t.Acts[:actLimit/2]), Before: t.Before}
	t.Acts = slices.Clone(t.Acts[actLimit/2:])
	h.addOlder(len(t.Older), o)
	return h.refold(len(t.Older) - 1)
}

// cut makes two of an older document that has become too large. It is refolded afterwards.
func (h *history) cut(i int) error {
	if i == len(h.t.Older) {
		return nil
	}
	o, err := projection.Get[older](h.s.d, h.olderKey(h.t.Older[i].ID))
	if err != nil || len(o.Acts) <= olderLimit {
		return err
	}
	first := &older{Acts: slices.Clone(o.Acts[:olderLimit/2]), Before: o.Before}
	o.Acts = slices.Clone(o.Acts[olderLimit/2:])
	h.addOlder(i, first)
	return nil
}

func (h *history) addOlder(i int, o *older) {
	h.t.NextID++
	h.t.Older = slices.Insert(h.t.Older, i, readmodel.OlderActs{ID: h.t.NextID})
	h.s.d.Put(h.olderKey(h.t.NextID), o)
}

// keep leaves a changed older document and notes where it begins; the tie's own is left at the
// end of the step.
func (h *history) keep(i int) error {
	if i == len(h.t.Older) {
		return nil
	}
	entry := &h.t.Older[i]
	o, err := projection.Get[older](h.s.d, h.olderKey(entry.ID))
	if err != nil {
		return err
	}
	entry.From, entry.Act, entry.Count = o.Acts[0].At, o.Acts[0].Identity(), len(o.Acts)
	h.s.d.Put(h.olderKey(entry.ID), o)
	return nil
}
