package intake

import (
	"io"
	"net/http"
	"time"
)

// What is answered while the body still comes may be over before the body is. What is left of it would then be parsed
// as the next request on the connection, with a viewer of its own, or be read by the server and by whoever waits for that
// request at once, which panics: net/http sees to both only where nothing is answered before the body has ended.

// lingering is how long a sender who has no end may take to read what it was answered.
const lingering = 2 * time.Second

// linger gives the body of a request that is over some time to end.
func linger(out *http.ResponseController) {
	out.SetReadDeadline(time.Now().Add(lingering)) //nolint:errcheck // a body that knows no deadline ends with its connection
}

// toItsEnd reads what is left of a body: many senders read the answer only then. Where it does not end, or is
// garbled, the connection is broken off.
func toItsEnd(body io.Reader) {
	if _, err := io.Copy(io.Discard, body); err != nil {
		panic(http.ErrAbortHandler)
	}
}
