package derive

import (
	"context"

	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
)

// origin is what documents were made from, seen from the log and the layout of today.
type origin int

const (
	current origin = iota
	older          // the same log, in another form: they may be read, but nothing can be added to them
	foreign        // another log, or one that was restored since: they mean nothing
)

// origin tells what the documents of a progress mean. A log that was restored may have got other facts
// since where these were: so the fact that was handled last must still be there, recorded when it was.
func (e *Engine) origin(ctx context.Context, p projection.Progress) (origin, error) {
	if p.Stream != e.log.Identity() {
		return foreign, nil
	}
	if p.Handled > 0 {
		last, err := e.log.Get(ctx, p.Handled)
		switch {
		case fault.KindOf(err) == fault.Unavailable:
			return foreign, err
		case fault.KindOf(err) == fault.NotFound, !p.Recorded.IsZero() && !p.Recorded.Equal(last.Recorded):
			return foreign, nil
		}
	}
	if p.Layout != e.cfg.Layout {
		return older, nil
	}
	return current, nil
}
