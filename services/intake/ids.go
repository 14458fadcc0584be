package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/fault"
)

// Lookups is the KV bucket of lookups: HMAC(tenant key, external id) → pseudonym.
const Lookups = "kith_ids"

var (
	schemeRE = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	keyText  = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
)

// lookups finds pseudonyms by external ids, scheme:value. A lookup is on disk before the first
// fact that needs it, and is made by whoever is first, also among several replicas.
type lookups struct {
	kv     jetstream.KeyValue
	stream jetstream.Stream
	key    []byte
	mu     sync.RWMutex
	known  map[string]string // by external id; in memory only
	gone   map[string]bool   // pseudonyms of those who were erased
}

// openLookups makes the bucket where it is absent. The stream is made by hand, as the keyring's
// is: a client's bucket answers from any replica, so that what was just made might seem absent.
func openLookups(ctx context.Context, js jetstream.JetStream, tenantKey []byte, replicas int) (*lookups, error) {
	want := jetstream.StreamConfig{
		Name: "KV_" + Lookups, Description: "Pseudonyms by keyed hashes of external ids", Subjects: []string{"$KV." + Lookups + ".>"},
		Storage: jetstream.FileStorage, Replicas: max(replicas, 1), MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, AllowRollup: true,
	}
	stream, err := js.Stream(ctx, want.Name)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, idsUnavailable(err)
	}
	if err != nil || stream.CachedInfo().Config.Replicas != want.Replicas { // a change waits for votes, and a look does not
		if stream, err = js.CreateOrUpdateStream(ctx, want); err != nil {
			return nil, idsUnavailable(err)
		}
	}
	kv, err := js.KeyValue(ctx, Lookups)
	if err != nil {
		return nil, idsUnavailable(err)
	}
	return &lookups{kv: kv, stream: stream, key: tenantKey, known: map[string]string{}, gone: map[string]bool{}}, nil
}

// normal brings an external id into the one form in which it is looked up.
func normal(id string) (string, bool) {
	scheme, value, ok := strings.Cut(id, ":")
	scheme, value = strings.ToLower(strings.TrimSpace(scheme)), strings.TrimSpace(value)
	if scheme == "email" || scheme == "mailto" {
		scheme, value = "email", strings.ToLower(value)
	}
	return scheme + ":" + value, ok && schemeRE.MatchString(scheme) && value != "" && len(value) <= 256
}

// find returns the pseudonym behind a normal external id, or "". A lookup that leads to somebody who
// was erased should not be there, and is removed.
func (l *lookups) find(ctx context.Context, id string) (string, error) {
	if found := l.cached(id); found != "" {
		return found, nil
	}
	entry, err := l.kv.Get(ctx, l.entry(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", idsUnavailable(err)
	}
	if found := string(entry.Value()); !l.isGone(found) {
		return l.keep(id, found), nil
	}
	return "", l.remove(ctx, entry.Revision())
}

// reserve returns the pseudonym behind a normal external id, which is pseudonym from now on
// where there was none.
func (l *lookups) reserve(ctx context.Context, id, pseudonym string) (string, error) {
	if found := l.cached(id); found != "" {
		return found, nil
	}
	for {
		revision, err := l.kv.Create(ctx, l.entry(id), []byte(pseudonym))
		if err == nil && l.isGone(pseudonym) { // they were erased meanwhile
			return pseudonym, l.remove(ctx, revision)
		}
		if err == nil {
			return l.keep(id, pseudonym), nil
		}
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return "", idsUnavailable(err)
		}
		if found, err := l.find(ctx, id); err != nil || found != "" {
			return found, err
		}
		select { // somebody else's is on its way
		case <-ctx.Done():
			return "", idsUnavailable(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *lookups) cached(id string) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.known[id]
}

func (l *lookups) keep(id, pseudonym string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.gone[pseudonym] {
		l.known[id] = pseudonym
	}
	return pseudonym
}

// entry is the key of an external id: without the tenant key, nobody can tell whose it is.
func (l *lookups) entry(id string) string {
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(Lookups + "\x00" + id))
	return keyText.EncodeToString(mac.Sum(nil))
}

func idsUnavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "ids-unavailable", "people cannot be looked up: try again shortly", err)
}
