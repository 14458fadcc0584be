package notification

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tmaxmax/go-sse"

	"kith.internal/events"
	"kith.internal/services/internal/apitest"
)

// follow sends what a person's inbox shows, until the test ends.
func (p *product) follow(last string) <-chan sse.Event {
	p.t.Helper()
	ctx, leave := context.WithCancel(context.WithoutCancel(p.t.Context()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/notification/v1/people/"+string(ann)+"/inbox/events", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", "person:"+string(ann))
	req.Header.Set("Last-Event-ID", last)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	seen, ended := make(chan sse.Event, 100), make(chan struct{})
	p.t.Cleanup(func() { leave(); <-ended })
	go func() {
		defer close(ended)
		defer resp.Body.Close()
		for e, err := range sse.Read(resp.Body, nil) {
			if err != nil {
				return
			}
			seen <- e
		}
	}()
	return seen
}

// inboxIn is the next inbox that is as wanted.
func inboxIn(t *testing.T, seen <-chan sse.Event, wanted func(InboxAnswer) bool) sse.Event {
	t.Helper()
	for {
		select {
		case e := <-seen:
			var a InboxAnswer
			if err := json.Unmarshal([]byte(e.Data), &a); err != nil || e.Type != "inbox" {
				t.Fatalf("%s %s: %v", e.Type, e.Data, err)
			}
			if wanted(a) {
				return e
			}
		case <-time.After(30 * time.Second):
			t.Fatal("no such inbox comes")
		}
	}
}

// A person sees their inbox fill and empty as it happens, and nothing twice.
func TestFollowing(t *testing.T) {
	p := start(t)
	seen := p.follow("")
	inboxIn(t, seen, func(a InboxAnswer) bool { return len(a.Nudges) == 0 })
	seq := p.add(events.People, &events.PersonJoined{Level: 3, EffectiveAt: time.Now()})
	told := inboxIn(t, seen, func(a InboxAnswer) bool { return a.Counts.Open == 1 })
	valid(t, apitest.Read(t), http.StatusOK, told.Data)

	again := p.follow(told.LastEventID)
	p.add(events.Reply, &events.NudgeDone{Nudge: p.inbox(after(seq)).Nudges[0].ID})
	e := inboxIn(t, again, func(InboxAnswer) bool { return true })
	if !strings.Contains(e.Data, `"open":0`) {
		t.Errorf("it sees again what it had seen: %s", e.Data)
	}
	inboxIn(t, seen, func(a InboxAnswer) bool { return a.Counts.Open == 0 })
}

// S1.33 Nobody follows another person's inbox.
func TestWhoFollows(t *testing.T) {
	p := start(t)
	if code, body := p.get("/notification/v1/people/"+string(ann)+"/inbox/events", "person:p3333333333333333"); code != http.StatusForbidden {
		t.Errorf("%d %s", code, body)
	}
}
