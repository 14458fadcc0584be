package evaluation

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/eventlog"
	"kith.internal/libs/fault"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/kith/internal/up"
	classifier "kith.internal/services/role-classifier"
)

// TestAsOf appends both organizations in three sittings, each with facts from all years, and asks what
// some of their people saw at ten dates. What the product says must be what a fold says of the facts alone
// that were true by the date and known by a sequence; what was known after a sitting must be what the
// product showed then, and never change.
func TestAsOf(t *testing.T) {
	sittings, dates := inSittings(t)
	u := startProduct(t)
	who := sample(slices.Concat(sittings...))
	var ends []uint64
	first := make([][]string, len(dates))
	for i, facts := range sittings {
		ends = append(ends, u.append(t, i, facts))
		t.Run(fmt.Sprintf("after sitting %d it is what is shown now", i+1), func(t *testing.T) { u.asShown(t, who, ends[i]) })
		if i == 0 {
			eachDate(t, "known after the first sitting", dates, func(t *testing.T, i int, at time.Time) {
				for _, p := range who {
					first[i] = append(first[i], u.asOf(t, p, at, ends[0]))
				}
			})
		}
	}
	var changed atomic.Int64
	eachDate(t, "what was recorded late changes what is said of its time, and never what was known then", dates, func(t *testing.T, i int, at time.Time) {
		for n, p := range who {
			if diff := cmp.Diff(first[i][n], u.asOf(t, p, at, ends[0])); diff != "" {
				t.Errorf("%s, known then (-then +now):\n%s", p, diff)
			}
			if first[i][n] != u.asOf(t, p, at, 0) {
				changed.Add(1)
			}
		}
	})
	if int(changed.Load()) < len(who) {
		t.Errorf("only %d answers of %d were changed by facts that were recorded late", changed.Load(), len(dates)*len(who))
	}
	log := u.facts(t)
	eachDate(t, "it is what a plain fold says", dates, func(t *testing.T, i int, at time.Time) {
		known := ends[i%len(ends)]
		o := foldOnly(t, log, at, known)
		for _, p := range who {
			if diff := cmp.Diff(o.shows(t, p, at), u.asOf(t, p, at, known)); diff != "" {
				t.Errorf("%s, known up to %d (-a fold of these facts alone +product):\n%s", p, known, diff)
			}
		}
	})
	t.Run("a ruleset changes what what-if says, and nothing else", u.whatIf)
}

// eachDate tests something of each date, of some at once.
func eachDate(t *testing.T, name string, dates []time.Time, test func(t *testing.T, i int, at time.Time)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		for i, at := range dates {
			t.Run(at.Format(time.DateOnly), func(t *testing.T) { t.Parallel(); test(t, i, at) })
		}
	})
}

// inSittings parts both organizations in three: everybody joins at the first, and acts of all years are
// at each. It also returns ten dates over these years.
func inSittings(t *testing.T) (sittings [][]events.Event, dates []time.Time) {
	t.Helper()
	now := time.Now().UTC().Add(-time.Hour)
	all := append(factsBy(t, "lawfirm", map[string]table{"lawyers.csv": read(t, "lawfirm/lawyers.csv"), "ties.csv": read(t, "lawfirm/ties.csv")}, now),
		factsBy(t, "gitproject", map[string]table{"acts.csv": read(t, "gitproject/acts.csv.gz")}, now)...)
	sittings = make([][]events.Event, 3)
	var times []time.Time
	for i, e := range all {
		k := i % 3
		if e.Context == events.People {
			k = 0
		}
		sittings[k], times = append(sittings[k], e), append(times, e.Time)
	}
	slices.SortFunc(times, time.Time.Compare)
	for i := range 10 {
		dates = append(dates, times[(2*i+1)*len(times)/20].UTC())
	}
	dates[9] = now // the law firm was asked once, and that is now
	return sittings, dates
}

// sample is who supports most and who is supported most, and some in between.
func sample(all []events.Event) (who []events.PersonID) {
	acts := map[events.PersonID]int{}
	for _, e := range all {
		if a := events.ActOf(e.Fact); a != nil {
			acts[a.Recipient]++
			acts[a.Supporter]++
		}
	}
	order := slices.SortedFunc(func(yield func(events.PersonID) bool) {
		for p := range acts {
			if !yield(p) {
				return
			}
		}
	}, func(a, b events.PersonID) int { return (acts[b]-acts[a])*1000 + slices.Compare([]byte(a), []byte(b)) })
	for i := 1; i < len(order); i += 1 + i/2 {
		who = append(who, order[i])
	}
	return append(who, lawyer("17"), lawyer("40"), lawyer("66"))
}

// running is the product in this process.
type running struct {
	up.Addresses
	log *eventlog.Log
}

