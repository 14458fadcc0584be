package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// postLines takes one CloudEvent a line, for as long as the sender likes, and answers with a
// verdict a line while it goes. What has arrived while a commit was in flight makes the next one:
// a lone line is answered at once, and a fast sender gets full batches.
func (s *Service) postLines(w http.ResponseWriter, r *http.Request, viewer access.Viewer) error {
	out := http.NewResponseController(w)
	out.EnableFullDuplex() //nolint:errcheck // HTTP/2 always is
	if r.Header.Get("Expect") != "" {
		r.Body.Read(nil) //nolint:errcheck // it asks the sender to go on, which it waits for
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if err := out.Flush(); err != nil {
		return nil //nolint:nilerr // the sender has left
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	lines := make(chan line, 2*maxChunk)
	go readLines(ctx, r.Body, lines)
	whole := false
	defer func() {
		if !whole {
			stopReading(out, cancel, lines)
		}
	}()
	encoder := json.NewEncoder(w)
	broken := false
	for chunk := range chunks(lines) {
		in := make([]Incoming, len(chunk))
		for i, l := range chunk {
			in[i] = l.in
		}
		for i, o := range s.Accept(detached(ctx), viewer, in, Options{}) {
			v := verdictOf(chunk[i].number, o)
			broken = broken || v.Status >= http.StatusInternalServerError
			if encoder.Encode(v) != nil {
				return nil
			}
		}
		if out.Flush() != nil || broken {
			return nil // what follows would fail likewise: the sender sends it again
		}
	}
	whole = true
	return nil
}

// stopReading ends the reading of a body whose sender has more to say: nobody may read it any more once
// the request is over.
func stopReading(out *http.ResponseController, cancel func(), lines <-chan line) {
	cancel()
	out.SetReadDeadline(time.Unix(1, 0)) //nolint:errcheck // a body that knows no deadline breaks off with its connection
	for range lines {                    // until the reader has gone
	}
}

// line is one line of the body.
type line struct {
	number int
	in     Incoming
}

// chunks yields what waits, as soon as anything does.
func chunks(lines <-chan line) func(yield func([]line) bool) {
	return func(yield func([]line) bool) {
		for first := range lines {
			chunk := []line{first}
			for more := true; more && len(chunk) < maxChunk; {
				select {
				case l, ok := <-lines:
					if more = ok; ok {
						chunk = append(chunk, l)
					}
				default:
					more = false
				}
			}
			if !yield(chunk) {
				return
			}
		}
	}
}

// readLines sends every line that is not blank, decoded: that goes on while those before are committed. A
// body that breaks off ends with an error, and what stands before it counts.
func readLines(ctx context.Context, body io.Reader, lines chan<- line) {
	defer close(lines)
	r := bufio.NewReaderSize(body, maxFact+2)
	for number := 1; ; number++ {
		text, err := nextLine(r)
		l := line{number: number}
		text = bytes.TrimSpace(text)
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			l.in.err = errTooLarge
		case err != nil && !errors.Is(err, io.EOF):
			l.in.err = fault.Wrap(fault.Invalid, "body", "the body breaks off here", err)
		case len(text) > 0:
			l.in = decodeEvent(text)
		}
		if len(text) > 0 || l.in.err != nil {
			select {
			case lines <- l:
			case <-ctx.Done():
				return
			}
		}
		if err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return
		}
	}
}

// nextLine returns the next line, until it is called again; of one that is too long, it reads past the end.
func nextLine(r *bufio.Reader) ([]byte, error) {
	text, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, err
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return nil, bufio.ErrTooLong
}
