package notification

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

const ann = events.PersonID("p2222222222222222")

var begin = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// world folds facts as the log would deliver them, timers included, without a clock.
type world struct {
	t       testing.TB
	docs    *projection.Docs
	store   *projection.Memory
	seq     uint64
	now     time.Time
	wake    time.Time
	inputs  []events.Event
	stated  []events.Event
	lastOut []events.Event
}

func newWorld(t testing.TB) *world {
	store := projection.NewMemory()
	return &world{t: t, store: store, docs: projection.NewDocs(t.Context(), store), now: begin}
}

// add folds one fact recorded now, and keeps what followed from it.
func (w *world) add(c events.Context, f events.Fact) events.FactID {
	w.seq++
	e := events.Event{ID: factID(w.seq), Source: "/test", Context: c, Subject: string(ann), Time: w.now, Fact: f, Seq: w.seq, Recorded: w.now}
	w.fold(e)
	return e.ID
}

func (w *world) fold(e events.Event) {
	w.inputs = append(w.inputs, e)
	out, err := derive.Replay(w.docs, Rules{}, Name, []events.Event{e})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range out {
		o.Source = "/services/notification"
		if _, err := events.Encode(o); err != nil {
			w.t.Fatalf("%s cannot be stored: %v", o.Type(), err)
		}
	}
	timers, err := w.docs.Commit(projection.Progress{Handled: e.Seq})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, t := range timers {
		w.wake = t.At
	}
	w.lastOut, w.stated = out, append(w.stated, out...)
}

// pass lets time pass, and delivers what is due on the way.
func (w *world) pass(d time.Duration) {
	end := w.now.Add(d)
	for !w.wake.IsZero() && !w.wake.After(end) {
		w.now = w.wake
		w.wake = time.Time{}
		w.add(events.Clock, &events.Due{For: Name, About: readmodel.InboxKey(ann), At: w.now})
	}
	w.now = end
}

// open opens a gap and waits until it has been weighed.
func (w *world) open(kind events.GapKind, role events.RoleName, severity int) events.FactID {
	gap := w.opening(kind, role, severity)
	w.pass(together)
	return gap
}

// opening opens a gap; others may open at the same time.
func (w *world) opening(kind events.GapKind, role events.RoleName, severity int) events.FactID {
	return w.add(events.Gap, &events.GapOpened{Gap: kind, Role: role, Severity: severity, Reason: "none-active", Since: w.now.AddDate(0, -3, 0), Ruleset: "1"})
}

func (w *world) missing(role events.RoleName, severity int) events.FactID {
	return w.open(events.MissingRole, role, severity)
}

func (w *world) close(kind events.GapKind, role events.RoleName) {
	w.add(events.Gap, &events.GapClosed{Gap: kind, Role: role, OpenFor: 60})
}

func (w *world) box() *readmodel.Inbox {
	b, err := projection.Get[readmodel.Inbox](w.docs, readmodel.InboxKey(ann))
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// newest is the nudge planned last.
func (w *world) newest() readmodel.Nudge { return w.box().Nudges[0] }

func (w *world) dismiss() { w.add(events.Reply, &events.NudgeDismissed{Nudge: w.newest().ID}) }

// want compares what followed from the last fact with words such as "planned sponsor ask".
func (w *world) want(words ...string) {
	w.t.Helper()
	var got []string
	for _, e := range w.lastOut {
		got = append(got, inWords(e))
	}
	if g, want := strings.Join(got, "; "), strings.Join(words, "; "); g != want {
		w.t.Errorf("got %q, want %q", g, want)
	}
}

func inWords(e events.Event) string {
	switch f := e.Fact.(type) {
	case *events.NudgePlanned:
		return strings.TrimSpace(fmt.Sprintf("planned %s %s", about(f.Gap, f.Role), f.Action))
	case *events.NudgeSuppressed:
		return fmt.Sprintf("suppressed %s %s", about(f.Gap, f.Role), f.Reason)
	}
	return e.Fact.FactName()
}

func about(kind events.GapKind, role events.RoleName) string {
	if role == "" {
		return string(kind)
	}
	return string(role)
}

func factID(n uint64) events.FactID {
	return events.DerivedID("test", "", events.Gap, int(n))
}

func asJSON(t testing.TB, v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
