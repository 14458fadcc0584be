package audit

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/derive"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	"kith.internal/services/audit/postings"
)

// VerificationState is how a verification stands.
type VerificationState string

// The states of a verification; the first is of one that goes on.
const (
	Verifying   VerificationState = "verifying"
	Clean       VerificationState = "clean"        // all is what it should be
	Divergent   VerificationState = "divergent"    // something is not
	NotCompared VerificationState = "not-compared" // of some of it nobody can tell: other rules were in use, or it kept changing
	Cancelled   VerificationState = "cancelled"
	Failed      VerificationState = "failed"
)

// Verification is the verification that goes on, or the last one. It stands in a bucket: any replica takes an
// order, one carries it out, and where that one ends, another goes on where it was.
type Verification struct {
	ID       string            `json:"id"`
	All      bool              `json:"all"` // from the first fact on, and not only what is new
	State    VerificationState `json:"state"`
	From     uint64            `json:"from,omitempty"` // from here whoever carries it out reads the log; 0 until that is known
	Facts    uint64            `json:"facts"`          // up to here the log has been read
	Total    uint64            `json:"total"`          // of the log
	Since    uint64            `json:"since"`          // the log's end when all that is known by now was begun with the first fact
	Rate     int               `json:"rate"`           // facts a second
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended,omitzero"`
	LastOK   time.Time         `json:"lastClean,omitzero"` // when one was last clean, this one or one before
	Error    string            `json:"error,omitempty"`    // why it failed
	Services []derive.Findings `json:"services"`
	// Sealed is where the log is not what was sealed. Only who reads all of it can tell.
	Sealed *derive.Divergence `json:"sealed,omitempty"`

	Beat   time.Time `json:"beat,omitzero"`    // when whoever carries it out last said so
	Worker string    `json:"worker,omitempty"` // who that is
}

// divergences are those of all services and of the log.
func (v Verification) divergences() (n int) {
	for _, f := range v.Services {
		n += f.Divergences
	}
	if v.Sealed != nil {
		n++
	}
	return n
}

// outcome is how a verification that has come to its end stands.
func (v Verification) outcome() VerificationState {
	clean := true
	for _, f := range v.Services {
		clean = clean && f.Clean()
	}
	switch {
	case v.divergences() > 0:
		return Divergent
	case !clean:
		return NotCompared
	}
	return Clean
}

const (
	verifications   = "kith_audit" // the bucket of the verification
	verificationKey = "verification"
	beatLasts       = 30 * time.Second // then another replica goes on
)

// sheet is where the verification stands.
type sheet struct{ js jetstream.JetStream }

// openSheet makes the bucket where there is none.
func (s *Service) openSheet(ctx context.Context) error {
	_, err := projection.OpenKV(ctx, s.log.Conn(), verifications, s.replicas)
	return err
}

// load returns what stands there, and its revision: 0 where nothing does.
func (s sheet) load(ctx context.Context) (v Verification, revision uint64, err error) {
	bucket, err := s.js.KeyValue(ctx, verifications)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return v, 0, postings.ErrStarting
	}
	if err != nil {
		return v, 0, noSheet(err)
	}
	entry, err := bucket.Get(ctx, verificationKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return v, 0, nil
	}
	if err != nil {
		return v, 0, noSheet(err)
	}
	return v, entry.Revision(), json.Unmarshal(entry.Value(), &v)
}

// change changes what stands there, again where somebody else was faster.
func (s sheet) change(ctx context.Context, change func(*Verification) error) (Verification, error) {
	return backoff.Retry(ctx, func() (Verification, error) {
		v, revision, err := s.load(ctx)
		if err == nil {
			err = change(&v)
		}
		if err != nil {
			return v, backoff.Permanent(err)
		}
		return v, s.save(ctx, v, revision)
	}, backoff.WithMaxElapsedTime(10*time.Second))
}

func (s sheet) save(ctx context.Context, v Verification, revision uint64) error {
	body, err := json.Marshal(v)
	if err != nil {
		return backoff.Permanent(err)
	}
	bucket, err := s.js.KeyValue(ctx, verifications)
	if err == nil {
		_, err = bucket.Update(ctx, verificationKey, body, revision)
	}
	if err != nil {
		return noSheet(err)
	}
	return nil
}

func noSheet(err error) error {
	return fault.Wrap(fault.Unavailable, "verification-unavailable", "what is known of the verification cannot be reached: try again shortly", err)
}

// order makes a new verification of what stands there.
func (v *Verification) order(all bool, now time.Time) error {
	if v.State == Verifying {
		return fault.New(fault.Conflict, "verification-goes-on", "a verification goes on: wait for it, or cancel it")
	}
	next := Verification{ID: rand.Text(), All: all, State: Verifying, Started: now, LastOK: v.LastOK, Services: []derive.Findings{}}
	if !all {
		next.Since, next.Sealed = v.Since, v.Sealed
	}
	*v = next
	return nil
}
