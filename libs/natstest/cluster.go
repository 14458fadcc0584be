package natstest

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Nodes is a number of servers that a test may stop and start again: one alone, or a cluster.
type Nodes struct {
	t     testing.TB
	nodes []*node
}

// node is one place in the cluster, whichever server stands there at the moment.
type node struct {
	opts *server.Options
	link *link // how the others reach it; nil where there are none

	mu sync.Mutex
	ns *server.Server // nil while stopped
}

// Cluster starts n servers (1 or 3) and returns when all of them take part. A test that must
// hold on R1 and on R3 runs once with each, with Size for its replicas.
func Cluster(t testing.TB, n int) *Nodes {
	t.Helper()
	c := &Nodes{t: t}
	for i := range n {
		c.nodes = append(c.nodes, &node{opts: options(t, t.TempDir())})
		c.nodes[i].opts.ServerName = fmt.Sprintf("n%d", i)
	}
	if n > 1 {
		c.route()
	}
	t.Cleanup(c.close)
	for i := range n {
		c.start(i)
	}
	c.await()
	return c
}

// route joins the servers by links, whose addresses stay the same when a server starts again.
func (c *Nodes) route() {
	c.t.Helper()
	var routes []*url.URL
	for _, n := range c.nodes {
		l, err := newLink()
		if err != nil {
			c.t.Fatal(err)
		}
		n.link = l
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.addr()})
	}
	for _, n := range c.nodes {
		n.opts.DontListen, n.opts.Host, n.opts.Port = false, "127.0.0.1", server.RANDOM_PORT // a server that does not listen has no routes
		n.opts.Cluster = server.ClusterOpts{Name: "kith", Host: "127.0.0.1", Port: server.RANDOM_PORT, Advertise: n.link.addr()}
		n.opts.Routes = slices.Clone(routes)
	}
}

// Size is the number of servers: the replicas that streams may have.
func (c *Nodes) Size() int { return len(c.nodes) }

// Connect returns a connection to server i, which is made again after a Restart.
func (c *Nodes) Connect(i int) *nats.Conn {
	c.t.Helper()
	return dial(c.t, c.nodes[i])
}

// ConnectAny returns a connection to the first server that runs, and moves on when it stops.
func (c *Nodes) ConnectAny() *nats.Conn {
	c.t.Helper()
	return dial(c.t, c)
}

// Server is the server that stands at place i, nil while stopped.
func (c *Nodes) Server(i int) *server.Server { return c.nodes[i].server() }

// Dir is where server i keeps its data.
func (c *Nodes) Dir(i int) string { return c.nodes[i].opts.StoreDir }

// Stop ends server i and keeps its data.
func (c *Nodes) Stop(i int) {
	n := c.nodes[i]
	if ns := n.server(); ns != nil {
		n.set(nil)
		stop(ns)
	}
}

// Restart starts server i again on its data, and returns when all running servers take part.
func (c *Nodes) Restart(i int) {
	c.t.Helper()
	c.Stop(i)
	c.start(i)
	c.await()
}

func (c *Nodes) start(i int) {
	c.t.Helper()
	n := c.nodes[i]
	ns := run(c.t, n.opts.Clone())
	if n.link != nil {
		n.link.to(ns.ClusterAddr())
	}
	n.set(ns)
}

// await returns when the running servers have a leader and know what it knows.
func (c *Nodes) await() {
	c.t.Helper()
	if c.Size() == 1 {
		return
	}
	for deadline := time.Now().Add(30 * time.Second); !c.ready(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatal("natstest: the cluster has no leader after 30 s")
		}
	}
}

func (c *Nodes) ready() bool {
	led := false
	for _, n := range c.nodes {
		ns := n.server()
		if ns == nil {
			continue
		}
		if !ns.JetStreamIsCurrent() {
			return false
		}
		led = led || ns.JetStreamIsLeader() && len(ns.JetStreamClusterPeers()) == c.Size()
	}
	return led
}

// InProcessConn connects to the first server that runs.
func (c *Nodes) InProcessConn() (net.Conn, error) {
	for _, n := range c.nodes {
		if conn, err := n.InProcessConn(); err == nil {
			return conn, nil
		}
	}
	return nil, errors.New("natstest: no server runs")
}

// close stops the servers at once: one by one, each would wait for a new leader.
func (c *Nodes) close() {
	var all sync.WaitGroup
	for i, n := range c.nodes {
		all.Go(func() { c.Stop(i) })
		if n.link != nil {
			all.Go(n.link.close)
		}
	}
	all.Wait()
}

func (n *node) server() *server.Server {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ns
}

func (n *node) set(ns *server.Server) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ns = ns
}

// InProcessConn connects to the server that stands here.
func (n *node) InProcessConn() (net.Conn, error) {
	if ns := n.server(); ns != nil {
		return ns.InProcessConn()
	}
	return nil, errors.New("natstest: the server is stopped")
}
