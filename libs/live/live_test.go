package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/tmaxmax/go-sse"
	"go.uber.org/goleak"

	"kith.internal/libs/fault"
	"kith.internal/libs/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is an answer of two parts that a test changes.
type source struct {
	*live.Live
	url  string
	stop func()

	mu       sync.Mutex
	asOf     uint64
	one, two string
	err      error
	asked    int
	from     uint64 // the greatest that was asked for
}

func serve(t *testing.T) *source {
	t.Helper()
	s := &source{Live: live.New(prometheus.NewRegistry(), slog.New(slog.DiscardHandler)), asOf: 1, one: "a", two: "b"}
	end, stop := context.WithCancel(context.Background())
	web := httptest.NewUnstartedServer(s.Handler(func(*http.Request) (live.Source, error) {
		changed, forget := s.Listen("it")
		return live.Source{Changed: changed, Close: forget, Answer: s.answer}, nil
	}))
	web.Config.BaseContext = func(net.Listener) context.Context { return live.Until(context.Background(), end) }
	web.Start()
	s.url, s.stop = web.URL, stop
	t.Cleanup(func() { stop(); web.Close(); http.DefaultClient.CloseIdleConnections() })
	return s
}

func (s *source) answer(_ context.Context, from uint64) (live.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	s.from = max(s.from, from)
	return live.Answer{AsOf: s.asOf, Parts: []live.Part{
		{Name: "one", Body: []byte(fmt.Sprintf("%q", s.one)), Tag: s.one},
		{Name: "two", Body: []byte(fmt.Sprintf("%q", s.two)), Tag: s.two},
	}}, s.err
}

// change changes the answer and says so.
func (s *source) change(change func()) {
	s.mu.Lock()
	s.asOf++
	change()
	s.mu.Unlock()
	s.Ring("it")
}

// client is somebody who follows.
type client struct {
	t      *testing.T
	resp   *http.Response
	events chan sse.Event
	leave  context.CancelFunc
}

func (s *source) follow(t *testing.T, last string) *client {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, resp: resp, events: make(chan sse.Event, 1000), leave: leave}
	t.Cleanup(func() { leave(); resp.Body.Close() })
	return c
}

// read takes what comes until the stream ends.
func (c *client) read() *client {
	go func() {
		defer close(c.events)
		for e, err := range sse.Read(c.resp.Body, &sse.ReadConfig{MaxEventSize: 4 << 20}) {
			if err != nil {
				return
			}
			c.events <- e
		}
	}()
	return c
}

func (c *client) next() sse.Event {
	c.t.Helper()
	select {
	case e, open := <-c.events:
		if !open {
			c.t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(30 * time.Second):
		c.t.Fatal("nothing comes")
	}
	return sse.Event{}
}

// sees fails unless the next events are these, each as name=data.
func (c *client) sees(want ...string) (id string) {
	c.t.Helper()
	for _, w := range want {
		e := c.next()
		if got := e.Type + "=" + e.Data; got != w {
			c.t.Fatalf("it sees %s, want %s", got, w)
		}
		id = e.LastEventID
	}
	return id
}

func TestShowsTheAnswerAndWhatChanges(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "").read()
	for header, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "private, no-store", "X-Accel-Buffering": "no"} {
		if got := c.resp.Header.Get(header); got != want {
			t.Errorf("%s: %s", header, got)
		}
	}
	if id := c.sees(`one="a"`, `two="b"`); !strings.HasPrefix(id, "1-") {
		t.Errorf("the id is %s", id)
	}
	s.change(func() {}) // the log went on, and nothing is different
	s.change(func() { s.two = "c" })
	if id := c.sees(`two="c"`); !strings.HasPrefix(id, "3-") {
		t.Errorf("the id is %s", id)
	}
}

// The last event of an answer has its id, and no other: who is cut off in between lacks nothing.
func TestOnlyAWholeAnswerHasAnID(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "").read()
	if id := c.sees(`one="a"`); id != "" {
		t.Errorf("half an answer has the id %s", id)
	}
}

