package derive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// making folds the log into documents beside the live ones. Nothing is appended and no timer is set:
// what the rules derive is held against what the log says that the service has stated.
type making struct {
	s       *session           // over a store of its own, without a fence
	store   *projection.Beside // that store, where it is a generation
	filters []string
	step    func(context.Context) error // called now and then: it may wait, and end the making
	lot     []input
	heard   []events.Event // the service's own facts behind the lot
	derived []events.Event // by the rules, but not met in the log yet
	unsaid  []events.Event // derived by the rules, and never said
	pending []events.Event // derived by the rules, and to be said behind the end of a shadow
	differs bool           // from what was said
}

// Unsayer is rules that can take back that something was said. A rebuild by other rules than those of
// then derives facts that nobody ever appended: what they left in a document must not pass for stated.
type Unsayer interface {
	// Unsaid folds a fact that Step has derived and that was never appended.
	Unsaid(d *projection.Docs, never events.Event) error
}

// makingLimit is how many documents change before they are written: each is written once for many of
// its changes.
const makingLimit = 20_000

// lotLimit is how much of the log is folded before it is asked whether to go on.
const lotLimit = 2000

// errPoison is an input that cannot be folded and that is not parked.
type errPoison struct {
	in  input
	err error
	by  *Verification // whose input it is; nil of a making
}

func (p *errPoison) Error() string {
	return fmt.Sprintf("the input at %d cannot be folded: %v", p.in.Seq, p.err)
}
func (p *errPoison) Unwrap() error { return p.err }

// making begins one in a generation of its own.
func (e *Engine) making(ctx context.Context, store *projection.Beside) *making {
	m := &making{s: e.session(ctx, store), store: store, step: func(context.Context) error { return nil }}
	if e.cfg.Anew != nil {
		m.s.rules = e.cfg.Anew()
	}
	m.filters = slices.Concat(e.cfg.Inputs, e.owned())
	return m
}

// to folds inputs up to a sequence, from where the making stands, and hears of the service's own facts
// that follow from them, which may stand behind it.
func (m *making) to(ctx context.Context, end uint64) error {
	if m.s.progress.Handled == 0 {
		if err := m.s.readParked(ctx); err != nil {
			return err
		}
	}
	err := m.s.e.log.Read(ctx, m.s.progress.Handled+1, m.filters, func(e events.Event, err error) error {
		if slices.Contains(m.s.e.cfg.Owns, e.Context) {
			if e.CausationSeq > end {
				return errEnough
			}
			if err == nil && e.Seq > m.s.progress.Appended {
				m.heard = append(m.heard, e)
			}
		} else if e.Seq <= end {
			m.lot = append(m.lot, input{e, err})
		}
		if len(m.lot)+len(m.heard) < lotLimit {
			return nil
		}
		return m.fold(ctx)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return m.fold(ctx)
}

// fold folds the lot, and then hears what was said.
func (m *making) fold(ctx context.Context) error {
	for _, in := range m.lot {
		derived, err := m.s.fold(ctx, in)
		if err != nil && fault.KindOf(err) == fault.Unavailable {
			return err
		}
		if err != nil {
			return &errPoison{in: in, err: err}
		}
		m.s.progress.Handled, m.s.progress.Recorded = in.Seq, in.Recorded
		m.derived = append(m.derived, derived...) // until the log says that it was stated
	}
	for _, own := range m.heard {
		if err := m.hear(own); err != nil {
			return err
		}
	}
	m.lot, m.heard = m.lot[:0], m.heard[:0]
	if m.s.docs.Dirty() >= makingLimit {
		if _, err := m.s.docs.Commit(m.s.progress); err != nil {
			return err
		}
	}
	return m.step(ctx)
}

// hear holds one of the service's own facts against what the rules have derived: both come in the order
// of positions.
func (m *making) hear(own events.Event) error {
	m.s.progress.Appended = own.Seq
	if own.CausationID == "" {
		return nil
	}
	for len(m.derived) > 0 && placeOf(m.derived[0]).precedes(own) {
		m.unsay()
	}
	if len(m.derived) == 0 || placeOf(own).precedes(m.derived[0]) {
		m.differs = true // the rules of today would not say it
		return nil
	}
	same, err := same(m.derived[0], own)
	if err != nil || !same {
		m.unsay()
		return err
	}
	m.derived = m.derived[1:]
	return nil
}

func (m *making) unsay() {
	m.differs = true
	m.unsaid, m.derived = append(m.unsaid, m.derived[0]), m.derived[1:]
}

// same compares two facts as they are stored.
func same(a, b events.Event) (bool, error) {
	one, err1 := events.Encode(a)
	two, err2 := events.Encode(b)
	if err := errors.Join(err1, err2); err != nil {
		return false, err
	}
	return one.Subject == two.Subject && bytes.Equal(one.Body, two.Body), nil
}

// settle leaves in the documents what was stated, where that is not what the rules derive: first nothing
// of what they made up, then all that the log has. Everything that is heard of must have been.
func (m *making) settle(ctx context.Context) error {
	for len(m.derived) > 0 {
		m.unsay()
	}
	if m.differs {
		if err := m.resay(ctx); err != nil {
			return err
		}
	}
	_, err := m.s.docs.Commit(m.s.progress)
	return err
}

func (m *making) resay(ctx context.Context) error {
	m.s.docs.Begin(m.s.progress.Handled)
	if rules, ok := m.s.rules.(Unsayer); ok {
		for _, never := range m.unsaid {
			if err := m.s.tell(never, rules.Unsaid); err != nil {
				return err
			}
		}
	}
	return m.s.e.log.Read(ctx, 1, m.s.e.owned(), func(own events.Event, err error) error {
		if err != nil || own.Seq > m.s.progress.Appended {
			return nil //nolint:nilerr // an unreadable fact of one's own states nothing
		}
		if m.s.docs.Dirty() >= makingLimit {
			if _, err := m.s.docs.Commit(m.s.progress); err != nil {
				return err
			}
		}
		return m.s.stated(own)
	})
}
