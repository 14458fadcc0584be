package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"kith.internal/libs/derive"
)

// beatEvery is how often whoever carries a verification out says so.
const beatEvery = time.Second

// work is one verification as it is carried out.
type work struct {
	v      *verifier
	id     string
	began  time.Time
	from   atomic.Uint64 // from where the log is read, once that is known
	facts  atomic.Uint64
	since  atomic.Uint64 // the log's end when the first of the services was begun anew, once that is known
	cancel context.CancelCauseFunc
	found  []derive.Findings
	sealed *derive.Divergence
}

// at notes how far the log has been read.
func (w *work) at(seq uint64) {
	if before := w.facts.Swap(seq); seq > before {
		w.v.metrics.facts.Add(float64(seq - max(before, w.from.Load()-1)))
	}
}

// begin says from where the log is read, and whether it is what was sealed, before it is read: from then on
// another replica goes on.
func (w *work) begin(ctx context.Context, all []*derive.Verification) error {
	from := all[0].Findings().Handled + 1
	for _, one := range all {
		from = min(from, one.Findings().Handled+1)
	}
	w.from.Store(from)
	_, err := w.v.sheet.change(ctx, func(j *Verification) error {
		j.From, j.Sealed = from, w.sealed
		return w.still(*j)
	})
	return err
}

// progress is what the work says of itself.
func (w *work) progress(j *Verification, now time.Time) {
	j.Facts, j.Worker, j.Beat = w.facts.Load(), w.v.name, now.UTC()
	if since := w.since.Load(); since > 0 {
		j.Since = since
	}
	if took := now.Sub(w.began).Seconds(); took > 0 {
		j.Rate = int(float64(j.Facts-min(j.Facts, w.from.Load())) / took)
	}
}

// beat says how far the verification is until ctx is done, and ends it where it was cancelled, or another
// replica has taken it over.
func (w *work) beat(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(beatEvery):
		}
		total, err := w.v.s.log.Last(ctx)
		if err != nil {
			continue
		}
		j, err := w.v.sheet.change(ctx, func(j *Verification) error {
			if err := w.still(*j); err != nil {
				return err
			}
			j.Total = total
			w.progress(j, w.v.s.now())
			return nil
		})
		if errors.Is(err, errTaken) || errors.Is(err, errCancelled) {
			w.cancel(err)
			return
		}
		if err == nil {
			w.v.metrics.show(j, w.v.started)
		}
	}
}

var errCancelled = errors.New("the verification was cancelled")

// still fails where the verification is not this one's any more.
func (w *work) still(j Verification) error {
	switch {
	case j.ID == w.id && j.State == Cancelled:
		return errCancelled
	case j.ID != w.id || j.Worker != w.v.name || j.State != Verifying:
		return errTaken
	}
	return nil
}

// end says what came of it.
func (w *work) end(ctx context.Context, failed error) error {
	total, err := w.v.s.log.Last(ctx)
	if err != nil {
		return err
	}
	j, err := w.v.sheet.change(ctx, func(j *Verification) error {
		if err := w.still(*j); err != nil {
			return err
		}
		now := w.v.s.now()
		w.progress(j, now)
		j.Total, j.Ended = total, now.UTC()
		if w.found != nil {
			j.Services, j.Sealed = w.found, w.sealed
		}
		if failed != nil {
			j.State, j.Error = Failed, failed.Error()
			return nil
		}
		if j.Facts, j.State = total, j.outcome(); j.State == Clean {
			j.LastOK = j.Ended
		}
		return nil
	})
	switch {
	case errors.Is(err, errTaken), errors.Is(err, errCancelled):
		return nil
	case err != nil:
		return err
	}
	w.v.metrics.show(j, w.v.started)
	w.v.s.logger.Info("verified", "state", string(j.State), "facts", j.Facts, "divergences", j.divergences())
	return nil
}
