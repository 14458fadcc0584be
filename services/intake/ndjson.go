package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"kith.internal/libs/fault"
	"kith.internal/services/internal/access"
)

// postLines takes one CloudEvent a line, for as long as the sender likes, and answers with a
// verdict a line while it goes. What has arrived while a commit was in flight makes the next one:
// a lone line is answered at once, and a fast sender gets full batches.
func (s *Service) postLines(w http.ResponseWriter, r *http.Request, viewer access.Viewer) error {
	out := http.NewResponseController(w)
	if r.Header.Get("Expect") != "" {
		r.Body.Read(nil) //nolint:errcheck // it asks the sender to go on, which it waits for
	}
	if (&ndjson{w, out}).begin() != nil {
		return nil // the sender has left
	}
	ctx, cancel := context.WithCancel(r.Context())
	lines, chunks, stored := make(chan line, 2*maxChunk), make(chan chunk), make(chan struct{}, 1)
	stored <- struct{}{}
	go readLines(ctx, r.Body, lines)
	go s.admitLines(ctx, viewer, lines, stored, chunks)
	defer func() {
		cancel()
		linger(out)
		for range lines { // nobody else may read the body once the request is over
		}
		toItsEnd(r.Body)
	}()
	encoder := json.NewEncoder(w)
	broken := false
	for c := range chunks {
		for i, o := range c.commit() {
			v := verdictOf(c.lines[i].number, o)
			broken = broken || v.Status >= http.StatusInternalServerError
			if encoder.Encode(v) != nil {
				return nil
			}
		}
		if out.Flush() != nil || broken {
			return nil // what follows would fail likewise: the sender sends it again
		}
		stored <- struct{}{}
	}
	return nil
}

// line is one line of the body.
type line struct {
	number int
	in     Incoming
}

// chunk is lines that are admitted together.
type chunk struct {
	lines []line
	*admission
}

// admitLines admits what waits, as soon as anything does and the chunk before is stored. A full chunk is
// admitted while that one is still being stored.
func (s *Service) admitLines(ctx context.Context, viewer access.Viewer, lines <-chan line, stored <-chan struct{}, to chan<- chunk) {
	defer close(to)
	var before *admission
	for first := range lines {
		c := chunk{lines: []line{first}}
		done := c.fill(lines, stored)
		c.admission = s.admit(detached(ctx), viewer, c.incoming(), Options{}, before)
		if !done {
			select {
			case <-stored:
			case <-ctx.Done():
				return
			}
		}
		select {
		case to <- c:
		case <-ctx.Done():
			return
		}
		before = c.admission
	}
}

// fill takes more lines until the chunk is full, or none waits and the one before is stored, which it reports.
func (c *chunk) fill(lines <-chan line, stored <-chan struct{}) (done bool) {
	for len(c.lines) < maxChunk {
		if done && len(lines) == 0 {
			return true
		}
		select {
		case l, ok := <-lines:
			if !ok {
				return done
			}
			c.lines = append(c.lines, l)
		case <-stored:
			done = true
		}
	}
	return done
}

func (c *chunk) incoming() []Incoming {
	in := make([]Incoming, len(c.lines))
	for i, l := range c.lines {
		in[i] = l.in
	}
	return in
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
