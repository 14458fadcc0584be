package events

import (
	"testing"
	"time"
)

// Ids made from what they name are pinned: another algorithm would store every fact again.
func TestMadeIDsArePinned(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 5, time.UTC)
	tests := map[string]struct{ got, want FactID }{
		"incoming": {IncomingID([]byte("key"), "/integrations/slack", "42"), "7vil4t5nis2m3mwucr7r757eg4"},
		"derived":  {DerivedID("role-classifier", "abcdefghijklmnopqrstuvwxyz", Role, 3), "wg3plqdeezrvu5x43mjixvzg7q"},
		"due":      {DueID("role-classifier", "paaaaaaaaaaaaaaaa.pbbbbbbbbbbbbbbbb", at), "u5peeyftes452u6qmin543u5fy"},
	}
	for name, test := range tests {
		if test.got != test.want || !test.got.Valid() {
			t.Errorf("%s: %s, want %s", name, test.got, test.want)
		}
	}
}

// Whatever differs in what an id is made from makes another id.
func TestMadeIDsDiffer(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	key := []byte("key")
	ids := []FactID{
		IncomingID(key, "a", "bc"), IncomingID(key, "ab", "c"), IncomingID([]byte("k"), "a", "bc"),
		DerivedID("a", "b", Role, 0), DerivedID("a", "b", Role, 1), DerivedID("a", "b", Gap, 0), DerivedID("a", "c", Role, 0), DerivedID("b", "b", Role, 0),
		DueID("a", "b", at), DueID("a", "b", at.Add(1)), DueID("a", "c", at), DueID("c", "b", at),
	}
	seen := map[FactID]bool{}
	for i, id := range ids {
		if seen[id] {
			t.Errorf("the %d. id was there before", i)
		}
		seen[id] = true
	}
	if DueID("a", "b", at) != DueID("a", "b", at.In(time.FixedZone("", 3600))) {
		t.Error("the zone of a time changes the id")
	}
}

func TestNewIDs(t *testing.T) {
	ann, eve, program := NewPersonID(), NewExternalID(), NewProgramID()
	if !ann.Valid() || ann.External() || !eve.Valid() || !eve.External() || !program.Valid() {
		t.Errorf("got %s, %s, %s", ann, eve, program)
	}
	if NewPersonID() == ann || PersonID(program).Valid() || ProgramID(ann).Valid() {
		t.Error("ids are mixed up")
	}
}