func startProduct(t *testing.T) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan up.Addresses, 1), make(chan error, 1)
	go func() {
		done <- up.Run(ctx, up.Config{
			DataDir: t.TempDir(), HTTPAddr: "127.0.0.1:0", NATSAddr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler),
			Services: []string{"role-classifier", "gap-projection", "intake", "audit"},
			OnReady:  func(_ context.Context, at up.Addresses) error { ready <- at; return nil },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Log("it has stopped: ", err) // how it stops, and how soon, others test
		}
	})
	u := &running{}
	select {
	case u.Addresses = <-ready:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	nc, err := nats.Connect(u.NATS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if u.log, err = eventlog.Open(t.Context(), nc, eventlog.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.log.Close)
	return u
}

// append appends a sitting as an import does, and returns the log's end once all has followed.
func (u *running) append(t *testing.T, sitting int, facts []events.Event) uint64 {
	t.Helper()
	hash := strings.Repeat("0", 64)
	note := func(f events.Fact) events.Event {
		return events.Event{ID: events.IncomingID(nil, "/evaluation", fmt.Sprint(f.FactName(), sitting)), Source: "/evaluation", Context: events.People,
			Subject: events.Nobody, Time: time.Now().UTC(), Fact: f}
	}
	all := append([]events.Event{note(&events.ImportStarted{Source: "evaluation", MappingHash: hash})}, facts...)
	var last uint64
	for some := range slices.Chunk(append(all, note(&events.ImportFinished{Source: "evaluation", MappingHash: hash})), 1000) {
		acks, err := u.log.Append(t.Context(), some...)
		if err != nil {
			t.Fatal(err)
		}
		last = acks[len(acks)-1].Seq
	}
	u.progress(t, last)
	end, err := u.log.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// progress waits until all has followed from a sequence.
func (u *running) progress(t *testing.T, seq uint64) {
	t.Helper()
	if code, body := u.get(t, "service:test", "/gap-projection/v1/progress?after="+fmt.Sprint(seq)); code != http.StatusOK {
		t.Fatalf("it does not settle: %d %s", code, body)
	}
}

// get asks, and asks again while the answer is that it is unavailable for the moment.
func (u *running) get(t *testing.T, viewer, path string) (code int, body []byte) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if code, body = u.once(t, viewer, path); code != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return code, body
		}
	}
}

func (u *running) once(t *testing.T, viewer, path string) (code int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.HTTP+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Kith-Viewer", viewer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// asOf is what somebody saw at a time, by what stood in the log up to a sequence; 0 is all.
func (u *running) asOf(t *testing.T, p events.PersonID, at time.Time, known uint64) string {
	t.Helper()
	q := url.Values{"at": {at.Format(time.RFC3339Nano)}}
	if known > 0 {
		q.Set("known-at", fmt.Sprint(known))
	}
	code, body := u.get(t, "person:"+string(p), "/audit/v1/people/"+string(p)+"/as-of?"+q.Encode())
	if code == http.StatusNotFound {
		return "nothing"
	}
	var a struct{ Seen any }
	if err := json.Unmarshal(body, &a); err != nil || code != http.StatusOK {
		t.Fatalf("%s at %v: %d %s", p, at, code, body)
	}
	return told(t, a.Seen)
}

// asShown holds what is said of now against what the product shows every day. Time passes between the two,
// so that something may have changed: they are asked again.
func (u *running) asShown(t *testing.T, who []events.PersonID, known uint64) {
	for _, p := range who {
		diff := ""
		for range 3 {
			var a struct{ Seen struct{ Network, Gaps any } }
			now := time.Now().UTC()
			if err := json.Unmarshal([]byte(u.asOf(t, p, now, known)), &a.Seen); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			base := "/gap-projection/v1/people/" + string(p)
			_, network := u.get(t, "person:"+string(p), base+"/network")
			_, list := u.get(t, "person:"+string(p), base+"/gaps")
			if diff = cmp.Diff(told(t, json.RawMessage(network)), told(t, a.Seen.Network)) +
				cmp.Diff(told(t, json.RawMessage(list)), told(t, a.Seen.Gaps)); diff == "" {
				break
			}
		}
		if diff != "" {
			t.Errorf("%s (-shown +as of now):\n%s", p, diff)
		}
	}
}

// told is an answer without what differs from one fold to another: positions, ids of derived facts, and
// the instants at which gaps were stated.
func told(t *testing.T, answer any) string {
	t.Helper()
	body, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	strip(v)
	if body, err = json.MarshalIndent(v, "", " "); err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"fact", "opened", "asOf"} {
			delete(v, name)
		}
		for _, part := range v {
			strip(part)
		}
	case []any:
		for _, part := range v {
			strip(part)
		}
	}
}

