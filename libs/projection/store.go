package projection

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kith.internal/events"
)

// ErrStale means that somebody else has committed since this store was loaded: the caller is no
// longer the working writer, drops what it has in memory and begins anew.
var ErrStale = errors.New("the documents were changed by another writer")

// Progress is how far a service's documents have come, and which of their generations is live.
type Progress struct {
	Handled  uint64    `json:"handled"`     // the last input that the documents include
	Recorded time.Time `json:"at,omitzero"` // when that was recorded: a log that was restored has another fact there
	Appended uint64    `json:"appended"`    // the last fact that the service ever derived
	Stream   string    `json:"stream"`      // identity of the log; sequences of another log mean nothing
	Layout   int       `json:"layout"`      // version of the documents' form; another one means a rebuild

	Generation uint64    `json:"generation,omitempty"` // whose documents are read
	Before     uint64    `json:"before,omitempty"`     // the generation that was read until Switched, if it is still there
	Switched   time.Time `json:"switched,omitzero"`
	Given      uint64    `json:"given,omitempty"` // the last number that was given to a generation; none is given twice
}

// Record is a document as it is stored.
type Record struct {
	Key    string          `json:"-"`
	Seq    uint64          `json:"seq"`             // the input that last changed it
	Wake   time.Time       `json:"wake,omitzero"`   // when time alone will change it
	Timer  time.Time       `json:"timer,omitzero"`  // what its timer is set to: Wake, or a time before
	Person events.PersonID `json:"person,omitzero"` // whom the change is about
	Body   json.RawMessage `json:"doc,omitempty"`   // empty once deleted
}

// Alarm is the timer that the record needs.
func (r *Record) Alarm() Timer {
	t := Timer{Key: r.Key, Person: r.Person, At: r.Wake}
	if !t.At.IsZero() && !r.Timer.IsZero() && r.Timer.Before(t.At) {
		t.At = r.Timer
	}
	return t
}

// Store keeps records and the progress they include.
type Store interface {
	// Load returns the record at key, or nil where there is none.
	Load(ctx context.Context, key string) (*Record, error)
	// Keys returns the keys that begin with prefix, sorted; those of deleted documents too.
	Keys(ctx context.Context, prefix string) ([]string, error)
	// Progress returns what the last Commit said; zero before the first.
	Progress(ctx context.Context) (Progress, error)
	// Commit writes records and progress together. It fails with ErrStale where another writer
	// has committed since, and then nothing is written.
	Commit(ctx context.Context, records []Record, p Progress) error
}
