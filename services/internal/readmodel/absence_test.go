package readmodel_test

import (
	"testing"

	"pgregory.net/rapid"

	"kith.internal/services/internal/readmodel"
)

// genAbsences is a few times of leave, the last perhaps without an end.
func genAbsences(t *rapid.T) readmodel.Absences {
	var all readmodel.Absences
	at := readmodel.Unix(0)
	for range rapid.IntRange(0, 4).Draw(t, "absences") {
		from := at + readmodel.Unix(rapid.IntRange(1, 20).Draw(t, "apart"))
		at = from + readmodel.Unix(rapid.IntRange(1, 20).Draw(t, "long"))
		all = append(all, readmodel.Absence{From: from, To: at})
	}
	if n := len(all); n > 0 && rapid.Bool().Draw(t, "open") {
		all[n-1].To = 0
	}
	return all
}

func away(a readmodel.Absences, at readmodel.Unix) bool {
	for _, one := range a {
		if at >= one.From && (one.To == 0 || at < one.To) {
			return true
		}
	}
	return false
}

// TestAbsencesPauseTime counts second by second.
func TestAbsencesPauseTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := genAbsences(t)
		from := readmodel.Unix(rapid.IntRange(0, 100).Draw(t, "from"))
		to := from + readmodel.Unix(rapid.IntRange(0, 100).Draw(t, "seconds"))
		want := int64(0)
		for at := from; at < to; at++ {
			if !away(a, at) {
				want++
			}
		}
		if got := a.Between(from, to); got != want {
			t.Fatalf("%v: %d seconds between %d and %d, want %d", a, got, from, to, want)
		}
		if got := a.Since(from).Between(from, to); got != want {
			t.Fatalf("%v: without what was over by %d, %d seconds, want %d", a, from, got, want)
		}
	})
}

// TestAfterIsTheFirstTime is what makes the next change of a silent tie a computation.
func TestAfterIsTheFirstTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := genAbsences(t)
		from := readmodel.Unix(rapid.IntRange(0, 100).Draw(t, "from"))
		seconds := rapid.Int64Range(0, 100).Draw(t, "seconds")
		got := a.After(from, seconds)
		if got == 0 {
			if a.Between(from, 10_000) >= seconds && seconds > 0 {
				t.Fatalf("%v: never %d seconds after %d", a, seconds, from)
			}
			return
		}
		if a.Between(from, got) != seconds || seconds > 0 && a.Between(from, got-1) >= seconds {
			t.Fatalf("%v: %d is not the first time %d seconds after %d", a, got, seconds, from)
		}
	})
}

func TestEitherIsAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genAbsences(t), genAbsences(t)
		both := a.Or(b)
		for at := readmodel.Unix(0); at < 200; at++ {
			if away(both, at) != (away(a, at) || away(b, at)) {
				t.Fatalf("%v or %v is %v at %d", a, b, both, at)
			}
		}
		for i := 1; i < len(both); i++ {
			if both[i-1].To == 0 || both[i-1].To >= both[i].From {
				t.Fatalf("%v touch", both)
			}
		}
	})
}
