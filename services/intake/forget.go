package intake

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// forget removes every lookup that leads to one of these pseudonyms or to somebody who was erased, and their
// bytes on disk. What it looks for are the values, so no external id has to be known.
func (l *lookups) forget(ctx context.Context, pseudonyms ...string) error {
	for next, done := uint64(1), false; !done; {
		var err error
		if next, done, err = l.forgetFrom(ctx, next, pseudonyms); err != nil {
			return err
		}
	}
	return nil
}

// stuck is how long nothing may come of a watcher, which waits for ever for what another replica removes just then.
const stuck = time.Second

// forgetFrom goes through the lookups from a revision on, and returns from where on to go on if it is not done.
func (l *lookups) forgetFrom(ctx context.Context, next uint64, pseudonyms []string) (uint64, bool, error) {
	w, err := l.kv.WatchAll(ctx, jetstream.IgnoreDeletes(), jetstream.ResumeFromRevision(next))
	if err != nil {
		return next, false, idsUnavailable(err)
	}
	defer w.Stop() //nolint:errcheck // it ends with the connection at the latest
	for {
		select {
		case <-ctx.Done():
			return next, false, idsUnavailable(ctx.Err())
		case <-time.After(stuck):
			return next, false, nil
		case entry, ok := <-w.Updates():
			if !ok {
				return next, false, idsUnavailable(errors.New("the watcher has ended"))
			}
			if entry == nil { // that was all
				return next, true, nil
			}
			next = entry.Revision() + 1
			if to := string(entry.Value()); !l.isGone(to) && !slices.Contains(pseudonyms, to) {
				continue
			}
			if err := l.remove(ctx, entry.Revision()); err != nil {
				return next, false, err
			}
		}
	}
}

// remove deletes one lookup, and overwrites it on disk.
func (l *lookups) remove(ctx context.Context, revision uint64) error {
	err := l.stream.SecureDeleteMsg(ctx, revision)
	var api *jetstream.APIError
	if err == nil || errors.Is(err, jetstream.ErrMsgNotFound) || errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeMessageNotFound {
		return nil // or another replica was faster
	}
	return idsUnavailable(err)
}

// lost says that these pseudonyms are nobody's any more: no id leads to them, whatever is still in
// memory or comes back with a backup.
func (l *lookups) lost(pseudonyms ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range pseudonyms {
		l.gone[p] = true
	}
	for id, p := range l.known {
		if l.gone[p] {
			delete(l.known, id)
		}
	}
}

func (l *lookups) isGone(pseudonym string) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.gone[pseudonym]
}
