package gaps_test

import (
	"fmt"
	"testing"
	"time"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// More people than one commit of documents holds have the same mentor, who leaves: whoever asks after that
// fact has the gap.
func TestAHubLeaves(t *testing.T) {
	t.Parallel()
	s := start(t)
	const many = 1100
	var facts []events.Event
	add := func(c events.Context, person events.PersonID, f events.Fact) {
		s.n++
		facts = append(facts, events.Event{ID: factID(uint64(s.n)), Source: "/test", Context: c, Subject: string(person), Time: time.Now().UTC(), Fact: f})
	}
	add(events.People, ben, &events.PersonJoined{Level: 7, Department: "ops", EffectiveAt: yearsAgo(9)})
	for i := range many {
		role := recognized(events.Mentor, ben, 0)
		role.Since = yearsAgo(1)
		add(events.People, somebodyElse(i), &events.PersonJoined{Level: 1, Department: "ops", EffectiveAt: yearsAgo(2)})
		add(events.Role, somebodyElse(i), role)
	}
	if _, err := s.log.Append(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	s.classified(s.say(events.Support, ego, advice(ben)), nil)
	after := s.say(events.People, ben, &events.PersonLeft{EffectiveAt: time.Now().UTC()})
	s.classified(after, nil)
	s.svc.Wait(5 * time.Minute)
	began := time.Now()
	for _, i := range []int{0, 1, many / 2, many - 1} {
		list := asked[gaps.ListAnswer](s, somebodyElse(i), fmt.Sprintf("/gaps?after=%d", after))
		t.Log(time.Since(began))
		left := 0
		for _, g := range list.Gaps {
			if g.Gap == events.MissingRole && g.Role == events.Mentor && g.Reason == "supporter-left" {
				left++
			}
		}
		if left != 1 {
			t.Errorf("the %dth has %+v", i, list.Gaps)
		}
	}
	said := 0
	err := s.log.Read(t.Context(), after, []string{events.FilterContext(events.Gap)}, func(e events.Event, err error) error {
		if f, ok := e.Fact.(*events.GapOpened); ok && f.Reason == "supporter-left" {
			said++
		}
		return err
	})
	if err != nil || said != many {
		t.Errorf("said of %d, %v", said, err)
	}
}
