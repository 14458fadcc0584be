package natstest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"kith.internal/libs/natsembed"
)

// Processes is a cluster of servers, each a process of its own, which a test may kill as a machine
// would die. The test's binary is also the servers': its TestMain begins with Main.
type Processes struct {
	t     testing.TB
	nodes []*process
}

// process is one place in the cluster, whichever process stands there at the moment.
type process struct {
	cfg             nodeConfig
	clients, routes *link // addresses that stay when a process is started again
	cmd             *exec.Cmd
	alive           io.Closer // the process ends with it, however the test ends
}

// nodeConfig is how a server is told who it is.
type nodeConfig struct {
	Name, Dir       string
	Clients, Routes string   // where it is reached
	All             []string // the routes of all
}

const nodeEnv = "KITH_NATSTEST_NODE"

// StartProcesses starts n servers.
func StartProcesses(t testing.TB, n int) *Processes {
	t.Helper()
	p := &Processes{t: t}
	var all []string
	for i := range n {
		node := &process{clients: linkFor(t), routes: linkFor(t)}
		node.cfg = nodeConfig{Name: fmt.Sprint("n", i), Dir: t.TempDir(), Clients: node.clients.addr(), Routes: node.routes.addr()}
		all = append(all, node.cfg.Routes)
		p.nodes = append(p.nodes, node)
	}
	for i, node := range p.nodes {
		node.cfg.All = all
		p.Start(i)
	}
	t.Cleanup(func() {
		for i := range p.nodes {
			p.Kill(i)
		}
	})
	return p
}

func linkFor(t testing.TB) *link {
	t.Helper()
	l, err := newLink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// URL is where clients reach the servers.
func (p *Processes) URL() string {
	var urls []string
	for _, n := range p.nodes {
		urls = append(urls, "nats://"+n.cfg.Clients)
	}
	return strings.Join(urls, ",")
}

// Index is the place of the server of a name, as JetStream calls its leaders.
func (p *Processes) Index(name string) int {
	for i, n := range p.nodes {
		if n.cfg.Name == name {
			return i
		}
	}
	return -1
}

// Kill ends server i as if its machine had died: nothing that it had not written is written.
func (p *Processes) Kill(i int) {
	n := p.nodes[i]
	if n.cmd == nil {
		return
	}
	n.cmd.Process.Kill() //nolint:errcheck // it may have ended
	n.cmd.Wait()         //nolint:errcheck // as it was told to
	n.alive.Close()      //nolint:errcheck // nobody reads there any more
	n.cmd = nil
}

// Start starts server i on its data, and returns when it listens.
func (p *Processes) Start(i int) {
	p.t.Helper()
	if err := p.nodes[i].start(); err != nil {
		p.t.Fatal(err)
	}
}

func (n *process) start() error {
	cfg, err := json.Marshal(n.cfg)
	if err != nil {
		return err
	}
	cmd := exec.Command(os.Args[0]) //nolint:noctx // it ends with its pipe
	cmd.Env = append(os.Environ(), nodeEnv+"="+string(cfg))
	cmd.Stderr = os.Stderr
	if n.alive, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n.cmd = cmd
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("natstest: the server does not say where it listens: %w", err)
	}
	clients, routes, _ := strings.Cut(strings.TrimSpace(line), " ")
	for addr, link := range map[string]*link{clients: n.clients, routes: n.routes} {
		to, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			return err
		}
		link.to(to)
	}
	return nil
}

// Main runs a server until the test ends, where the process was started as one: a TestMain that is told
// so returns.
func Main() (ran bool) {
	text := os.Getenv(nodeEnv)
	if text == "" {
		return false
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, "natstest:", err) // the test does not hear where it listens, and fails
	}
	return true
}

func serve(text string) error {
	var cfg nodeConfig
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	opts, err := natsembed.Options(natsembed.Config{Dir: cfg.Dir, Addr: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	opts.ServerName, opts.ClientAdvertise = cfg.Name, cfg.Clients
	opts.Cluster = server.ClusterOpts{Name: "kith", Host: "127.0.0.1", Port: server.RANDOM_PORT, Advertise: cfg.Routes}
	for _, addr := range cfg.All {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats", Host: addr})
	}
	ns, err := natsembed.Run(opts, nil)
	if err != nil {
		return err
	}
	fmt.Println(ns.Addr(), ns.ClusterAddr())
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // it ends when the test does
	stop(ns)
	return nil
}
