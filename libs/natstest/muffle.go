package natstest

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
)

// Muffle is a hand over a connection's ears: while it is on, the server gets everything and nothing
// that it says arrives. Once it is off, all of it arrives, in order. It is how a test has an answer
// come too late.
type Muffle struct {
	at nats.InProcessConnProvider

	mu  sync.Mutex
	set *sync.Cond
	on  bool
}

// Muffled returns a connection to a private server, and its muffle, which is off.
func Muffled(t testing.TB) (*nats.Conn, *Muffle) {
	t.Helper()
	m := &Muffle{at: Cluster(t, 1)}
	m.set = sync.NewCond(&m.mu)
	nc := dial(t, m)
	t.Cleanup(m.Off)
	return nc, m
}

// On lets nothing through any more.
func (m *Muffle) On() { m.turn(true) }

// Off lets everything through that has been held back.
func (m *Muffle) Off() { m.turn(false) }

func (m *Muffle) turn(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = on
	m.set.Broadcast()
}

// InProcessConn connects to the server behind the muffle.
func (m *Muffle) InProcessConn() (net.Conn, error) {
	conn, err := m.at.InProcessConn()
	if err != nil {
		return nil, err
	}
	ear := &ear{Conn: conn, m: m}
	ear.come = sync.NewCond(&ear.mu)
	go ear.listen()
	return ear, nil
}

// ear takes in what the server says whether or not its owner hears it: a server that cannot get rid
// of what it has to say closes the connection.
type ear struct {
	net.Conn
	m *Muffle

	mu    sync.Mutex
	come  *sync.Cond
	heard []byte
	ended error
}

func (e *ear) listen() {
	for buffer := make([]byte, 32<<10); ; {
		n, err := e.Conn.Read(buffer)
		e.mu.Lock()
		e.heard, e.ended = append(e.heard, buffer[:n]...), err
		e.come.Broadcast()
		e.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Read implements net.Conn.
func (e *ear) Read(p []byte) (int, error) {
	e.mu.Lock()
	for len(e.heard) == 0 && e.ended == nil {
		e.come.Wait()
	}
	e.mu.Unlock()
	e.m.wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.heard) == 0 {
		return 0, io.EOF
	}
	n := copy(p, e.heard)
	e.heard = e.heard[n:]
	return n, nil
}

func (m *Muffle) wait() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.on {
		m.set.Wait()
	}
}
