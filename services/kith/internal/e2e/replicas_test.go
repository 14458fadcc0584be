package e2e

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natsembed"
	"kith.internal/libs/natstest"
)

// Two role-classifiers run at once: one works, the other stands by. When the working one is
// stopped, killed or frozen, nothing is derived twice and nothing is missing.
func TestTwoClassifiers(t *testing.T) {
	t.Run("one replica", func(t *testing.T) {
		s, err := natsembed.Start(natsembed.Config{Dir: filepath.Join(t.TempDir(), "nats"), Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		twoClassifiers(t, s.URL(), 1)
	})
	t.Run("three replicas", func(t *testing.T) {
		c := natstest.Cluster(t, 3)
		twoClassifiers(t, c.Server(0).ClientURL(), 3)
	})
}

func twoClassifiers(t *testing.T, natsURL string, replicas int) {
	u := &product{nats: natsURL, replicas: replicas}
	l := u.log(t)
	lines := acts(400)
	classifiers := []*process{u.classifier(t), u.classifier(t)}
	appendActs(t, l, lines[:100])
	u.awaitClassified(t, l)

	working := u.workingOf(t, classifiers)
	working.cmd.Process.Signal(syscall.SIGSTOP) // frozen: the other one takes over
	appendActs(t, l, lines[100:200])
	u.awaitClassified(t, l)
	working.cmd.Process.Signal(syscall.SIGCONT) // awake again, and shut out
	appendActs(t, l, lines[200:300])
	u.awaitClassified(t, l)

	working = u.workingOf(t, classifiers)
	working.stop(t)
	appendActs(t, l, lines[300:])
	u.awaitClassified(t, l)
	u.checkClassified(t)
}

func (u *product) classifier(t *testing.T) *process {
	t.Helper()
	p := start(t, "role-classifier", "--http-addr", "127.0.0.1:0", "--nats-url", u.nats, "--replicas", fmt.Sprint(u.replicas))
	p.url = "http://" + p.await(t, `"addr":"([^"]+)"`)
	(&product{url: p.url}).awaitReady(t)
	return p
}

// workingOf is the process whose metrics say that it works.
func (u *product) workingOf(t *testing.T, of []*process) (working *process) {
	t.Helper()
	eventually(t, time.Minute, "exactly one works", func() bool {
		n := 0
		for _, p := range of {
			if p.metric(t, "kith_consumer_working") == "1" {
				working = p
				n++
			}
		}
		return n == 1
	})
	return working
}

// acts are three people who support each other, so that roles come about.
func acts(n int) []events.Event {
	people := []events.PersonID{"paaaaaaaaaaaaaaaa", "pbbbbbbbbbbbbbbbb", "pcccccccccccccccc"}
	began := time.Now().UTC().AddDate(0, 0, -40)
	var evs []events.Event
	for i := range n {
		r, s := people[i%3], people[(i+1)%3]
		evs = append(evs, events.Event{
			ID: events.IncomingID([]byte("k"), "/test", fmt.Sprint(i)), Source: "/test", Context: events.Support, Subject: string(r),
			Time: began.Add(time.Duration(i) * time.Hour),
			Fact: &events.FeedbackGiven{Act: events.Act{Recipient: r, Supporter: s, RecordedBy: "system"}, Valence: "constructive", Voluntary: true, Sharing: "named"},
		})
	}
	return evs
}

func appendActs(t *testing.T, l *eventlog.Log, evs []events.Event) {
	t.Helper()
	for len(evs) > 0 {
		n := min(7, len(evs))
		natstest.Again(t, func() error { _, err := l.Append(t.Context(), evs[:n]...); return err })
		evs = evs[n:]
	}
}

func (u *product) awaitClassified(t *testing.T, l *eventlog.Log) {
	t.Helper()
	u.settledBy(t, l, derivingServices(t)[:1])
}

func (u *product) checkClassified(t *testing.T) {
	t.Helper()
	u.checkReplayOf(t, derivingServices(t)[:1])
}
