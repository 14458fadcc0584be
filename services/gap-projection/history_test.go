package gaps_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	gaps "kith.internal/services/gap-projection"
	"kith.internal/services/internal/readmodel"
)

const (
	ego  events.PersonID = "paaaaaaaaaaaaaaaa"
	ben  events.PersonID = "pbbbbbbbbbbbbbbbb"
	cleo events.PersonID = "pcccccccccccccccc"
	dana events.PersonID = "pdddddddddddddddd"
	xeno events.PersonID = "xeeeeeeeeeeeeeeee"
)

// day is midnight n days into the story.
func day(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// dayOf is day's inverse, rounded down.
func dayOf(t time.Time) int { return int(t.Sub(day(0)) / (24 * time.Hour)) }

// history is a log as it grows, with the rules at work on it and timers that fire.
type history struct {
	t       require
	rules   *gaps.Rules
	store   *projection.Memory
	docs    *projection.Docs
	log     []events.Event // inputs
	derived []events.Event // of gaps

	measured []events.Event // of the program
	seq      uint64
}

func newHistory(t testing.TB) *history {
	t.Helper()
	store := projection.NewMemory()
	return &history{t: t, rules: newRules(t), store: store, docs: projection.NewDocs(t.Context(), store)}
}

// input makes the next event of the log, recorded and said on a day.
func (h *history) input(on time.Time, c events.Context, person events.PersonID, f events.Fact) events.Event {
	h.seq++
	subject := string(person)
	if subject == "" {
		subject = events.Nobody
	}
	return events.Event{ID: factID(h.seq), Source: "/test", Context: c, Subject: subject, Time: on, Fact: f, Seq: h.seq, Recorded: on}
}

func factID(seq uint64) events.FactID {
	return events.DerivedID("test", "", events.People, int(seq))
}

// take feeds an input to the rules and returns what follows.
func (h *history) take(in events.Event) []events.Event {
	h.t.Helper()
	h.log = append(h.log, in)
	out, err := derive.Replay(h.docs, h.rules, gaps.Name, []events.Event{in})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.docs.Commit(projection.Progress{Handled: in.Seq}); err != nil {
		h.t.Fatal(err)
	}
	for _, e := range out {
		if e.Context == events.Coverage {
			h.measured = append(h.measured, e)
		} else {
			h.derived = append(h.derived, e)
		}
	}
	return out
}

// on lets time pass until a day, and then says facts about a person.
func (h *history) on(n int, c events.Context, person events.PersonID, facts ...events.Fact) *history {
	h.t.Helper()
	h.until(day(n))
	for _, f := range facts {
		h.take(h.input(day(n), c, person, f))
	}
	return h
}

// until fires what is due up to a time, in its order.
func (h *history) until(at time.Time) *history {
	h.t.Helper()
	for {
		key, due := h.nextDue()
		if key == "" || due.At.After(at) {
			return h
		}
		in := h.input(due.At, events.Clock, due.Person, &events.Due{For: gaps.Name, About: key, At: due.At})
		in.Recorded = due.At.Add(3 * time.Second)
		h.take(in)
	}
}

func (h *history) nextDue() (string, projection.Timer) {
	var first projection.Timer
	for key, r := range h.store.Records() {
		if r.Wake.IsZero() || h.fired(key, r.Wake) {
			continue
		}
		if first.Key == "" || r.Wake.Before(first.At) || r.Wake.Equal(first.At) && key < first.Key {
			first = projection.Timer{Key: key, Person: r.Person, At: r.Wake}
		}
	}
	return first.Key, first
}

func (h *history) fired(key string, at time.Time) bool {
	return slices.ContainsFunc(h.log, func(e events.Event) bool {
		due, ok := e.Fact.(*events.Due)
		return ok && due.About == key && due.At.Equal(at)
	})
}

func (h *history) network(person events.PersonID) *readmodel.Network {
	n, err := projection.Get[readmodel.Network](h.docs, readmodel.NetworkKey(person))
	if err != nil || n == nil {
		h.t.Fatal("no network of", person, err)
	}
	return n
}

// said is what was derived about a person, one line a fact, of some kinds of gaps or of all.
func (h *history) said(person events.PersonID, kinds ...events.GapKind) string {
	var lines []string
	for _, e := range h.derived {
		if e.Subject != string(person) {
			continue
		}
		if kind, line := describe(e); len(kinds) == 0 || slices.Contains(kinds, kind) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func describe(e events.Event) (events.GapKind, string) {
	switch f := e.Fact.(type) {
	case *events.GapOpened:
		return f.Gap, strings.TrimSpace(fmt.Sprintf("day %d: open %s %s", dayOf(e.Time), f.Gap, f.Role)) +
			fmt.Sprintf(", %s since day %d, severity %d", f.Reason, dayOf(f.Since), f.Severity)
	case *events.GapClosed:
		return f.Gap, strings.TrimSpace(fmt.Sprintf("day %d: close %s %s", dayOf(e.Time), f.Gap, f.Role)) +
			fmt.Sprintf(" after %d days", f.OpenFor/86400)
	}
	return "", e.Type()
}

// The facts of the stories.

func joined(level int, start int) *events.PersonJoined {
	return &events.PersonJoined{Level: level, Department: "ops", EffectiveAt: day(start)}
}

func recognized(role events.RoleName, supporter events.PersonID, since int) *events.RoleRecognized {
	return &events.RoleRecognized{Supporter: supporter, Role: role, Subtype: events.Standard, Since: day(since),
		Score: 2_000_000, Enter: 1_700_000, Exit: 850_000, NextChangeAt: day(since + 40), Ruleset: "2026-1", Rules: "1",
		Evidence: []events.Evidence{{Act: factID(1), Type: "AdviceGiven", Weight: 1, Quality: 1, Decayed: 1}}, EvidenceCount: 1}
}

func fading(role events.RoleName, supporter events.PersonID, silent int) *events.RoleAtRisk {
	return &events.RoleAtRisk{Supporter: supporter, Role: role, Subtype: events.Standard, SilentSince: day(silent), Ruleset: "2026-1"}
}

func lapsed(role events.RoleName, supporter events.PersonID, silent int) *events.RoleLapsed {
	return &events.RoleLapsed{Supporter: supporter, Role: role, Subtype: events.Standard, SilentSince: day(silent), Ruleset: "2026-1"}
}

func act(supporter events.PersonID) events.Act {
	return events.Act{Recipient: ego, Supporter: supporter, RecordedBy: "system"}
}

func advice(supporter events.PersonID) *events.AdviceGiven {
	return &events.AdviceGiven{Act: act(supporter)}
}
