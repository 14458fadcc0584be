package app

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kith.internal/libs/fault"
)

// routes is every route of the process:
//
//	/<name>/…   the service of that name
//	/metrics    what Prometheus reads
//	/healthz    200 while the process lives, whatever it depends on
//	/readyz     200 when every service can answer, else 503; ?verbose says which cannot, and why
func routes(reg *prometheus.Registry, e *ending, services []Service) http.Handler {
	mux := http.NewServeMux()
	for _, s := range services {
		if h := s.Handler(); h != nil {
			mux.Handle("/"+s.Name()+"/", h)
		}
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{Registry: reg, EnableOpenMetrics: true}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { ready(w, r, e, services) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fault.Write(w, r, fault.New(fault.NotFound, "route", "nothing is served here"))
	})
	return mux
}

func ready(w http.ResponseWriter, r *http.Request, e *ending, services []Service) {
	code, short, long := http.StatusOK, "ok\n", ""
	check := func(name string, err error) {
		if err == nil {
			long += fmt.Sprintf("[+] %s ok\n", name)
			return
		}
		code, short = http.StatusServiceUnavailable, "not ready\n"
		long += fmt.Sprintf("[-] %s: %v\n", name, err)
	}
	if e.stopping() {
		check("process", errors.New("stopping"))
	}
	for _, s := range services {
		check(s.Name(), s.Ready())
	}
	if r.URL.Query().Has("verbose") {
		plain(w, code, long+short)
		return
	}
	plain(w, code, short)
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	w.Write([]byte(text)) //nolint:errcheck // the client has left
}
