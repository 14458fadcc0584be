// Package live serves answers that change, as server-sent events: a client sees the answer as it is,
// and again whenever it has changed, until it leaves or the process stops. Whoever comes back, to any
// replica, says what it saw last (Last-Event-ID) and sees only what is newer.
//
// Nothing is queued for a client: a slow one misses what was in between and sees the latest.
package live

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kith.internal/libs/fault"
)

// Answer is what a client is shown: what its plain queries would answer.
type Answer struct {
	AsOf  uint64 // the log up to here is in it
	Parts []Part
}

// Part is one event of an answer.
type Part struct {
	Name string // of the event
	Body []byte // JSON
	Tag  string // changes only when the body says something else
}

// Source is what one stream shows.
type Source struct {
	// Answer fails as the plain query does. It includes at least the log up to a sequence, and fails
	// with kind Unavailable where it cannot in time.
	Answer  func(ctx context.Context, from uint64) (Answer, error)
	Changed <-chan struct{} // receives after a change; one may stand for several
	Close   func()
}

// Live is the streams of one service.
type Live struct {
	bells
	log  *slog.Logger
	open prometheus.Gauge
	beat time.Duration // how often an idle stream says that it lives
}

// New returns the streams of a service, and registers with reg how many there are.
func New(reg prometheus.Registerer, log *slog.Logger) *Live {
	l := &Live{log: log, beat: beat, open: prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kith_live_streams", Help: "Clients that follow an answer at the moment.",
	})}
	reg.MustRegister(l.open)
	return l
}

// Handler streams what open says about a request. What fails before anything is shown is a problem, as
// of every other query.
func (l *Live) Handler(open func(*http.Request) (Source, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source, err := open(r)
		if err == nil {
			defer source.Close()
			err = l.serve(w, r, source)
		}
		if err != nil && r.Context().Err() == nil {
			l.log.LogAttrs(r.Context(), fault.KindOf(err).Level(), "stream ended", slog.String("route", r.Pattern), slog.Any("error", err))
		}
		if err != nil && w.Header().Get("Content-Type") == "" {
			fault.Write(w, r, err)
		}
	})
}

func (l *Live) serve(w http.ResponseWriter, r *http.Request, source Source) error {
	ctx, cancel := until(r.Context())
	defer cancel()
	l.open.Inc()
	defer l.open.Dec()
	s := &stream{w: w, client: http.NewResponseController(w), source: source, beat: l.beat, shown: map[string]string{}}
	s.from, s.id = parseID(r.Header.Get("Last-Event-ID"))
	return s.run(ctx)
}

// id tells what a client has seen: up to where, and what. The second part shows also what time alone
// has changed, and what another log says at the same sequence.
func (a Answer) id() string {
	sum := sha256.New()
	for _, p := range a.Parts {
		fmt.Fprintln(sum, p.Name, p.Tag)
	}
	return strconv.FormatUint(a.AsOf, 10) + "-" + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
}

// parseID returns the sequence of an id, and the id itself where it is one of ours.
func parseID(id string) (from uint64, whole string) {
	seq, _, _ := strings.Cut(id, "-")
	from, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return 0, ""
	}
	return from, id
}

// saw reports whether two ids stand for the same content, at whatever sequence.
func saw(a, b string) bool {
	_, one, ok := strings.Cut(a, "-")
	_, other, _ := strings.Cut(b, "-")
	return ok && one == other
}
