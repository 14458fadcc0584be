package eventlog_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
)

// contract is what every log promises, on one server and on three: the two answer differently to
// retries and conflicts, and nobody who uses a log may notice.
var contract = []struct {
	name string
	test func(*testing.T, *natstest.Nodes)
}{
	{"what is appended is read", appends},
	{"duplicates do not hold up their batch", splitsDuplicatesOut},
	{"a faulty fact is refused before any is stored", refusesFaultyFacts},
	{"a stream that drifted is refused", refusesADriftedStream},
	{"what is stored is republished", republishes},
	{"a fence shuts out the writer before", fences},
	{"many callers at once, fenced and not", manyCallers},
	{"timers become Due facts", timersBecomeDue},
	{"what waits is known", waits},
	{"a fact that is too large harms nobody", refusesWhatIsTooLarge},
	{"standing by disturbs nobody", standsBy},
	{"somebody always works", somebodyWorks},
	{"a deleted consumer begins at the checkpoint", beginsAtTheCheckpoint},
	{"a timer is never early", neverEarly},
	{"timers go on without their consumer", goesOnWithoutItsConsumer},
	{"a faulty timer is dropped", dropsAFaultyTimer},
	{"a consumer is changed only where it must be", changesOnlyWhatIsNotAsItShouldBe},
	{"several replicas are not compressed", compressesOnlyOneReplica},
	{"twins in one commit", storesTwinsOnce},
	{"every message is read, claims too", readsEveryMessage},
	{"contexts are read in order", readsContexts},
	{"messages are read at sequences", readsAtSequences},
	{"the end of the log at a time is known", knowsTheEndAtATime},
}

func TestContract(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint("R", n), func(t *testing.T) {
			c := natstest.Cluster(t, n)
			for _, row := range contract {
				t.Run(row.name, func(t *testing.T) {
					empty(t, c)
					row.test(t, c)
				})
			}
		})
	}
}

// empty removes what the row before has left.
func empty(t *testing.T, c *natstest.Nodes) {
	t.Helper()
	js, err := jetstream.New(c.ConnectAny())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{eventlog.StreamName, eventlog.TimersName} {
		for {
			err := js.DeleteStream(t.Context(), name)
			if err == nil || errors.Is(err, jetstream.ErrStreamNotFound) {
				break
			}
			t.Log(err)
		}
	}
}
