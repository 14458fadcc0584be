package gaps_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith.internal/events"
	gaps "kith.internal/services/gap-projection"
)

// Of every gap it is said what would close it: who is lacking, and what time brings if nothing happens.
func TestWhatWouldCloseAGap(t *testing.T) {
	staff := func(h *history) *history {
		h.on(0, events.People, ben, in("ops", 5, "")).on(0, events.People, cleo, in("ops", 6, ben)).on(0, events.People, dana, in("sales", 7, ""))
		return h.on(0, events.People, ego, &events.PersonJoined{Level: 3, Department: "ops", Manager: ben, EffectiveAt: day(-400)})
	}
	for _, c := range []struct {
		name  string
		kind  events.GapKind
		story func(h *history)
		want  string
	}{
		{"missing", events.MissingRole, func(*history) {}, "1 anybody as truth-teller: FeedbackGiven 2"},
		{"left", events.MissingRole, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.TruthTeller, dana, 0)).on(2, events.People, dana, leaves(2))
		}, "1 anybody as truth-teller: FeedbackGiven 2"},
		{"thin, and the manager is none of them", events.ThinRole, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Sponsor, ben, 0), recognized(events.Sponsor, dana, 0))
		}, "2 not-your-manager as sponsor: PromotionAdvocated 1"},
		{"at risk", events.AtRisk, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, dana, -60))
			f := fading(events.Mentor, dana, -60)
			f.Score, f.NextChangeAt = 1_600_000, day(90)
			h.on(2, events.Role, ego, f)
		}, "1 who-held-it as mentor: MentoringSessionHeld 1, lapses on day 90"},
		{"going to leave", events.SupporterLeaving, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, dana, 0)).on(2, events.People, dana, leaves(77))
		}, "1 who-stays as mentor: MentoringSessionHeld 2, they-go on day 77"},
		{"named", events.DeclaredNotEnacted, func(h *history) {
			h.on(1, events.Personal, ego, &events.RoleDeclared{Supporter: dana, Role: events.Mentor, DeclaredBy: "recipient"})
			h.until(day(100))
		}, "1 who-you-named as mentor: MentoringSessionHeld 2"},
		{"outside", events.NoInternalSponsor, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Sponsor, xeno, 0))
		}, "1 inside as sponsor: PromotionAdvocated 1"},
		{"one line", events.SinglePoint, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Sponsor, ben, 0), recognized(events.Sponsor, cleo, 0))
		}, "1 another-line as sponsor: PromotionAdvocated 1"},
		{"four roles held by one", events.SinglePoint, func(h *history) {
			for _, role := range []events.RoleName{events.Mentor, events.Sponsor, events.Advocate, events.TruthTeller} {
				h.on(1, events.Role, ego, recognized(role, dana, 0))
			}
		}, "2 somebody-else"},
		{"mostly outside", events.MostlyExternal, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Sponsor, xeno, 0), recognized(events.Advocate, "xffffffffffffffff", 0))
		}, "2 inside"},
		{"small", events.SmallNetwork, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, dana, 0))
		}, "2 anybody"},
		{"narrow", events.NarrowNetwork, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, 0), recognized(events.Mentor, cleo, 0), recognized(events.Mentor, "pffffffffffffffff", 0))
		}, "1 another-place"},
		{"the manager alone", events.OnlyLineManager, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, ben, 0))
		}, "1 not-your-manager"},
		{"over-mentored", events.OverMentored, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, cleo, -390), recognized(events.Mentor, dana, -390))
		}, "1 anybody as sponsor: PromotionAdvocated 1"},
		{"a pair", events.StalledPair, func(h *history) {
			h.on(1, events.Personal, ego, &events.PairMatched{Program: "gaaaaaaaaaaaaaaaa", Supporter: ben})
		}, "0 both-of-you: MentoringSessionHeld 1, pair-over on day 121"},
		{"one side", events.OneSided, func(h *history) {
			h.on(1, events.Role, ego, recognized(events.Mentor, cleo, -1))
			for i := range uint64(3) {
				h.on(2, events.Personal, ego, &events.SessionRated{Act: factID(i), Supporter: cleo, By: "recipient", Rating: 5})
			}
		}, "0 who-has-said-nothing as mentor: SessionRated 1"},
		{"silence", events.Isolation, func(*history) {}, "1 anybody"},
		{"too many", events.Overloaded, func(h *history) {
			h.on(1, events.Personal, ego, &events.CapacitySet{Role: events.Mentor})
			h.on(1, events.Role, ben, recognized(events.Mentor, ego, 0)).on(1, events.Role, cleo, recognized(events.Mentor, ego, 0))
		}, "2 fewer-of-yours as mentor: CapacitySet 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := staff(newHistory(t))
			c.story(h)
			h.until(h.log[len(h.log)-1].Recorded.AddDate(0, 0, 20))
			list, err := h.rules.Closing(h.network(ego), day(30))
			if err != nil {
				t.Fatal(err)
			}
			got := "nothing is open"
			for _, g := range list.Gaps {
				if g.Gap == c.kind {
					got = inWords(g.WouldClose)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func inWords(c gaps.Closing) string {
	said := strings.TrimSuffix(fmt.Sprintf("%d %s as %s", c.People, c.Who, c.Role), " as ")
	if len(c.Acts) > 0 {
		said += fmt.Sprintf(": %s %d", c.Acts[0].Act, c.Acts[0].Times)
	}
	if c.Then != "" {
		said += fmt.Sprintf(", %s on day %d", c.Then, dayOf(c.When))
	}
	return said
}

// What lasts, and what stands in the way of a goal, weighs more by and by.
func TestSeverityIsAsOfNow(t *testing.T) {
	h := newHistory(t)
	h.on(0, events.People, ego, joined(1, 0)).on(1, events.Role, ego, recognized(events.Advocate, dana, 1)).until(day(60))
	weighs := func(on int) int {
		list, err := h.rules.Closing(h.network(ego), day(on))
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range list.Gaps {
			if g.Gap == events.SmallNetwork {
				return g.Severity
			}
		}
		return -1
	}
	if got := []int{weighs(29), weighs(60), weighs(100)}; !cmp.Equal(got, []int{18, 24, 30}) {
		t.Error(got)
	}
	h.on(100, events.Personal, ego, &events.GoalSet{Goal: "arrive", Kind: "settle-in"})
	if got := weighs(100); got != 50 {
		t.Errorf("with the goal it weighs %d", got)
	}
}
