package replay

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"kith.internal/events"
)

var day = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A fact holds from when it says, or from when it was said, whichever came first.
func TestEffective(t *testing.T) {
	said, before, after := day, day.AddDate(-2, 0, 0), day.AddDate(0, 1, 0)
	for name, row := range map[string]struct {
		fact events.Fact
		want time.Time
	}{
		"a file of today about years ago": {&events.PersonJoined{EffectiveAt: before}, before},
		"a leaving that is announced":     {&events.PersonLeft{EffectiveAt: after}, said},
		"a promotion":                     {&events.PromotionOccurred{EffectiveAt: before}, before},
		"an act":                          {&events.AdviceGiven{}, said},
		"one that says nothing of it":     {&events.PersonChanged{}, said},
	} {
		if got := Effective(events.Event{Time: said, Fact: row.fact}); !got.Equal(row.want) {
			t.Errorf("%s: %v, not %v", name, got, row.want)
		}
	}
}

// What was parked is left out, by that service alone, until a Retry has folded it; one that fails is parked
// in its turn.
func TestParked(t *testing.T) {
	p := NewParked()
	parked := func(seq uint64) events.Event {
		return events.Event{Fact: &events.Parked{For: "role-classifier", Seq: seq}}
	}
	retry := func(at, seq uint64) events.Event {
		return events.Event{Seq: at, Fact: &events.Retry{For: "role-classifier", Seq: seq}}
	}
	for _, step := range []struct {
		say  events.Event
		left bool
	}{{parked(5), true}, {retry(7, 5), false}, {parked(7), true}, {retry(9, 7), false}} {
		p.Take(step.say)
		if p.leaves("role-classifier", 5) != step.left || p.leaves("gap-projection", 5) {
			t.Errorf("after %+v: left out %v", step.say.Fact, p.leaves("role-classifier", 5))
		}
	}
	var none *Parked
	if none.leaves("role-classifier", 5) {
		t.Error("nothing was parked")
	}
}

// What is made ahead comes in the same order, up to what fails; nothing runs on once nobody wants more.
func TestAhead(t *testing.T) {
	failed, ended := errors.New("failed"), false
	numbers := func(n int, err error) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			defer func() { ended = true }()
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
	for _, n := range []int{0, 1, lot, 3*lot + 7} {
		var got []int
		var last error
		for v, err := range Ahead(numbers(n, failed)) {
			if last = err; err == nil {
				got = append(got, v)
			}
		}
		if len(got) != n || !slices.IsSorted(got) || !errors.Is(last, failed) {
			t.Errorf("%d of %d, then %v", len(got), n, last)
		}
	}
	ended = false
	for v := range Ahead(numbers(1_000_000, nil)) {
		if v == 10 {
			break
		}
	}
	if !ended {
		t.Error("it goes on")
	}
}
