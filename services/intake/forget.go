package intake

import (
	"context"
	"errors"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// forget removes every lookup that leads to one of these pseudonyms, and their bytes on disk. What it
// looks for are the values, so no external id has to be known.
func (l *lookups) forget(ctx context.Context, pseudonyms ...string) error {
	w, err := l.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return idsUnavailable(err)
	}
	defer w.Stop() //nolint:errcheck // it ends with the connection at the latest
	for {
		select {
		case <-ctx.Done():
			return idsUnavailable(ctx.Err())
		case entry, ok := <-w.Updates():
			if !ok {
				return idsUnavailable(errors.New("the watcher has ended"))
			}
			if entry == nil { // that was all
				return nil
			}
			if !slices.Contains(pseudonyms, string(entry.Value())) {
				continue
			}
			if err := l.remove(ctx, entry.Revision()); err != nil {
				return err
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
