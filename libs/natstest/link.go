package natstest

import (
	"io"
	"net"
	"sync"
)

// link forwards the routes of a cluster to one server. It holds a port of its own for the whole
// test, so that a server can have a new port after each start and nobody probes for free ones.
type link struct {
	listener net.Listener
	done     sync.WaitGroup

	mu     sync.Mutex
	set    *sync.Cond
	target net.Addr // nil until the server has started
	open   map[net.Conn]struct{}
	closed bool
}

func newLink() (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener of the test itself
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, open: map[net.Conn]struct{}{}}
	l.set = sync.NewCond(&l.mu)
	l.done.Go(l.accept)
	return l, nil
}

func (l *link) addr() string { return l.listener.Addr().String() }

// to says where the server is now.
func (l *link) to(target net.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.target = target
	l.set.Broadcast()
}

func (l *link) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.done.Go(func() { l.forward(conn) })
	}
}

// forward holds what comes before the server has started: refusing it would cost the cluster
// a second's pause before the next try.
func (l *link) forward(from net.Conn) {
	defer from.Close()
	target := l.wait(from)
	if target == nil {
		return
	}
	defer l.drop(from)
	to, err := net.Dial(target.Network(), target.String()) //nolint:noctx // ends with the link
	if err != nil {
		return
	}
	defer to.Close()
	l.done.Go(func() {
		defer from.Close()
		defer to.Close()
		io.Copy(from, to) //nolint:errcheck // a broken route is the cluster's to notice
	})
	io.Copy(to, from) //nolint:errcheck // as above
}

func (l *link) wait(from net.Conn) net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.target == nil && !l.closed {
		l.set.Wait()
	}
	if l.closed {
		return nil
	}
	l.open[from] = struct{}{}
	return l.target
}

func (l *link) drop(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
}

func (l *link) close() {
	l.listener.Close()
	l.mu.Lock()
	l.closed = true
	l.set.Broadcast()
	for conn := range l.open {
		conn.Close()
	}
	l.mu.Unlock()
	l.done.Wait()
}
