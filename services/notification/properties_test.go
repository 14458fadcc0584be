package notification

import (
	"testing"
	"time"

	"kith.internal/events"
	"kith.internal/libs/derive"
	"kith.internal/libs/projection"
	"kith.internal/services/internal/readmodel"

	"pgregory.net/rapid"
)

// tales draws a life of gaps, answers and silence, and folds it with its timers.
func tales(t *testing.T, rt *rapid.T) *world {
	w := newWorld(t)
	kinds := []events.GapKind{events.MissingRole, events.ThinRole, events.AtRisk}
	for range rapid.IntRange(1, 40).Draw(rt, "steps") {
		kind, role := rapid.SampledFrom(kinds).Draw(rt, "kind"), rapid.SampledFrom(events.Roles()).Draw(rt, "role")
		switch rapid.IntRange(0, 9).Draw(rt, "what") {
		case 0, 1, 2:
			w.opening(kind, role, rapid.IntRange(1, 100).Draw(rt, "severity"))
		case 3, 4:
			w.close(kind, role)
		case 5:
			reply(w, rt)
		case 6:
			inOut := rapid.SampledFrom([]events.InOut{"in", "in", "out"}).Draw(rt, "participation")
			w.add(events.Personal, &events.ParticipationChanged{Purpose: "own-network", Participation: inOut})
		default:
			w.pass(time.Duration(rapid.IntRange(0, 30*24*60).Draw(rt, "minutes")) * time.Minute)
		}
	}
	return w
}

func reply(w *world, rt *rapid.T) {
	b := w.box()
	if b == nil || len(b.Nudges) == 0 {
		return
	}
	n := rapid.SampledFrom(b.Nudges).Draw(rt, "nudge").ID
	w.add(events.Reply, rapid.SampledFrom([]events.Fact{
		&events.NudgeDone{Nudge: n}, &events.NudgeDismissed{Nudge: n}, &events.NudgeSnoozed{Nudge: n, Until: w.now.AddDate(0, 0, 9)},
	}).Draw(rt, "reply"))
}

func TestLimitsHoldInEveryLife(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := tales(t, rt)
		if w.box() == nil {
			return
		}
		live := map[string]int{}
		for i, n := range w.box().Nudges {
			if n.State.Live() {
				live[about(n.Gap, n.Role)+string(n.Gap)]++
			}
			for _, later := range w.box().Nudges[:i] {
				apart := later.Planned.Sub(n.Planned)
				if same := later.Gap == n.Gap && later.Role == n.Role; !n.Free && !later.Free && (apart < week || same && apart < again) {
					rt.Errorf("two nudges within %s, the same gap: %v", apart, same)
				}
			}
		}
		for gap, n := range live {
			if n > 1 {
				rt.Errorf("%d live nudges about %s", n, gap)
			}
		}
	})
}

func TestEveryGapThatOpensIsAnswered(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := tales(t, rt)
		w.pass(together)
		answers := map[events.FactID]int{}
		for _, e := range w.stated {
			switch f := e.Fact.(type) {
			case *events.NudgePlanned:
				answers[f.GapFact] |= 1
			case *events.NudgeSuppressed:
				if answers[f.GapFact]&2 != 0 {
					rt.Error("a gap was suppressed twice")
				}
				answers[f.GapFact] |= 2
			}
		}
		if w.box() == nil {
			return
		}
		for _, g := range w.box().Gaps {
			if answers[g.Fact] == 0 {
				rt.Errorf("nothing was said of an open gap: %+v", g)
			}
		}
	})
}

// Folding a prefix again, folding in any batches, and folding what was stated on top give the
// same inbox and the same facts.
func TestFoldingAgainChangesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := tales(t, rt)
		want := records(t, w.store)

		cut := rapid.IntRange(0, len(w.inputs)).Draw(rt, "cut")
		store := projection.NewMemory()
		docs := projection.NewDocs(t.Context(), store)
		var stated []events.Event
		for _, part := range [][]events.Event{w.inputs[:cut], w.inputs[:cut], w.inputs[cut:]} {
			out, err := derive.Replay(docs, Rules{}, Name, part)
			if err != nil {
				rt.Fatal(err)
			}
			stated = append(stated, out...)
			commit(rt, docs)
		}
		if asJSON(t, stated) != asJSON(t, w.stated) || records(t, store) != want {
			rt.Fatal("another fold, another inbox")
		}
		for _, own := range w.stated {
			if err := (Rules{}).Stated(docs, own); err != nil {
				rt.Fatal(err)
			}
		}
		commit(rt, docs)
		if records(t, store) != want {
			rt.Errorf("what was stated changed the inbox: was %s, is %s", want, records(t, store))
		}
	})
}

func commit(rt *rapid.T, docs *projection.Docs) {
	if _, err := docs.Commit(projection.Progress{}); err != nil {
		rt.Fatal(err)
	}
}

func records(t *testing.T, store *projection.Memory) string {
	r, ok := store.Records()[readmodel.InboxKey(ann)]
	if !ok {
		return ""
	}
	return string(r.Body) + r.Wake.String()
}