func TestGoesOnWhereAClientWas(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "").read()
	seen := c.sees(`one="a"`, `two="b"`)
	c.leave()
	t.Run("nothing has changed", func(t *testing.T) {
		c := s.follow(t, seen).read()
		s.change(func() { s.one = "c" })
		seen = c.sees(`one="c"`)
	})
	t.Run("something has", func(t *testing.T) {
		s.change(func() { s.one = "d" })
		s.follow(t, seen).read().sees(`one="d"`, `two="b"`)
	})
	t.Run("an id of somebody else", func(t *testing.T) {
		s.follow(t, "x\xff").read().sees(`one="d"`, `two="b"`)
	})
	if from := s.askedFrom(); from < 2 {
		t.Errorf("asked for what was from %d on", from)
	}
}

// An answer of a replica that is behind is not shown: what a client has seen is asked for.
func TestAsksForNoLessThanWasSeen(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "7-abc").read()
	c.sees(`one="a"`, `two="b"`)
	if from := s.askedFrom(); from != 7 {
		t.Errorf("asked for what was from %d on", from)
	}
}

// A stream on which nothing happens shows that it lives, by comments, and tells when to come again.
func TestAnIdleStreamLives(t *testing.T) {
	s := serve(t)
	s.Beat(10 * time.Millisecond)
	c := s.follow(t, "")
	lines := bufio.NewScanner(c.resp.Body)
	for _, want := range []string{"retry: 2000", ": alive", ": alive"} {
		for lines.Scan() && lines.Text() != want {
		}
		if lines.Text() != want {
			t.Errorf("it never says %q", want)
		}
	}
}

// A server that stops ends its streams.
func TestEndsWithItsServer(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "").read()
	c.sees(`one="a"`, `two="b"`)
	s.stop()
	for e := range c.events {
		t.Errorf("it sees %v", e)
	}
}

// Who takes nothing misses what is in between, and costs no memory.
func TestASlowClientSeesTheLatest(t *testing.T) {
	s := serve(t)
	c := s.follow(t, "") // reads nothing yet
	large := strings.Repeat("x", 1<<20)
	for i := range 100 {
		s.change(func() { s.one = fmt.Sprint(large, i) })
		time.Sleep(time.Millisecond)
	}
	c.read()
	for n := 1; ; n++ {
		if e := c.next(); strings.HasSuffix(e.Data, `x99"`) {
			t.Logf("%d events for 100 changes", n)
			return
		}
	}
}

func TestMany(t *testing.T) {
	s := serve(t)
	var all []*client
	for range 200 {
		c := s.follow(t, "").read()
		c.sees(`one="a"`, `two="b"`)
		all = append(all, c)
	}
	asked := s.count()
	s.Ring("another")
	s.change(func() { s.one = "c" })
	for _, c := range all {
		c.sees(`one="c"`)
	}
	if n := s.count() - asked; n != 200 {
		t.Errorf("asked %d times for 200 streams", n)
	}
}

func TestFailures(t *testing.T) {
	t.Run("before anything is shown it is a problem", func(t *testing.T) {
		s := serve(t)
		s.err = fault.New(fault.Forbidden, "not-yours", "it is not yours")
		c := s.follow(t, "")
		if body, _ := io.ReadAll(c.resp.Body); c.resp.StatusCode != http.StatusForbidden || c.resp.Header.Get("Content-Type") != fault.ContentType {
			t.Errorf("%s %s", c.resp.Status, body)
		}
	})
	t.Run("what is unavailable is waited for", func(t *testing.T) {
		s := serve(t)
		c := s.follow(t, "").read()
		c.sees(`one="a"`, `two="b"`)
		s.change(func() { s.err = fault.New(fault.Unavailable, "electing", "there is no leader") })
		for s.count() < 3 {
			time.Sleep(10 * time.Millisecond)
		}
		s.change(func() { s.err, s.one = nil, "c" })
		c.sees(`one="c"`)
	})
	t.Run("what is forbidden by now ends it", func(t *testing.T) {
		s := serve(t)
		c := s.follow(t, "").read()
		c.sees(`one="a"`, `two="b"`)
		s.change(func() { s.err = fault.New(fault.Forbidden, "not-yours", "it is not yours") })
		for e := range c.events {
			t.Errorf("it sees %v", e)
		}
	})
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *source) askedFrom() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}
