package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"kith.internal/events"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/natstest"
	"kith.internal/services/audit"
	"kith.internal/services/kith/internal/client"
)

// TestAClusterIsKilledInTurn runs three servers and every service as processes, and kills in turn, while
// acts arrive, the server that leads the log, one that leads a consumer, and a service, as if a
// machine had died. Every act that was acknowledged is in the log, once, where it was said to be;
// derived facts and documents are those of a pure replay; somebody who follows their network meanwhile
// never sees it go back in time; and two replicas of audit, of which one is killed too, seal nothing that
// is not so. KITH_ROUNDS makes it as long as you like.
func TestAClusterIsKilledInTurn(t *testing.T) {
	rounds := fromEnv(t, "KITH_ROUNDS", 2)
	c := natstest.StartProcesses(t, 3)
	f, u := startFleet(t, c.URL(), 3)
	n := &nodes{t: t, Processes: c, js: u.log(t).JetStream()}
	l := startLoad(t, u, 20)
	u.settled(t) // whoever is to be followed has to be known
	watcher := u.watch(t, u.person(t, "1"))
	s := f.seals(t)
	for round := range rounds {
		n.kill("the log", n.leaderOfLog, l)
		n.kill("the consumer of "+serviceNames[1+round%3], func() string { return n.leaderOf(serviceNames[1+round%3]) }, l)
		f.kill(serviceNames[round%4], l)
		f.kill(audit.Name, l)
		s.goesOn()
	}
	l.end()
	u.settled(t)
	u.checkAcked(t, l.acked)
	if len(l.acked) != l.sent {
		t.Errorf("%d of %d lines are acknowledged", len(l.acked), l.sent)
	}
	u.checkReplay(t)
	u.verify(t, audit.Clean)
	s.end()
	f.hold(t, u)
	watcher.caughtUp(u)
	t.Logf("%d rounds: %d lines, each stored once; %d changes seen", rounds, len(l.acked), watcher.seen())
}

// nodes are the servers, and what JetStream says of them.
type nodes struct {
	t *testing.T
	*natstest.Processes
	js jetstream.JetStream
}

// kill ends the server that leads something, waits until acts are taken without it, and starts it
// again.
func (n *nodes) kill(what string, leader func() string, l *load) {
	n.t.Helper()
	n.whole()
	name := leader()
	l.pause()
	n.Kill(n.Index(name))
	goesOn(n.t, l)
	took := l.pause()
	n.Start(n.Index(name))
	n.t.Logf("killed %s, which led %s: nothing was acknowledged for %v", name, what, took.Round(time.Millisecond))
}

// kill ends a service and starts it again.
func (f *fleet) kill(name string, l *load) {
	f.t.Helper()
	l.pause()
	f.services[name].kill()
	f.start(name)
	goesOn(f.t, l)
	f.t.Logf("killed %s: nothing was acknowledged for %v", name, l.pause().Round(time.Millisecond))
}

// goesOn waits until more is acknowledged.
func goesOn(t testing.TB, l *load) {
	t.Helper()
	before := l.count()
	eventually(t, 2*time.Minute, "acts are taken again", func() bool { return l.count() >= before+5*inOneGo })
}

// whole waits until every stream is on every server: before that, to kill another one is to lose the
// majority.
func (n *nodes) whole() {
	n.t.Helper()
	lacking := ""
	defer func() {
		if n.t.Failed() {
			n.t.Log(lacking)
		}
	}()
	eventually(n.t, 2*time.Minute, "all servers have all", func() bool {
		ctx, cancel := context.WithTimeout(n.t.Context(), 5*time.Second)
		defer cancel()
		lacking = ""
		streams := n.js.ListStreams(ctx)
		for info := range streams.Info() {
			if info.Config.Replicas == 3 && !current(info.Cluster) {
				lacking += fmt.Sprintf("%s: %+v\n", info.Config.Name, told(info.Cluster))
			}
		}
		return lacking == "" && streams.Err() == nil
	})
}

