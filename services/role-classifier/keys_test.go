package classifier

import (
	"testing"

	"kith.internal/events"
	"kith.internal/services/internal/readmodel"
)

// However many somebody supports, what the directory says of them later reaches each of those ties, and
// of whoever was erased nothing is left.
func TestTiesOfWhoSupportsVeryMany(t *testing.T) {
	w := newWorld(t).people()
	var recipients []events.PersonID
	for i := range givenLimit + 3 {
		recipients = append(recipients, who("r"+letters(i)))
		e := act(boss, &events.AdviceGiven{Act: events.Act{Recipient: recipients[i]}})
		w.give(w.now, e)
	}
	erased := []events.PersonID{recipients[0], recipients[givenLimit+1]} // one named in the document, one behind it
	for _, r := range erased {
		w.give(w.now, people(r, &events.PersonErased{DestroyedAt: w.now, FinalAt: w.now.AddDate(0, 0, 30)}))
	}
	moved := w.give(days(1), people(boss, &events.PersonChanged{Department: "elsewhere", EffectiveAt: days(1)}))
	for _, r := range recipients {
		key := readmodel.TieKey(r, boss)
		switch seq := w.docs.Seq(key); {
		case r == erased[0] || r == erased[1]:
			if _, left := w.documents("")[key]; left {
				t.Errorf("the tie of %s, who was erased, is there", r)
			}
		case seq != moved.Seq:
			t.Errorf("the tie with %s has not heard of the move: it is as of %d, not %d", r, seq, moved.Seq)
		}
	}
	given, err := givenBy(w.docs, false, boss)
	if err != nil || len(given) < len(recipients)-2 {
		t.Errorf("%d are supported, %v", len(given), err)
	}
	for key := range w.documents("given." + string(boss) + ".") {
		if key == givenKey(false, boss)+"."+string(erased[1]) {
			t.Error("who was erased is still named")
		}
	}
}
