package notification

import (
	"testing"

	"kith.internal/events"
)

// A nudge that today's rules would have planned, but that nobody was told of, is planned when the documents
// have been made anew; one that the log has is not planned again.
func TestARebuildPlansWhatWasNeverSaid(t *testing.T) {
	w := newWorld(t)
	rebuild := func() {
		w.seq++
		w.fold(events.Event{ID: factID(w.seq), Source: "/test", Context: events.Clock, Subject: events.Nobody, Time: w.now, Seq: w.seq, Recorded: w.now,
			Fact: &events.Due{For: Name, About: "rebuild", At: w.now}})
	}
	w.missing(events.Sponsor, 70)
	w.want("planned sponsor promote-mentor")
	never := w.lastOut[0]
	rebuild()
	w.want()
	if err := (Rules{}).Unsaid(w.docs, never); err != nil {
		t.Fatal(err)
	}
	if n := len(w.box().Nudges); n != 0 {
		t.Fatalf("%d nudges", n)
	}
	rebuild()
	w.want("planned sponsor promote-mentor")
	rebuild()
	w.want()
}
