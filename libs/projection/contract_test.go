package projection_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/libs/natstest"
	"kith.internal/libs/projection"
)

// contract is what documents in a bucket promise, on one server and on three.
var contract = []struct {
	name string
	test func(*testing.T, *natstest.Nodes)
}{
	{"nothing is there at first", func(t *testing.T, c *natstest.Nodes) { emptyStore(t, bucket(t, c)) }},
	{"what is committed is loaded", func(t *testing.T, c *natstest.Nodes) { commitAndLoad(t, bucket(t, c)) }},
	{"more than one batch", func(t *testing.T, c *natstest.Nodes) { manyRecords(t, bucket(t, c)) }},
	{"a deleted document is gone", func(t *testing.T, c *natstest.Nodes) { deleted(t, bucket(t, c)) }},
	{"of two writers one is refused", refusesOneOfTwoWriters},
	{"a reader waits", readerWaits},
	{"keys of deleted documents stay", keepsKeysOfDeleted},
	{"a new bucket is followed", followsANewBucket},
	{"a faulty key is not unavailable", refusesAFaultyKey},
	{"a generation is read once it is live", readsALiveGeneration},
	{"a reader that has not heard of the switch", readsThoughItHasNotHeard},
	{"the switch shuts out the writer before", switchShutsOut},
	{"follow goes over to the live generation", followsTheLiveGeneration},
	{"documents of another log are not there", hidesAnotherLogs},
	{"a scan tells what was written", scans},
}

func bucket(t *testing.T, c *natstest.Nodes) projection.Store {
	t.Helper()
	return kv(t, c.ConnectAny(), c.Size())
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
	js := bucketOf(t, c.ConnectAny())
	for {
		err := js.DeleteKeyValue(t.Context(), "kith_test")
		if err == nil || errors.Is(err, jetstream.ErrBucketNotFound) {
			return
		}
		t.Log(err)
	}
}
