package intake

import (
	"errors"
	"time"
)

// Name is the service's name in URLs, metrics and logs.
const Name = "intake"

const (
	maxFact  = 64 << 10 // bytes of one fact, and of one line
	maxBatch = 1 << 20  // bytes of a batch of CloudEvents
	maxChunk = 1000     // facts of one commit: what the log takes in one batch

	// early is how far ahead of ours a sender's clock may be.
	early = 5 * time.Minute

	// snapshotEvery is after how many facts the fingerprints are saved again.
	snapshotEvery = 100_000
)

// ownSource is the ce-source of what intake says by itself.
const ownSource = "/services/" + Name

var errKeys = errors.New("intake needs --master-key-file and --tenant-key-file, each a file with 32 bytes in base64")
