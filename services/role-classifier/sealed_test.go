package classifier

import (
	"testing"

	"kith.internal/events"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"
)

func unaware(e events.Event) events.Event {
	if f, ok := e.Fact.(*events.SponsorEndorsed); ok {
		f.Awareness = "unaware"
	}
	return sealed(e)
}

func TestSealedActs(t *testing.T) {
	t.Run("S2.14 state in role-sealed only", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), unaware(act(boss, endorsed())))
		w.give(days(1), unaware(act(boss, endorsed())))
		w.expect("sealed 1 advocate active standard", "sealed 1 sponsor active internal")
		if doc, _ := projection.Get[tie](w.docs, readmodel.TieKey(ada, boss)); doc != nil {
			t.Error("a sealed act made an open tie")
		}
	})
	t.Run("S2.14 see what is open too", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(boss, introduced(6)))
		w.give(days(1), unaware(act(boss, endorsed())))
		w.expect("sealed 1 advocate active standard", "sealed 1 sponsor active internal")
	})
	t.Run("S2.14 the open evaluation lapses, the full one does not", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), act(peer, &events.ReferralMade{Kind: "job"}))
		w.give(days(100), unaware(act(peer, endorsed())))
		w.expect("0 advocate active standard", "28 advocate at-risk standard", "sealed 100 advocate active standard")
		w.until(days(500))
		w.expect("138 advocate lapsed standard", "sealed 138 advocate active standard",
			"sealed 157 advocate at-risk standard", "sealed 267 advocate lapsed standard")
	})
	t.Run("S2.14 what was said of a sealed act holds of the disclosed one", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), id("it", unaware(by("supporter", act(boss, endorsed())))))
		w.give(days(1), sealed(personal(&events.ActDisputed{Act: named("it"), Supporter: boss})))
		e := by("supporter", act(boss, endorsed()))
		events.ActOf(e.Fact).Discloses, e.Time = named("it"), days(0)
		w.give(days(2), e)
		all, err := projection.Get[tie](w.docs, allKey(ada, boss))
		if err != nil || len(all.Acts) != 1 || all.Acts[0].Quality != 0 {
			t.Errorf("%v %+v, want one act that counts nothing", err, all.Acts)
		}
		if open := w.tie(boss); open.Acts[0].Quality != 800_000 {
			t.Errorf("openly %+v, want it to count", open.Acts[0])
		}
	})
	t.Run("S2.14 a disclosed act counts once", func(t *testing.T) {
		w := newWorld(t).people()
		w.give(days(0), id("secret", unaware(act(boss, endorsed()))))
		w.give(days(1), id("second", unaware(act(boss, endorsed()))))
		w.expect("sealed 1 advocate active standard", "sealed 1 sponsor active internal")
		disclosed := func(name string, day float64) {
			e := act(boss, endorsed())
			events.ActOf(e.Fact).Discloses = named(name)
			e.Time = days(day)
			w.give(days(120), e)
		}
		disclosed("secret", 0)
		disclosed("second", 1)
		w.expect("sealed 75 advocate at-risk standard", "120 advocate at-risk standard", "120 sponsor active internal")
		all, err := projection.Get[tie](w.docs, allKey(ada, boss))
		if err != nil || len(all.Acts) != 2 || all.Acts[0].Discloses != named("secret") {
			t.Errorf("%v %+v, want two disclosed acts", err, all.Acts)
		}
		for _, e := range w.facts {
			if f, ok := e.Fact.(*events.RoleRecognized); ok && e.Context == events.Role {
				for _, ev := range f.Evidence {
					if ev.Act == named("secret") || ev.Act == named("second") {
						t.Errorf("an open fact names a sealed act")
					}
				}
			}
		}
	})
}
