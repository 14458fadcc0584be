package gaps_test

import (
	"testing"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// A gap that today's rules would have opened, but that nobody was told of, is opened when the documents have
// been made anew; one that the log has is not opened again, and neither is one closed that nobody opened.
func TestARebuildOpensWhatWasNeverSaid(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, &events.PersonJoined{Level: 4, EffectiveAt: day(-400)}).until(day(30))
	var never events.Event
	for _, e := range h.derived {
		if f, ok := e.Fact.(*events.GapOpened); ok && f.Gap == events.MissingRole && f.Role == events.Sponsor {
			never = e
		}
	}
	if never.Fact == nil {
		t.Fatalf("no sponsor is missing: %s", h.said(ego))
	}
	rebuild := func(n int) []events.Event {
		return h.take(h.input(day(n), events.Clock, "", &events.Due{For: gaps.Name, About: "rebuild", At: day(n)}))
	}
	if out := rebuild(31); len(out) != 0 {
		t.Errorf("%+v", out)
	}
	if err := h.rules.Unsaid(h.docs, never); err != nil {
		t.Fatal(err)
	}
	out := rebuild(32)
	if len(out) != 1 || out[0].Subject != string(ego) || *out[0].Fact.(*events.GapOpened) != *never.Fact.(*events.GapOpened) {
		t.Errorf("%+v, not %+v", out, never)
	}
	if out := rebuild(33); len(out) != 0 {
		t.Errorf("%+v", out)
	}
}