func (u *running) facts(t *testing.T) (log []events.Event) {
	t.Helper()
	said := []string{events.FilterContext(events.People), events.FilterContext(events.Support)}
	if err := u.log.Read(t.Context(), 1, said, func(e events.Event, err error) error { log = append(log, e); return err }); err != nil {
		t.Fatal(err)
	}
	return log
}

// oracle folds some facts as plainly as can be: one after the other by both services, whatever is due in
// between by a heap of timers. All that it shares with the product is the rules.
type oracle struct {
	names [2]string
	rules [2]derive.Rules
	docs  [2]*projection.Docs
	set   alarms
	seq   uint64
}

// foldOnly folds the facts alone that were true by a time, and known by a sequence.
func foldOnly(t *testing.T, log []events.Event, at time.Time, known uint64) *oracle {
	t.Helper()
	recognition, err1 := classifier.NewRules()
	missing, err2 := gaps.NewRules()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	o := &oracle{names: [2]string{classifier.Name, gaps.Name}, rules: [2]derive.Rules{recognition, missing}}
	for i := range o.docs {
		o.docs[i] = projection.NewDocs(t.Context(), projection.NewMemory())
	}
	held := false
	for _, e := range log {
		if e.Seq > known || !trueBy(e, at) {
			continue
		}
		now := e.Recorded
		if now.After(at) {
			now = at
		}
		o.until(t, now)
		if e.Recorded.After(at) && !held {
			held = true
			mustDo(t, gaps.Hold(o.docs[1], at))
		}
		o.fold(t, e, now)
	}
	o.until(t, at)
	if held {
		mustDo(t, gaps.Release(o.docs[1]))
	}
	o.due(t, alarm{0, projection.Timer{Key: "rebuild", At: at}})
	o.due(t, alarm{1, projection.Timer{Key: "rebuild", At: at}})
	return o
}

// trueBy: people joined when the file says that they did, acts happened when they did, and an import began
// when it did.
func trueBy(e events.Event, at time.Time) bool {
	switch e.Context {
	case events.People, events.Support:
	default:
		return false
	}
	if f, ok := e.Fact.(*events.PersonJoined); ok && f.EffectiveAt.Before(e.Time) {
		return !f.EffectiveAt.After(at)
	}
	return !e.Time.After(at)
}

// fold folds a fact by both services, and what the first one derives by the second one.
func (o *oracle) fold(t *testing.T, e events.Event, now time.Time) {
	t.Helper()
	o.seq++
	e.Seq = o.seq
	roles := o.step(t, 0, e, now)
	o.step(t, 1, e, now)
	o.follow(t, roles, now)
}

func (o *oracle) follow(t *testing.T, roles []events.Event, now time.Time) {
	t.Helper()
	for _, r := range roles {
		o.seq++
		r.Seq, r.Recorded = o.seq, now
		o.step(t, 1, r, now)
	}
}

func (o *oracle) step(t *testing.T, i int, e events.Event, now time.Time) []events.Event {
	t.Helper()
	out, err := derive.Step(o.docs[i], o.rules[i], o.names[i], e, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, timer := range o.docs[i].Woken() {
		if !timer.At.IsZero() && !gaps.Weekly(timer.Key) {
			heap.Push(&o.set, alarm{i, timer})
		}
	}
	return out
}

func (o *oracle) until(t *testing.T, by time.Time) {
	t.Helper()
	for len(o.set) > 0 && !o.set[0].At.After(by) {
		o.due(t, heap.Pop(&o.set).(alarm))
	}
}

func (o *oracle) due(t *testing.T, a alarm) {
	t.Helper()
	o.seq++
	e := eventlog.DueFact(eventlog.Timer{Service: o.names[a.service], About: a.Key, Person: a.Person, At: a.At})
	e.Seq, e.Recorded = o.seq, a.At
	out := o.step(t, a.service, e, a.At)
	if a.service == 0 {
		o.follow(t, out, a.At)
	}
}

func (o *oracle) shows(t *testing.T, p events.PersonID, at time.Time) string {
	t.Helper()
	a, err := gaps.Seen(o.docs[0], o.docs[1], p, at)
	if fault.KindOf(err) == fault.NotFound {
		return "nothing"
	}
	mustDo(t, err)
	return told(t, a)
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// alarm is a timer of one of the services.
type alarm struct {
	service int
	projection.Timer
}

type alarms []alarm

func (a alarms) Len() int { return len(a) }
func (a alarms) Less(i, j int) bool {
	if !a[i].At.Equal(a[j].At) {
		return a[i].At.Before(a[j].At)
	}
	if a[i].service != a[j].service {
		return a[i].service < a[j].service
	}
	return a[i].Key < a[j].Key
}
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)   { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	all := *a
	last := all[len(all)-1]
	*a = all[:len(all)-1]
	return last
}
