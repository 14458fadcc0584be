package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/audit/sealing"
)

const (
	lookEvery   = time.Second    // for an order
	verifyEvery = 24 * time.Hour // without one: what is new
)

// verifier carries verifications out, on one replica at a time.
type verifier struct {
	s       *Service
	sheet   sheet
	name    string // of this replica, to the others
	started time.Time
	metrics *verifyMetrics
}

// keepVerifying carries out what is ordered until ctx is done, and a day after the last verification
// another one.
func (v *verifier) keepVerifying(ctx context.Context) error {
	for next := v.s.openSheet; ; {
		if err := next(ctx); err == nil {
			next = v.look
		} else if ctx.Err() == nil {
			v.s.logger.Warn("what is to be verified is not known", "error", err)
			next = v.s.openSheet
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
	}
}

// look carries out a verification that nobody works on.
func (v *verifier) look(ctx context.Context) error {
	now, _, err := v.sheet.load(ctx)
	if err != nil {
		return err
	}
	v.metrics.show(now, v.started)
	if !v.isDue(now) {
		return nil
	}
	mine, err := v.sheet.change(ctx, v.take)
	if errors.Is(err, errTaken) {
		return nil
	}
	if err == nil {
		v.carryOut(ctx, mine)
	}
	return err
}

// isDue reports whether a verification waits for somebody, or it is time for another one.
func (v *verifier) isDue(j Verification) bool {
	switch {
	case j.State == Verifying:
		return v.s.now().Sub(j.Beat) >= beatLasts
	case j.Ended.IsZero():
		return v.s.now().Sub(v.started) >= verifyEvery
	}
	return v.s.now().Sub(j.Ended) >= verifyEvery
}

var errTaken = errors.New("another replica works on it")

// take makes a verification that is due this replica's.
func (v *verifier) take(j *Verification) error {
	now := v.s.now().UTC()
	if !v.isDue(*j) {
		return errTaken
	}
	if j.State != Verifying {
		if err := j.order(false, now); err != nil {
			return err
		}
	}
	j.Worker, j.Beat = v.name, now
	return nil
}

// carryOut verifies, says now and then how far it is, and in the end what came of it. One that was
// cut short by this replica's end is gone on with by another.
func (v *verifier) carryOut(ctx context.Context, job Verification) {
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &work{v: v, id: job.ID, began: v.s.now(), cancel: cancel}
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		w.beat(run)
	}()
	err := w.verify(run, job)
	cause := context.Cause(run)
	cancel(nil)
	<-beating
	if ctx.Err() != nil || errors.Is(cause, errTaken) {
		return
	}
	if fault.KindOf(err) == fault.Unavailable { // a server that is gone comes back: then it is gone on with
		v.s.logger.Warn("the verification is interrupted", "error", err)
		return
	}
	if err := w.end(ctx, err); err != nil {
		v.s.logger.Warn("what was verified cannot be said", "error", err)
	}
}

// verify verifies all services over one reading of the log; anew from its beginning, or what is new. All of it
// is held against what was sealed, too. What was begun by another replica is not begun again.
func (w *work) verify(ctx context.Context, job Verification) (err error) {
	anew := job.All && job.From == 0
	if w.sealed = job.Sealed; anew {
		if w.sealed, err = w.v.s.notSealed(ctx); err != nil {
			return err
		}
	}
	var all []*derive.Verification
	since := uint64(math.MaxUint64)
	for _, d := range w.v.s.all {
		one, err := w.v.s.verification(ctx, d, anew)
		if err != nil {
			return err
		}
		all, since = append(all, one), min(since, one.Findings().Since)
	}
	w.since.Store(since)
	if err := w.begin(ctx, all); err != nil {
		return err
	}
	err = derive.Verify(ctx, w.v.s.log, w.at, all...)
	for _, one := range all {
		w.found = append(w.found, one.Findings())
	}
	if err != nil {
		return err
	}
	return w.v.s.replayed(ctx, w.found)
}

// notSealed is where the log is not what was sealed, nil where it is.
func (s *Service) notSealed(ctx context.Context) (*derive.Divergence, error) {
	err := s.notary.ReadAll(ctx)
	var altered *sealing.Altered
	if errors.As(err, &altered) {
		return &derive.Divergence{What: derive.NotSealed, Seq: altered.Seq, Reason: altered.Error()}, nil
	}
	return nil, err
}

// verification is that of a service. What it keeps is in a bucket of its own.
func (s *Service) verification(ctx context.Context, d derive.Derivation, anew bool) (*derive.Verification, error) {
	live, err := projection.OpenReader(ctx, s.log.JetStream(), d.Bucket, s.replicas)
	if err != nil {
		return nil, err
	}
	store, err := projection.OpenKV(ctx, s.log.Conn(), "kith_verify_"+d.Service, s.replicas)
	if err != nil {
		return nil, err
	}
	if anew {
		if err := store.Clear(ctx); err != nil {
			return nil, err
		}
	}
	return derive.NewVerification(ctx, s.log, d, store, live.Of(s.log.Identity))
}

// replayed appends that the log was replayed, by which rules, and what for a sum the facts had that followed.
func (s *Service) replayed(ctx context.Context, found []derive.Findings) error {
	fact := &events.ReplayPerformed{From: 1}
	var rules []string
	sum := sha256.New()
	for i, f := range found {
		fact.To = max(fact.To, f.Handled)
		rules = append(rules, f.Service+":"+s.all[i].Version)
		_, _ = sum.Write([]byte(f.Digest))
	}
	if fact.To == 0 {
		return nil
	}
	fact.Ruleset, fact.ResultHash = strings.Join(rules, "+"), hex.EncodeToString(sum.Sum(nil))
	_, err := s.log.Append(ctx, events.Event{
		ID: events.FactID(strings.ToLower(rand.Text())), Source: "/services/" + Name, Context: events.Audit, Subject: events.Nobody,
		Time: s.now().UTC(), Actor: "service:" + Name, Fact: fact,
	})
	return err
}
