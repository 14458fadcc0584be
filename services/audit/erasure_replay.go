package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/audit/sealing"
	"kith.internal/services/internal/readmodel"
)

// askEvery is how often it is asked how far a verification is.
const askEvery = 200 * time.Millisecond

// replay has a verification make everybody's networks anew from the log, and hold them against what is read.
func (p *proving) replay(ctx context.Context) (err error) {
	if p.Replay, err = p.verifiedSince(ctx, p.erased.Seq); err != nil {
		return err
	}
	switch p.Replay.State {
	case Cancelled:
		return fault.New(fault.Conflict, "verification-cancelled", "somebody has cancelled the replay: ask again, and it goes on from there")
	case Failed:
		return fault.New(fault.Internal, "verification-failed", "the replay failed: "+p.Replay.Error)
	}
	if d := p.Replay.Sealed; d != nil {
		p.find(Finding{What: ReplayDiffers, Stream: eventlog.StreamName, Seq: d.Seq, Reason: d.Reason})
	}
	for _, f := range p.Replay.Services {
		for _, d := range f.First {
			p.find(Finding{What: ReplayDiffers, Stream: eventlog.StreamName, Seq: d.Seq, Key: d.Key, Reason: d.What + " of " + d.Service})
		}
	}
	return nil
}

// verifiedSince waits for a verification that has folded the whole log, begun behind a sequence, and orders it: of
// what is new where the rest has been folded since, whoever ordered that.
func (p *proving) verifiedSince(ctx context.Context, seq uint64) (Verification, error) {
	for ordered := ""; ; {
		v, _, err := p.verifier.sheet.load(ctx)
		switch {
		case fault.KindOf(err) == fault.Unavailable && err != nil || v.State == Verifying:
			err = p.told(Progress{"replaying the log", v.Facts, v.Total})
		case err == nil && ordered == v.ID && v.ID != "":
			return v, nil
		case err == nil:
			v, err = p.startVerification(ctx, VerificationOrder{All: v.Since < seq})
			if ordered = v.ID; fault.KindOf(err) == fault.Conflict {
				ordered, err = "", nil // somebody else was faster
			}
		}
		if err != nil {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

// hold holds the log against all checkpoints, those from before the erasure too: it has changed no leaf.
func (p *proving) hold(ctx context.Context) (err error) {
	p.Checkpoints, err = p.notary.Hold(ctx, p.erased.Seq-1, func(done, of uint64) error {
		return p.told(Progress{"holding the log against its checkpoints", done, of})
	})
	var altered *sealing.Altered
	if errors.As(err, &altered) {
		p.find(Finding{What: SealBroken, Stream: eventlog.StreamName, Seq: altered.Seq, Reason: altered.What})
		return nil
	}
	return err
}

// documents looks for what the services still show of the person: of their network that they are erased, and
// nothing else. In what others have they stay, by a pseudonym that leads to nobody.
func (p *proving) documents(ctx context.Context) error {
	for _, d := range p.all {
		r, err := projection.OpenReader(ctx, p.log.JetStream(), d.Bucket, p.replicas)
		if err != nil {
			return unread(err)
		}
		err = r.Of(p.log.Identity).Each(ctx, func(r projection.Record) error {
			if len(r.Body) > 0 {
				p.Documents.All++
			}
			if p.isTheirs(r) {
				p.Documents.Theirs++
				if !isTombstone(r) {
					p.find(Finding{What: DocumentLeft, Stream: "KV_" + d.Bucket, Seq: r.Seq, Key: r.Key})
				}
			}
			return p.told(Progress{"reading documents", uint64(p.Documents.All), 0})
		})
		if err != nil {
			return unread(err)
		}
	}
	return nil
}

// isTheirs reports whether a document is about the person: its key names nobody else before them.
func (p *proving) isTheirs(r projection.Record) bool {
	_, about, _ := strings.Cut(r.Key, ".")
	about, _, _ = strings.Cut(about, ".")
	return len(r.Body) > 0 && (p.n.is(r.Person) || p.n.is(events.PersonID(about)))
}

// isTombstone reports whether a document says of its person nothing but that they are erased, and by pseudonyms whose
// networks they stood in.
func isTombstone(r projection.Record) bool {
	var says map[string]any
	err := json.Unmarshal(r.Body, &says)
	for _, little := range []string{"person", "erased", "place", "given", "closed", "tied"} {
		delete(says, little)
	}
	return err == nil && len(says) == 0 || strings.HasPrefix(r.Key, readmodel.RecipientsKey(""))
}

// parked reads all marks of inputs that were left out: each names one by its sequence, and says nothing else. What a
// retry would fold is what stands there, of which nothing opens.
func (p *proving) parked(ctx context.Context) error {
	var marks []uint64
	err := p.log.Read(ctx, 1, []string{events.FilterFact(events.Clock, "Parked")}, func(e events.Event, _ error) error {
		marks = append(marks, e.Seq)
		return nil
	})
	if err != nil {
		return unread(err)
	}
	all, err := p.log.At(ctx, marks)
	if err != nil {
		return unread(err)
	}
	for _, m := range all {
		p.Parked.All++
		e, err := m.Event()
		f, ok := e.Fact.(*events.Parked)
		if !ok || err != nil || !isPlain(e, m) {
			p.find(Finding{What: MarkTells, Stream: eventlog.StreamName, Seq: m.Seq})
		}
		if ok && (p.n.is(e.Person()) || slices.ContainsFunc(p.n.all, func(e events.Event) bool { return e.Seq == f.Seq })) {
			p.Parked.Theirs++
		}
	}
	return nil
}

// isPlain reports whether a message holds what its fact says, and nothing beside it.
func isPlain(e events.Event, m eventlog.Stored) bool {
	again, err := events.Encode(e)
	return err == nil && bytes.Equal(again.Body, m.Body)
}
