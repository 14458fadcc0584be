package gaps_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tmaxmax/go-sse"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/access"
	"kith.internal/services/internal/apitest"
)

// follower is somebody who follows their network and gaps.
type follower struct {
	t      *testing.T
	status int
	events chan sse.Event
	leave  context.CancelFunc
}

func (s *server) follow(person events.PersonID, last string) *follower {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+string(person)+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set(access.Header, "person:"+string(person))
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	f := &follower{t: s.t, status: resp.StatusCode, events: make(chan sse.Event, 1000)}
	ended := make(chan struct{})
	f.leave = func() { cancel(); <-ended }
	s.t.Cleanup(f.leave)
	go func() {
		defer close(ended)
		defer resp.Body.Close()
		defer close(f.events)
		for e, err := range sse.Read(resp.Body, &sse.ReadConfig{MaxEventSize: 4 << 20}) {
			if err != nil {
				return
			}
			f.events <- e
		}
	}()
	return f
}

// until takes events up to one that is as wanted, none of which goes back in time, and returns it.
func (f *follower) until(name string, wanted func(body string) bool) sse.Event {
	f.t.Helper()
	asOf := map[string]uint64{}
	for {
		select {
		case e, open := <-f.events:
			if !open {
				f.t.Fatal("the stream has ended")
			}
			if at := position(f.t, e); at < asOf[e.Type] {
				f.t.Errorf("%s goes back from %d to %d", e.Type, asOf[e.Type], at)
			} else {
				asOf[e.Type] = at
			}
			if e.Type == name && wanted(e.Data) {
				return e
			}
		case <-time.After(30 * time.Second):
			f.t.Fatalf("no such %s comes", name)
		}
	}
}

func position(t *testing.T, e sse.Event) uint64 {
	t.Helper()
	var a struct{ AsOf uint64 }
	if err := json.Unmarshal([]byte(e.Data), &a); err != nil {
		t.Fatal(err)
	}
	return a.AsOf
}

func has(text string) func(string) bool {
	return func(body string) bool { return strings.Contains(body, text) }
}

func hasNot(text string) func(string) bool {
	return func(body string) bool { return !strings.Contains(body, text) }
}

// A person sees their network and gaps change as it happens, and goes on where they were on another
// replica, and after a restart.
func TestFollowing(t *testing.T) {
	t.Parallel()
	s := start(t)
	after := settledPerson(s)
	s.classified(after, nil)
	asked[gaps.ListAnswer](s, ego, fmt.Sprintf("/gaps?after=%d", after))
	f := s.follow(ego, "")
	api := apitest.Read(t)
	api.Check(t, "Network", f.until("network", has(string(ben))).Data)
	first := f.until("gaps", has(`"role":"sponsor"`))
	api.Check(t, "Gaps", first.Data)
	if !strings.HasPrefix(first.LastEventID, fmt.Sprintf("%d-", position(t, first))) {
		t.Errorf("the id %s does not begin with where the log was", first.LastEventID)
	}

	sponsor := recognized(events.Sponsor, ben, 0)
	sponsor.Since, sponsor.Subtype = time.Now().UTC(), events.Internal
	s.classified(s.say(events.Role, ego, sponsor), nil)
	seen := f.until("gaps", hasNot(`"role":"sponsor"`)).LastEventID
	f.leave()

	one := s.stop
	s.run() // another replica
	other := s.stop
	s.stop = func() { one(); other(); s.stop = func() {} }
	f = s.follow(ego, seen)
	s.say(events.People, dana, &events.PersonJoined{Level: 3, Department: "ops", EffectiveAt: yearsAgo(1)}) // no concern of theirs
	s.classified(s.say(events.Role, ego, &events.RoleLapsed{Supporter: ben, Role: events.Sponsor, Subtype: events.Internal, SilentSince: time.Now().UTC(), Ruleset: "r"}), nil)
	if e := f.until("network", has("")); !strings.Contains(e.Data, "lapsed") {
		t.Errorf("on another replica it sees what it had seen: %s", e.Data)
	}
	f.leave()

	s.stop()
	s.run()
	f = s.follow(ego, seen)
	if e := f.until("network", has("")); !strings.Contains(e.Data, "lapsed") {
		t.Errorf("after a restart it sees what it had seen: %s", e.Data)
	}
	f.leave()
}

// S1.33 Nobody follows what is another person's own.
func TestWhoFollows(t *testing.T) {
	t.Parallel()
	s := start(t)
	settledPerson(s)
	for _, viewer := range []string{"person:" + string(ben), "integration:slack", "service:portal", ""} {
		if resp, body := s.get(viewer, string(ego)+"/events"); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s follows: %d %s", viewer, resp.StatusCode, body)
		}
	}
	if f := s.follow(xeno, ""); f.status != http.StatusNotFound && f.status != http.StatusForbidden {
		t.Errorf("somebody outside follows: %d", f.status)
	}
}
