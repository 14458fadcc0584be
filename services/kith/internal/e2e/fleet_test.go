package e2e

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"kith.internal/libs/translog"
)

// fleet is every service as a process of its own, behind one address: that of a service stays the same
// when it is killed and started again.
type fleet struct {
	t        testing.TB
	args     []string // of every service
	dir      string   // where the keys, the erasures and the checkpoints are
	front    *httptest.Server
	services map[string]*member
}

type member struct {
	*process
	at atomic.Pointer[url.URL]
}

// startFleet starts the services on NATS, each once the one before is ready.
func startFleet(t testing.TB, nats string, replicas int) (*fleet, *product) {
	t.Helper()
	f := &fleet{t: t, services: map[string]*member{}, dir: t.TempDir()}
	f.args = append(keyFiles(t, f.dir), "--http-addr", "127.0.0.1:0", "--nats-url", nats, "--replicas", fmt.Sprint(replicas))
	for _, file := range []string{"erasures", "checkpoints", "signing-key"} {
		f.args = append(f.args, "--"+file+"-file", filepath.Join(f.dir, file))
	}
	secret, err := translog.NewKey("kith.internal/log/fleet")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "signing-key"), []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	f.front = httptest.NewServer(mux)
	t.Cleanup(f.front.Close)
	for _, name := range serviceNames {
		m := &member{}
		f.services[name] = m
		proxy := &httputil.ReverseProxy{FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(m.at.Load()) }}
		f.start(name)
		mux.HandleFunc("/"+name+"/", func(w http.ResponseWriter, r *http.Request) {
			if err := http.NewResponseController(w).EnableFullDuplex(); err != nil { // or verdicts would end the request
				t.Error(err)
			}
			proxy.ServeHTTP(w, r)
		})
	}
	return f, &product{url: f.front.URL, nats: nats, replicas: replicas}
}

// start starts a service, and returns once it is ready.
func (f *fleet) start(name string) {
	f.t.Helper()
	m := f.services[name]
	m.process = start(f.t, name, f.args...)
	at := &url.URL{Scheme: "http", Host: m.await(f.t, `"addr":"([^"]+)"`)}
	m.at.Store(at)
	(&product{url: at.String()}).awaitReady(f.t)
}
