package derive_test

import (
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/batch"
	"kith.internal/libs/natstest"
)

// However many documents change, each commit of them is one atomic batch, with the position up to which they
// are right: in two, a crash between them would leave documents ahead of others.
func TestACommitIsOneBatch(t *testing.T) {
	nc := natstest.Connect(t)
	l := openLog(t, nc)
	var acts []events.Event
	for i := range batch.Wide + 500 { // more than one batch can hold
		acts = append(acts, adviceTo(i, events.PersonID("p"+letters(i))))
	}
	appendAll(t, l, acts...)
	seen, err := nc.SubscribeSync("$KV." + config().Bucket + ".>")
	if err != nil {
		t.Fatal(err)
	}
	run(t, l, counting{})
	handled(t, nc, uint64(len(acts)))
	if err := nc.Flush(); err != nil { // all that was said before has come then
		t.Fatal(err)
	}
	documents, position := 0, ""
	for waiting, _, _ := seen.Pending(); waiting > 0; waiting-- {
		m, err := seen.NextMsg(time.Second)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case !strings.HasSuffix(m.Subject, ".live"):
			documents++
			continue
		case len(m.Data) == 0:
			continue // a question for the size of a batch: see batch.Room
		}
		if id := m.Header.Get("Nats-Batch-Id"); id != "" && string(m.Data) == position {
			t.Errorf("a batch leaves the position where it was: %s", m.Data)
		}
		position = string(m.Data)
	}
	if documents != len(acts) {
		t.Errorf("%d documents are written, not %d", documents, len(acts))
	}
}

// letters spells i in sixteen letters.
func letters(i int) string {
	spelled := []byte("aaaaaaaaaaaaaaaa")
	for at := len(spelled) - 1; i > 0; at-- {
		spelled[at] = 'a' + byte(i%26)
		i /= 26
	}
	return string(spelled)
}
