package derive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
)

// entry is a message of the log, decoded where somebody reads it, or a hole.
type entry struct {
	eventlog.Stored
	event events.Event
	err   error
	hole  *eventlog.Hole
}

func (v *Verification) wants(subject string) bool {
	return matches(subject, v.d.Inputs) || matches(subject, v.owned)
}

func matches(subject string, filters []string) bool {
	return slices.ContainsFunc(filters, func(f string) bool { return events.Matches(subject, f) })
}

// take takes the next message.
func (v *Verification) take(ctx context.Context, m entry) error {
	p := &v.s.progress
	var err error
	switch {
	case m.hole != nil:
		v.skip(m.hole)
		return nil
	case m.Subject == v.fence:
		v.claim(m)
	case matches(m.Subject, v.owned):
		err = v.hear(m)
	case m.Seq > v.resumed.Handled && m.Seq <= v.end && matches(m.Subject, v.d.Inputs):
		err = v.fold(ctx, m)
	}
	if err != nil {
		return err
	}
	if m.Seq <= v.end && m.Seq > p.Handled {
		p.Handled, p.Recorded = m.Seq, m.Recorded
	}
	if p.Appended = max(p.Appended, m.Seq); v.full() {
		return v.keep()
	}
	return nil
}

// skip notes a hole. One at the log's end is met again and again.
func (v *Verification) skip(h *eventlog.Hole) {
	d := Divergence{What: HoleFound, Seq: h.From, To: h.To}
	known := slices.ContainsFunc(v.state.First, func(f Divergence) bool { return f.What == d.What && f.Seq == d.Seq })
	if v.holes && h.To > v.resumed.Handled && !known {
		v.state.add(d)
	}
}

// claim notes by which rules the writer works who has taken over.
func (v *Verification) claim(m entry) {
	var c eventlog.Claimed
	if json.Unmarshal(m.Body, &c) != nil {
		c = eventlog.Claimed{}
	}
	if v.claimed = c.Rules; m.Seq <= v.end {
		v.state.Claimed = c.Rules
	}
}

// fold folds an input, and expects what follows from it.
func (v *Verification) fold(ctx context.Context, m entry) error {
	in := input{m.event, m.err}
	derived, err := v.s.fold(ctx, in)
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.Unavailable || ctx.Err() != nil:
		return err
	case m.err != nil:
		v.unreadable(m.event, err)
	default:
		return &errPoison{in: in, err: err, by: v}
	}
	if derived, err = v.forget(m.event, derived); err != nil {
		return err
	}
	for _, e := range derived {
		message, err := events.Encode(e)
		if err != nil {
			return &errPoison{in: in, err: err, by: v}
		}
		v.pending = append(v.pending, expected{e, message})
		sum := sha256.Sum256(append([]byte(v.state.Digest), canonical(message)...))
		v.state.Digest = hex.EncodeToString(sum[:])
	}
	return nil
}

func canonical(m events.Message) []byte { return m.Canonical(0, time.Time{}) }

func (v *Verification) unreadable(e events.Event, err error) {
	d := v.divergence(Unreadable, e)
	d.Reason = reason(err)
	v.note(d)
}

// note notes a divergence, unless other rules were in use then: whether those would have said so, nobody
// can tell any more.
func (v *Verification) note(d Divergence) {
	if v.byOthers() {
		v.state.Others++
		return
	}
	v.state.add(d)
}

func (v *Verification) byOthers() bool { return v.claimed != "" && v.claimed != v.d.Version }

// hear holds one of the service's own facts against what is expected. The log has them in the order in
// which they follow: what should have stood before one that is expected is missing.
func (v *Verification) hear(m entry) error {
	own := m.event
	if m.Seq <= v.resumed.Appended && own.CausationSeq <= max(v.resumed.Handled, v.state.Heard) {
		return nil // was heard of before
	}
	if own.CausationSeq > v.end && own.CausationSeq < m.Seq {
		return nil // is heard of once its cause has been folded
	}
	v.heardOut(own.CausationSeq)
	v.s.docs.Begin(v.s.progress.Handled)
	i := slices.IndexFunc(v.pending, func(e expected) bool { return e.ID == own.ID })
	switch {
	case m.err != nil:
		if !errors.Is(m.err, events.ErrUnknownFact) || i >= 0 {
			v.unreadable(own, m.err)
		}
		v.pending = without(v.pending, i)
		return nil
	case i < 0 && v.gone(own):
		return v.s.stated(own)
	case i < 0:
		v.note(v.divergence(Unexpected, own))
		return v.s.stated(own)
	}
	if err := v.miss(i); err != nil {
		return err
	}
	e := v.pending[0]
	v.pending = v.pending[1:]
	return v.compare(e, m)
}

func without(pending []expected, i int) []expected {
	if i < 0 {
		return pending
	}
	return slices.Delete(pending, i, i+1)
}

// miss gives up the first n of what is expected.
func (v *Verification) miss(n int) error {
	for _, e := range v.pending[:n] {
		d := v.divergence(Missing, e.Event)
		d.Expected = digest(e.message.Body)
		v.note(d)
		if err := v.unsay(e.Event); err != nil {
			return err
		}
	}
	v.pending = v.pending[n:]
	return nil
}

func (v *Verification) unsay(never events.Event) error {
	if rules, ok := v.s.rules.(Unsayer); ok {
		return v.s.tell(never, rules.Unsaid)
	}
	return nil
}

// compare holds a fact against what it should be, as it stands in the log; of an older form as it is read.
func (v *Verification) compare(e expected, m entry) error {
	want := canonical(e.message)
	same := bytes.Equal(want, canonical(m.Message))
	if !same {
		lifted, err := events.Encode(m.event)
		same = err == nil && bytes.Equal(want, canonical(lifted))
	}
	if same {
		v.state.Facts++
		return nil
	}
	d := v.divergence(Differing, m.event)
	d.Fields = append(headers(e.message, m.Message), fields(e.message.Body, m.Body)...)
	d.Expected, d.Stored = digest(e.message.Body), digest(m.Body)
	v.note(d)
	if err := v.unsay(e.Event); err != nil {
		return err
	}
	return v.s.stated(m.event)
}
