package derive

import (
	"context"
	"slices"

	"kith.internal/events"
	"kith.internal/libs/projection"
)

// Forgetter is rules that count what people have sealed. Once one of them is erased, that does not open any more,
// and no replay counts what was counted then: whether it was right, only the seals of the log still tell.
type Forgetter interface {
	// Counts reports whether a fact rests on what is sealed.
	Counts(own events.Fact) bool
	// Forgot reports whether something that was sealed did not open when it was last counted.
	Forgot(d *projection.Docs) (bool, error)
	// Told is what a document that rests on it repeats of facts; false for any other document.
	Told(key string, body []byte) (string, bool)
}

// forgotten is the last input from which followed what cannot be counted again. A verification that has met one
// takes none of what is counted for comparable, until it has taken over what the service counts with.
type forgotten struct {
	Seq  uint64        `json:"seq"`
	ID   events.FactID `json:"id"`
	Next int           `json:"next"` // the index of the fact that may follow next; -1 once all have been heard
}

// forget leaves what cannot be counted again out of what follows from an input: what the log says is taken for it.
func (v *Verification) forget(in events.Event, derived []events.Event) ([]events.Event, error) {
	rules, can := v.s.rules.(Forgetter)
	counts := func(e events.Event) bool { return rules.Counts(e.Fact) }
	if !can || !slices.ContainsFunc(derived, counts) {
		return derived, nil
	}
	forgot, err := rules.Forgot(v.s.docs)
	if err != nil || !forgot && v.state.Forgot == nil {
		return derived, err
	}
	v.state.Forgot = &forgotten{Seq: in.Seq, ID: in.ID}
	for _, e := range derived {
		if !counts(e) {
			continue
		}
		if err := v.unsay(e); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(derived, counts), nil
}

// gone reports whether a fact is one of those that cannot be counted again: no other may pass for one.
func (v *Verification) gone(own events.Event) bool {
	f := v.state.Forgot
	if f == nil || f.Seq != own.CausationSeq || f.ID != own.CausationID || f.Next != own.CausationIndex || !v.s.rules.(Forgetter).Counts(own.Fact) {
		return false
	}
	if own.ID != events.DerivedID(v.d.Service, f.ID, own.Context, f.Next) {
		return false
	}
	f.Next++
	v.state.lose(v.divergence(Erased, own))
	return true
}

// heardOut notes that nothing follows any more from inputs before one.
func (v *Verification) heardOut(seq uint64) {
	if f := v.state.Forgot; f != nil && f.Seq < seq {
		f.Next = -1
	}
}

// lost reports whether a document cannot be compared, and says of facts what it should.
func (v *Verification) lost(r, should projection.Record) bool {
	if v.state.Forgot == nil {
		return false
	}
	rules := v.s.rules.(Forgetter)
	told, counts := rules.Told(r.Key, r.Body)
	want, _ := rules.Told(r.Key, should.Body)
	return counts && told == want
}

// takeOver takes over what the service counts with, as it is where the verification has come to: from there on it
// counts the same, and is held against it again.
func (v *Verification) takeOver(ctx context.Context, all []projection.Record) error {
	for some := range slices.Chunk(all, 500) {
		if err := v.store.Commit(ctx, some, v.s.progress); err != nil {
			return err
		}
	}
	v.s.docs.Drop()
	for _, r := range all {
		v.state.lose(Divergence{What: Erased, Service: v.d.Service, Key: r.Key, Seq: r.Seq})
	}
	v.state.Forgot = nil
	return v.keep()
}
