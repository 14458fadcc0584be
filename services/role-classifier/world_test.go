package classifier

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

// world is a log in memory with a clock: it folds inputs in the order of their recorded times,
// and a Due whenever a timer has come before the next of them.
type world struct {
	t      testing.TB
	store  *projection.Memory
	docs   *projection.Docs
	rules  *Rules
	seq    uint64
	timers map[string]projection.Timer
	now    time.Time
	log    []events.Event // inputs, Due facts among them
	facts  []events.Event // what followed
	said   int            // of facts, how many were looked at
}

// start is day 0 of every test.
var start = time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)

func days(n float64) time.Time { return start.Add(time.Duration(n * 24 * float64(time.Hour))) }

// onceRules compiles the default ruleset once for all worlds: they run one after the other.
var onceRules = sync.OnceValues(NewRules)

func newWorld(t testing.TB) *world {
	rules, err := onceRules()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: projection.NewMemory(), rules: rules, timers: map[string]projection.Timer{}, now: start}
	w.docs = projection.NewDocs(context.Background(), w.store)
	return w
}

// who makes a pseudonym that can be read in a failure.
func who(name string) events.PersonID {
	return events.PersonID("p" + (name + strings.Repeat("a", 16))[:16])
}

func outsider(name string) events.PersonID {
	return events.PersonID("x" + (name + strings.Repeat("a", 16))[:16])
}

var (
	ada   = who("ada")   // receives support
	boss  = who("boss")  // two levels up
	chief = who("chief") // senior leadership
	peer  = who("peer")
	kid   = who("kid") // one level below
)

// people joins everybody long before day 0.
func (w *world) people() *world {
	join := func(p events.PersonID, level int, start events.Month) {
		w.give(w.now, people(p, &events.PersonJoined{Level: level, StartMonth: start, EffectiveAt: days(-2000)}))
	}
	join(ada, 3, "2020-06")
	join(boss, 5, "2018-01")
	join(chief, 8, "2010-01")
	join(peer, 3, "2020-01")
	join(kid, 2, "2024-01")
	return w
}

func people(p events.PersonID, f events.Fact) events.Event {
	return events.Event{Context: events.People, Subject: string(p), Fact: f}
}

// act completes an act from supporter to ada at a time.
func act(supporter events.PersonID, f events.Fact) events.Event {
	common := events.ActOf(f)
	common.Supporter = supporter
	if common.Recipient == "" {
		common.Recipient = ada
	}
	if common.RecordedBy == "" {
		common.RecordedBy = "system"
	}
	return events.Event{Context: events.Support, Subject: string(common.Recipient), Fact: f}
}

func personal(f events.Fact) events.Event {
	return events.Event{Context: events.Personal, Subject: string(ada), Fact: f}
}

func sealed(e events.Event) events.Event {
	e.Context = events.Sealed
	return e
}

// give folds an event that happened and was recorded at a time, unless the event says otherwise,
// after everything that time brought about before. It returns the event as it stands in the log.
func (w *world) give(at time.Time, e events.Event) events.Event {
	w.t.Helper()
	if e.Time.IsZero() {
		e.Time = at
	}
	if e.Recorded.IsZero() {
		e.Recorded = at
	}
	w.until(e.Recorded)
	return w.fold(e)
}

// until lets time pass.
func (w *world) until(at time.Time) *world {
	w.t.Helper()
	for {
		next, ok := w.nextTimer()
		if !ok || next.At.After(at) {
			break
		}
		delete(w.timers, next.Key)
		w.fold(dueFact(next.Key, next.Person, next.At))
	}
	w.now = at
	return w
}

func dueFact(key string, p events.PersonID, at time.Time) events.Event {
	return events.Event{Context: events.Clock, Subject: string(p), Time: at, Recorded: at,
		Fact: &events.Due{For: Name, About: key, At: at}}
}

func (w *world) nextTimer() (projection.Timer, bool) {
	all := slices.SortedFunc(maps.Values(w.timers), func(a, b projection.Timer) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	if len(all) == 0 {
		return projection.Timer{}, false
	}
	return all[0], true
}

func (w *world) fold(e events.Event) events.Event {
	w.t.Helper()
	w.seq++
	e.Seq = w.seq
	if e.ID == "" {
		e.ID = events.DerivedID("test", events.FactID(fmt.Sprint(w.seq)), e.Context, 0)
	}
	if e.Context == events.Clock && e.Subject == "" {
		e.Subject = events.Nobody
	}
	w.log = append(w.log, e)
	w.facts = append(w.facts, w.replay(e)...)
	w.commit()
	return e
}

func (w *world) replay(in ...events.Event) []events.Event {
	w.t.Helper()
	out, err := derive.Replay(w.docs, w.rules, Name, in)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range out {
		if _, err := events.Encode(e); err != nil {
			w.t.Fatalf("states a faulty %s: %v", e.Type(), err)
		}
	}
	return out
}

func (w *world) commit() {
	w.t.Helper()
	timers, err := w.docs.Commit(projection.Progress{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, timer := range timers {
		if w.timers[timer.Key] = timer; timer.At.IsZero() {
			delete(w.timers, timer.Key)
		}
	}
}

// reload drops every document from memory: what comes next is read from its stored form.
func (w *world) reload() { w.docs = projection.NewDocs(context.Background(), w.store) }

// stated is what was stated since it was asked last: "14 mentor active standard" is a role fact
// on day 14 about ada; sealed facts begin with "sealed".
func (w *world) stated() []string {
	var lines []string
	for _, e := range w.facts[w.said:] {
		lines = append(lines, line(e))
	}
	w.said = len(w.facts)
	return lines
}

func line(e events.Event) string {
	_, role, said := saidBy(e.Fact)
	text := fmt.Sprintf("%d %s %s %s", int(e.Time.Sub(start).Hours()/24), role, said.Status, said.Subtype)
	if e.Context == events.RoleSealed {
		text = "sealed " + text
	}
	return text
}

// expect compares what was stated since the last time.
func (w *world) expect(want ...string) {
	w.t.Helper()
	if got := w.stated(); !slices.Equal(got, want) {
		w.t.Errorf("stated\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (w *world) tie(supporter events.PersonID) *tie {
	w.t.Helper()
	t, err := projection.Get[tie](w.docs, readmodel.TieKey(ada, supporter))
	if err != nil {
		w.t.Fatal(err)
	}
	if t == nil {
		w.t.Fatalf("no tie to %s", supporter)
	}
	return t
}

func (w *world) role(supporter events.PersonID, role events.RoleName) readmodel.TieRole {
	w.t.Helper()
	if r := w.tie(supporter).Role(role); r != nil {
		return *r
	}
	return readmodel.TieRole{}
}

// documents is every document by key in its stored form, without the input it includes.
func (w *world) documents(prefix string) map[string]string {
	all := map[string]string{}
	for key, r := range w.store.Records() {
		if strings.HasPrefix(key, prefix) && len(r.Body) > 0 {
			wake, _ := json.Marshal(r.Wake)
			all[key] = string(r.Body) + string(wake)
		}
	}
	return all
}