func told(c *jetstream.ClusterInfo) (lines []string) {
	if c == nil {
		return nil
	}
	lines = append(lines, "led by "+c.Leader)
	for _, p := range c.Replicas {
		lines = append(lines, fmt.Sprintf("%+v", *p))
	}
	return lines
}

func current(c *jetstream.ClusterInfo) bool {
	return c != nil && c.Leader != "" && len(c.Replicas) == 2 &&
		!slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return p.Offline || !p.Current })
}

func (n *nodes) leaderOfLog() string {
	return n.leader(func(ctx context.Context) (*jetstream.ClusterInfo, error) {
		s, err := n.js.Stream(ctx, eventlog.StreamName)
		if err != nil {
			return nil, err
		}
		return s.CachedInfo().Cluster, nil
	})
}

func (n *nodes) leaderOf(service string) string {
	return n.leader(func(ctx context.Context) (*jetstream.ClusterInfo, error) {
		c, err := n.js.Consumer(ctx, eventlog.StreamName, service)
		if err != nil {
			return nil, err
		}
		return c.CachedInfo().Cluster, nil
	})
}

func (n *nodes) leader(of func(context.Context) (*jetstream.ClusterInfo, error)) (name string) {
	n.t.Helper()
	eventually(n.t, time.Minute, "there is a leader", func() bool {
		ctx, cancel := context.WithTimeout(n.t.Context(), 5*time.Second)
		defer cancel()
		info, err := of(ctx)
		if err == nil && info != nil {
			name = info.Leader
		}
		return n.Index(name) >= 0
	})
	return name
}

// watcher follows somebody's network and gaps.
type watcher struct {
	t      *testing.T
	person events.PersonID
	shown  chan client.Network
	latest client.Network
	n      int
}

func (u *product) watch(t *testing.T, person events.PersonID) *watcher {
	t.Helper()
	api, err := client.New(u.url)
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{t: t, person: person, shown: make(chan client.Network, 10_000)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- api.As("person:"+string(person)).Follow(ctx, person, w.takes())
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	return w
}

// takes notes what is shown, and that nothing goes back in time.
func (w *watcher) takes() func(client.Change) error {
	var network, list, inbox uint64
	return func(c client.Change) error {
		switch {
		case c.Network != nil:
			network = w.forward("network", network, c.Network.AsOf)
			w.shown <- *c.Network
		case c.Gaps != nil:
			list = w.forward("gaps", list, c.Gaps.AsOf)
		case c.Inbox != nil:
			inbox = w.forward("inbox", inbox, c.Inbox.AsOf)
		}
		return nil
	}
}

func (w *watcher) forward(what string, before, now uint64) uint64 {
	if now < before {
		w.t.Errorf("the %s goes back from %d to %d", what, before, now)
	}
	return now
}

// caughtUp waits until what was shown last is what there is.
func (w *watcher) caughtUp(u *product) {
	w.t.Helper()
	api, err := client.New(u.url)
	if err != nil {
		w.t.Fatal(err)
	}
	now, err := api.As("person:"+string(w.person)).Network(w.t.Context(), w.person, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	eventually(w.t, 30*time.Second, "what is shown is what there is", func() bool {
		w.take()
		return fmt.Sprint(supporters(w.latest)) == fmt.Sprint(supporters(now))
	})
}

func (w *watcher) take() {
	for {
		select {
		case w.latest = <-w.shown:
			w.n++
		default:
			return
		}
	}
}

func (w *watcher) seen() int { return w.n }

func supporters(n client.Network) (lines []string) {
	for _, r := range n.Roles {
		for _, s := range r.Supporters {
			lines = append(lines, fmt.Sprint(r.Role, s.Supporter, s.Status, s.LastAct))
		}
	}
	slices.Sort(lines)
	return lines
}
