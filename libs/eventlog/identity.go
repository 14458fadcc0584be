package eventlog

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// identityEvery is how often it is asked whether the stream is still the one that was opened: of one that
// was deleted and made anew nobody says so.
const identityEvery = 2 * time.Second

// Identity tells this log from every other, also from one that was made anew under the same name, at most
// a few seconds after it was. Whoever keeps anything by sequences of the log keeps its identity with it.
func (l *Log) Identity() string { return fmt.Sprintf("%s@%d", StreamName, l.born.Load()) }

// note takes over what the server says of the stream.
func (l *Log) note(info *jetstream.StreamInfo) {
	if born := info.Created.UnixNano(); l.born.Swap(born) != born {
		l.known.Store(info.State.LastSeq)
	}
}

// watchIdentity asks for the identity until ctx is done.
func (l *Log) watchIdentity(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(identityEvery):
			_, _ = l.Last(ctx) // a log that cannot be reached has no other identity
		}
	}
}

// Last is the sequence of the log's last message.
func (l *Log) Last(ctx context.Context) (uint64, error) {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return 0, unavailable("read the log's end", err)
	}
	l.note(info)
	return info.State.LastSeq, nil
}
